"""A stand-in of the two APIs that a plan from an empty state calls: Resource
Manager, which knows every project here, and Cloud Billing. Writes its port into
the file it is given."""

import http.server
import json
import sys


class Projects(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.split("?")[0].removesuffix("/billingInfo").rsplit("/", 1)[-1]
        body = json.dumps({"projectId": name, "projectNumber": "123456789012", "name": name, "lifecycleState": "ACTIVE", "billingAccountName": "billingAccounts/012345-6789AB-CDEF01"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Projects) as server:
    with open(sys.argv[1], "w", encoding="ascii") as file:
        file.write(str(server.server_port))
    server.serve_forever()
