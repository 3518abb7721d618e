"""What smoke --measure makes of each kind of answer, with each jq."""
import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standing import Wrong

FOUND = {"jsonrpc": "2.0", "id": 1, "result": {"structuredContent": {"results": []}}}
ANSWERS = [  # status, body, what it counts as; three errors of a server that is there do not end the measuring
    (500, "oops", "errors"), (500, json.dumps(FOUND), "errors"), (200, "<html>\xff", "errors"), (200, "", "errors"), (200, '{"result": "text"}', "errors"),
    (200, json.dumps(FOUND), "ok"), (200, "event: message\r\ndata: " + json.dumps(FOUND) + "\r\n\r\n", "ok"),
    (200, '{"jsonrpc": "2.0", "id": 1, "result": {"isError": true}}', "tool_errors"), (200, '{"jsonrpc": "2.0", "id": 1, "error": {"code": -32603}}', "tool_errors"),
]
COUNTS = {"calls": len(ANSWERS)} | {kind: sum(a[2] == kind for a in ANSWERS) for kind in ("errors", "tool_errors")}


class Handler(BaseHTTPRequestHandler):
    """Gives one answer after the other."""

    def do_POST(self):  # pylint: disable=invalid-name
        self.rfile.read(int(self.headers["Content-Length"]))
        status, body, _ = ANSWERS[self.server.asked % len(ANSWERS)]
        self.server.asked += 1
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode("latin1"))

    def log_message(self, *_):
        pass


def measure(s, path, port, wanted):
    """Measures with the jq of a path, and compares the counts."""
    home = os.path.join(s.folder, "config")  # the row's own .curlrc names the stand-in for Cloud Run as the proxy
    said = subprocess.run(["bash", os.path.join(s.scripts, "smoke"), "--measure", str(len(ANSWERS)), f"http://127.0.0.1:{port}"],
                          env={"PATH": path, "HOME": home, "CURL_HOME": home}, capture_output=True, text=True, check=False)
    figures = json.loads(said.stdout or "{}")
    if {k: figures.get(k) for k in wanted} != wanted:
        raise Wrong(f"{figures or said.stderr} and not {wanted}")


def measured(s):
    """what each answer of a measured candidate counts as"""
    paths = {s.env["PATH"], os.environ["PATH"]}
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked = 0
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for path in paths:
            measure(s, path, server.server_port, COUNTS)
        server.shutdown()
    for path in paths:  # the port is closed now
        measure(s, path, server.server_port, {"calls": 3, "errors": 3, "tool_errors": 0})
