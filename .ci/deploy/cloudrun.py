"""A stand-in of Cloud Run for the real gcloud, on loopback.

It is an HTTP proxy. Requests for http://*.fake/ are API calls; gcloud gets there
by CLOUDSDK_API_ENDPOINT_OVERRIDES_* and CLOUDSDK_PROXY_*. CONNECT to Cloud
Monitoring or to the URL of a service ends in TLS with a certificate of its own;
curl gets there by its configuration file. A service's URLs lead to a real server.

It is as strict as Cloud Run where a deploy can go wrong: versions of the service,
names of revisions, tags, shares of the traffic, revisions that are not ready.
"""
import base64
import copy
import http.client
import json
import re
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote_plus, urlsplit

PROJECT, REGION = "library-team", "europe-west1"
REGISTRY = f"{REGION}-docker.pkg.dev/{PROJECT}/stackroom/stackroom"


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + ".123456Z"


class Refused(Exception):
    """An error of the API."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Service:
    """One service with its revisions."""

    def __init__(self, name, image, env, cloud):
        self.name, self.cloud = name, cloud
        self.url = f"https://{name}-abc-ew.a.run.app"
        self.generation, self.revisions, self.writes = 1, {}, []
        container = {
            "name": "stackroom", "image": image, "args": ["serve"], "ports": [{"name": "http1", "containerPort": 8080}],
            "env": [{"name": k, "value": v} for k, v in env.items()], "resources": {"limits": {"cpu": "1", "memory": "512Mi"}},
        }
        self.spec = {
            "template": {"metadata": {"annotations": {"run.googleapis.com/client-name": "terraform"}},
                         "spec": {"containerConcurrency": 80, "timeoutSeconds": 90, "containers": [container]}},
            "traffic": [{"percent": 100, "latestRevision": True}],
        }
        self.annotations = {}
        self.latest = self.ready = self.add(self.spec["template"])
        self.pending = 0

    def add(self, template):
        """Makes the revision that a template asks for, unless it is there."""
        name = template.get("metadata", {}).get("name")
        if name:
            if not name.startswith(self.name + "-"):
                raise Refused(400, f"metadata.name: {name} does not begin with {self.name}-")
            old = self.revisions.get(name)
            if old and old["spec"] != template["spec"]:
                raise Refused(409, f"Revision named '{name}' with different configuration already exists.")
            if old:
                return name
        name = name or f"{self.name}-{len(self.revisions) + 1:05d}-{'abcdefgh'[len(self.revisions) % 8] * 3}"
        image = template["spec"]["containers"][0]["image"]
        starts = self.cloud.behaviour(image) != "does not start"
        message = "" if starts else "The user-provided container failed to start and listen on the port defined by the PORT=8080 environment variable."
        self.revisions[name] = {
            "apiVersion": "serving.knative.dev/v1", "kind": "Revision",
            "metadata": {"name": name, "namespace": "123456", "uid": name, "creationTimestamp": now(), "generation": 1,
                         "labels": {"serving.knative.dev/service": self.name, "cloud.googleapis.com/location": REGION, **template.get("metadata", {}).get("labels", {})},
                         "annotations": template.get("metadata", {}).get("annotations", {})},
            "spec": copy.deepcopy(template["spec"]),
            "status": {"observedGeneration": 1, "imageDigest": image,
                       "conditions": [{"type": "Ready", "status": "True" if starts else "False", "message": message, "lastTransitionTime": now()}]},
        }
        return name

    def is_ready(self, revision):
        return self.revisions[revision]["status"]["conditions"][0]["status"] == "True"

    def put(self, body):
        """Replaces the specification, as the API does."""
        if body.get("metadata", {}).get("name") != self.name:
            raise Refused(400, "metadata.name is not the service's")
        version = body["metadata"].get("resourceVersion")
        if version != self.version:
            raise Refused(409, f"Conflict for resource '{self.name}': version '{version}' was specified but current version is '{self.version}'.")
        spec = body["spec"]
        containers = spec.get("template", {}).get("spec", {}).get("containers", [])
        if not containers or any("image" not in c for c in containers):
            raise Refused(400, "spec.template.spec.containers: an image is missing")
        self.check_traffic(spec.get("traffic", []))
        if spec["template"] != self.spec["template"]:
            self.latest = self.add(spec["template"])
            if self.is_ready(self.latest):
                self.ready = self.latest
        self.spec = copy.deepcopy(spec)
        self.annotations = body["metadata"].get("annotations", {})
        self.writes.append(copy.deepcopy(spec["traffic"]))
        self.generation += 1
        self.pending = self.cloud.polls

    def check_traffic(self, traffic):
        if sum(t.get("percent", 0) for t in traffic) != 100:
            raise Refused(400, "spec.traffic: the percentages do not add up to 100")
        tags = [t["tag"] for t in traffic if t.get("tag")]
        if len(tags) != len(set(tags)):
            raise Refused(400, "spec.traffic: a tag is given twice")
        for t in traffic:
            if bool(t.get("revisionName")) == bool(t.get("latestRevision")):
                raise Refused(400, "spec.traffic: either revisionName or latestRevision")
            if t.get("tag") and not re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", t["tag"]):
                raise Refused(400, "spec.traffic: the tag is no DNS label")
            name = t.get("revisionName")
            if name and name not in self.revisions:
                raise Refused(400, f"spec.traffic: there is no revision {name}")
            if name and t.get("percent") and not self.is_ready(name):
                raise Refused(400, f"spec.traffic: Revision '{name}' is not ready and cannot serve traffic.")

    @property
    def version(self):
        return f"AAA{self.generation}"

    def targets(self):
        """The traffic as the service says that it is."""
        result = []
        for t in self.spec["traffic"]:
            t = dict(t)
            if t.get("latestRevision"):
                t["revisionName"] = self.ready
            if t.get("tag"):
                t["url"] = self.url.replace("https://", f"https://{t['tag']}---")
            result.append(t)
        return result

    def get(self):
        ready = self.is_ready(self.latest)
        conditions = {"ConfigurationsReady": ready, "RoutesReady": True, "Ready": ready}
        status = "Unknown" if self.pending else None
        message = "" if ready else self.revisions[self.latest]["status"]["conditions"][0]["message"]
        self.pending = max(0, self.pending - 1)
        return {
            "apiVersion": "serving.knative.dev/v1", "kind": "Service",
            "metadata": {"name": self.name, "namespace": "123456", "uid": "u", "resourceVersion": self.version, "generation": self.generation,
                         "creationTimestamp": "2026-01-01T00:00:00.123456Z", "labels": {"cloud.googleapis.com/location": REGION},
                         "annotations": {"run.googleapis.com/ingress": "all", **self.annotations}},
            "spec": copy.deepcopy(self.spec),
            "status": {"observedGeneration": self.generation, "latestReadyRevisionName": self.ready, "latestCreatedRevisionName": self.latest,
                       "traffic": self.targets(), "url": self.url, "address": {"url": self.url},
                       "conditions": [{"type": k, "status": status or str(v), "message": "" if v else message, "lastTransitionTime": now()} for k, v in conditions.items()]},
        }


class Cloud:
    """The services of one project, the figures of their revisions, secrets, and
    faults that are planted at single API calls.

    backend: (host, port) of the real server behind all revisions
    certificate: a file with the certificate and the key for TLS
    behaviours: by the first digit of an image's digest, what its server does
    """

    def __init__(self, backend, certificate, env):
        self.backend, self.lock = backend, threading.RLock()
        self.behaviours, self.figures, self.secrets = {}, {}, {}
        self.polls = 0  # how often a change is still under way when it is asked for
        self.calls = []  # of the API, in order: "GET service", "PUT service", ...
        self.ended = 0  # how many of them have been answered
        self.fault = None  # (index in calls, kind)
        self.hook = None  # called with the index before a call is answered
        self.invoker_token = ""  # not "": Cloud Run itself asks callers for it
        self.domain = ""  # not "": run.app is closed to the outside, and a load balancer serves the domain
        self.services = {name: Service(name, f"{REGISTRY}@sha256:{'1' * 64}", env, self) for name in ("stackroom", "other")}
        self.requests, self.broken = 0, 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"cloud": self}))
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # a caller that was killed
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def behaviour(self, image):
        return self.behaviours.get(image.split("@sha256:")[-1][:1], "")

    def plant(self, method, kind):
        """Counts a call, and says how it fails."""
        with self.lock:
            index = len(self.calls)
            self.calls.append(f"{method} {kind}")
        if self.hook:
            self.hook(index)
        if self.fault:
            at, fails = self.fault
            if fails == "for ever" and index >= at:
                return "403"
            # gcloud itself repeats a call that ended with 500 or not at all, four times.
            if at <= index < at + (5 if fails in ("500", "time-out") else 1) and self.calls[at] == self.calls[index]:
                return fails
        return ""

    def settle(self):
        """Waits until no call is under way."""
        while self.ended < len(self.calls):
            time.sleep(0.01)

    def api(self, method, path, query, body):
        """Answers an API call."""
        m = re.fullmatch(r"/apis/serving.knative.dev/v1/namespaces/([^/]+)/(services|revisions)(?:/([^/]+))?", path)
        if not m or m[1] != PROJECT:
            if re.search(r"/services/run\.googleapis\.com$", path):
                raise Refused(403, "Permission 'serviceusage.services.get' denied")
            return self.secret(path) if method == "GET" else self.identity(path, body)
        kind, name = m[2], m[3]
        if kind == "services":
            service = self.services.get(name)
            if not service:
                raise Refused(404, f"Resource '{name}' of kind 'SERVICE' does not exist.")
            if method == "PUT":
                service.put(body)
            elif method != "GET":
                raise Refused(405, "no such method")
            return service.get()
        revisions = {k: r for s in self.services.values() for k, r in s.revisions.items()}
        if name:
            if name not in revisions:
                raise Refused(404, f"Resource '{name}' of kind 'REVISION' does not exist.")
            return revisions[name]
        label = re.search(r"serving.knative.dev/service\s*=\s*(\S+)", unquote_plus(query))
        return {"kind": "RevisionList", "items": [r for r in revisions.values() if not label or r["metadata"]["labels"]["serving.knative.dev/service"] == label[1]]}

    def secret(self, path):
        m = re.fullmatch(rf"/v1/projects/{PROJECT}/secrets/([^/]+)/versions/([^/:]+):access", path)
        if not m or m[1] not in self.secrets:
            raise Refused(404, f"{path} not found.")
        return {"name": path, "payload": {"data": base64.b64encode(self.secrets[m[1]].encode()).decode()}}

    def identity(self, path, body):
        """Answers the IAM credentials API's two ways to act as an account."""
        account = f"/v1/projects/-/serviceAccounts/asks@{PROJECT}.iam.gserviceaccount.com:"
        if path == account + "generateAccessToken":
            return {"accessToken": "an-access-token", "expireTime": "2099-01-01T00:00:00Z"}
        if path == account + "generateIdToken" and body["audience"] == self.services["stackroom"].url:
            return {"token": self.invoker_token}
        raise Refused(403, "Permission 'iam.serviceAccounts.getOpenIdToken' denied")

    def series(self, query):
        """Answers Cloud Monitoring's timeSeries.list from figures, by the
        behaviour of a revision's image."""
        q = {k: v[0] for k, v in parse_qs(query).items()}
        for need in ("filter", "interval.startTime", "interval.endTime", "aggregation.alignmentPeriod", "aggregation.perSeriesAligner"):
            if need not in q:
                raise Refused(400, f"{need} is missing")
        if q["interval.startTime"] >= q["interval.endTime"]:
            raise Refused(400, "the interval is empty")
        metric = re.search(r'metric\.type="([^"]+)"', q["filter"])[1]
        name = re.search(r'resource\.labels\.revision_name="([^"]+)"', q["filter"])[1]
        service = re.search(r'resource\.labels\.service_name="([^"]+)"', q["filter"])[1]
        revision = self.services[service].revisions.get(name)
        if not revision:
            return {}
        behaviour = self.behaviour(revision["spec"]["containers"][0]["image"])
        figures = {"2xx": 200, "5xx": 0, "ms": 80, "ok": 200, "tool_error": 2, "crashes": 0, **self.figures.get(behaviour, {})}
        if figures.get("blind"):
            raise Refused(figures["blind"], "Cloud Monitoring is out of order")
        short = metric.rsplit("/", 1)[-1]
        if short == "request_latencies":
            return {"timeSeries": [{"metric": {}, "points": [{"value": {"doubleValue": figures["ms"]}}]}]}
        labels = {"request_count": ("response_code_class", ["2xx", "5xx"]), f"{service}-tool-calls": ("outcome", ["ok", "tool_error"])}
        if short in labels and metric not in figures.get("missing", ()):
            label, values = labels[short]
            if q.get("aggregation.groupByFields") != f"metric.labels.{label}":
                raise Refused(400, "the wrong label")
            return {"timeSeries": [{"metric": {"labels": {label: v}}, "points": [{"value": {"int64Value": str(figures[v])}}]} for v in values if figures[v]]}
        if short == f"{service}-crashes" and figures["crashes"]:
            return {"timeSeries": [{"metric": {}, "points": [{"value": {"int64Value": str(figures["crashes"])}}]}]}
        if short == f"{service}-crashes":
            return {}
        raise Refused(404, f"Cannot find metric(s) that match type = \"{metric}\".")

    def routed(self, host):
        """The revision that a host leads to."""
        if self.domain:
            closed = host not in (self.domain, f"candidate.{self.domain}")
            host = host.replace(self.domain, "stackroom-abc-ew.a.run.app").replace("candidate.", "candidate---")
            if closed:
                return None
        for service in self.services.values():
            for t in service.targets():
                if t.get("url") == f"https://{host}":
                    return service.revisions[t["revisionName"]]
            if host == service.url.removeprefix("https://"):
                serving = max(service.targets(), key=lambda t: t.get("percent", 0))
                return service.revisions[serving["revisionName"]]
        return None


class Handler(BaseHTTPRequestHandler):
    """Answers API calls and leads to servers."""

    protocol_version = "HTTP/1.1"
    cloud, host = None, ""

    def log_message(self, *_):
        pass

    def answer(self, code, body, content="application/json"):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", content)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_CONNECT(self):
        self.host = self.path.split(":")[0]
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.connection = self.cloud.tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.close_connection = False

    def do(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        host = self.host or url.netloc
        if host == "monitoring.googleapis.com":
            self.called("monitoring", lambda: self.cloud.series(url.query))
        elif self.host:
            self.lead(body)
        else:
            kind = next((k for k in ("secrets", "revisions") if f"/{k}/" in url.path or url.path.endswith(f"/{k}")), "service" if "/namespaces/" in url.path else "other")
            self.called(kind, lambda: self.cloud.api(self.command, url.path, url.query, json.loads(body) if body else None))

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do

    def called(self, kind, act):
        fails = self.cloud.plant(self.command, kind)
        try:
            self.carry_out(act, fails)
        finally:
            with self.cloud.lock:
                self.cloud.ended += 1

    def carry_out(self, act, fails):
        cloud = self.cloud
        if fails.isdigit():
            status = {"401": "UNAUTHENTICATED", "403": "PERMISSION_DENIED", "409": "ABORTED"}.get(fails, "INTERNAL")
            return self.answer(int(fails), {"error": {"code": int(fails), "message": "a planted fault", "status": status}})
        if fails == "html":
            return self.answer(200, b"<!doctype html><title>Sign in</title>", "text/html")
        if fails == "empty":
            return self.answer(200, b"")
        try:
            if fails != "time-out":
                with cloud.lock:
                    result = act()
        except Refused as e:
            return self.answer(e.code, {"error": {"code": e.code, "message": str(e), "status": {404: "NOT_FOUND", 409: "ABORTED"}.get(e.code, "INVALID_ARGUMENT")}})
        if fails in ("time-out", "no answer"):  # the second has done what was asked
            time.sleep(8)
            self.close_connection = True
            return None
        return self.answer(200, result)

    def lead(self, body):
        """Hands a request on to the real server, as the revision's image lets it."""
        cloud, path = self.cloud, urlsplit(self.path).path
        revision = cloud.routed(self.host)
        if not revision:
            return self.answer(404, b"<html>Page not found</html>", "text/html")
        if cloud.invoker_token and self.headers.get("X-Serverless-Authorization") != f"Bearer {cloud.invoker_token}":
            return self.answer(403, b"<html>Forbidden</html>", "text/html")
        behaviour = cloud.behaviour(revision["spec"]["containers"][0]["image"])
        asked = path in ("/mcp", "/probe") and (b'"tools/call"' in body or path == "/probe")
        if behaviour == "answers wrongly" and path in ("/mcp", "/probe") and (cloud.invoker_token or self.headers.get("Authorization")):
            return self.answer(200, b"")
        if behaviour == "fails" and asked:
            with cloud.lock:
                cloud.broken += 1
            if cloud.broken % 5 < 2:
                return self.answer(500, b"")
        if behaviour == "is slow" and asked:
            time.sleep(0.6)
        backend = http.client.HTTPConnection(*cloud.backend, timeout=20)
        try:
            backend.request(self.command, self.path, body or None, {k: v for k, v in self.headers.items() if k.lower() not in ("connection", "x-serverless-authorization")})
            res = backend.getresponse()
            data = res.read()
        except OSError:
            return self.answer(502, b"")
        finally:
            backend.close()
        self.send_response(res.status)
        for k, v in res.getheaders():
            if k.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(k, v)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        return None
