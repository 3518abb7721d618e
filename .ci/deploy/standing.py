"""A service to deploy to, and the scripts that are run on it: what a row of
rows.py and faults.py acts on."""
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from cloudrun import PROJECT, REGION, REGISTRY, Cloud

SCRIPTS = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", "infra", "scripts"))
BEHAVIOURS = {"d": "does not start", "a": "answers wrongly", "f": "fails", "5": "is slow", "e": "40 % errors", "b": "worse", "c": "crashes",
              "7": "tool errors", "6": "late", "0": "blind", "8": "no metrics"}
FIGURES = {"40 % errors": {"2xx": 120, "5xx": 80}, "worse": {"2xx": 992, "5xx": 8}, "crashes": {"crashes": 2}, "tool errors": {"ok": 150, "tool_error": 50},
           "late": {"ms": 700}, "blind": {"blind": 503},
           "no metrics": {"missing": ("logging.googleapis.com/user/stackroom-tool-calls", "logging.googleapis.com/user/stackroom-crashes")}}


def image(digit):
    return f"{REGISTRY}@sha256:{digit * 64}"


@contextlib.contextmanager
def warm_gcloud():
    """Starts interpreter.py, and yields the environment in which gcloud is run
    by it; an empty one where that can't be."""
    root = os.path.dirname(os.path.dirname(os.path.realpath(shutil.which("gcloud"))))
    python = os.path.join(root, "platform", "bundledpythonunix", "bin", "python3")
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "interpreter.py")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "socket")
        command = [python if os.path.exists(python) else sys.executable, "-S", program, "--serve", path, os.path.join(root, "lib")]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
            ready = process.stdout.readline() == "ready\n"
            try:
                yield {"CLOUDSDK_PYTHON": program, "CLOUDSDK_WARM": path} if ready else {}
            finally:
                process.kill()


class Wrong(Exception):
    """A row that failed, and what was wrong."""


def end_all(*_):
    """Ends the scripts of all rows, and the program: a handler of SIGTERM."""
    for process in Standing.started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    os._exit(1)


class Standing:
    """One service in a cloud of its own, with gcloud and curl set up for it."""

    started = []  # the scripts of all

    def __init__(self, mode, certificate, env, scripts=SCRIPTS):
        self.mode, self.scripts = mode, scripts
        self.folder = tempfile.mkdtemp(prefix="deploy-")
        host, port = mode["backend"].split(":")
        self.cloud = Cloud((host, int(port)), certificate, mode["env"])
        self.cloud.behaviours, self.cloud.figures = BEHAVIOURS, FIGURES
        self.cloud.secrets, self.cloud.invoker_token = mode["secrets"], mode["invoker"]
        self.service = self.cloud.services["stackroom"]
        self.other = self.cloud.services["other"].version
        self.said, self.processes = "", []
        self.env = {**self.environment(certificate), **env}

    def environment(self, certificate):
        os.mkdir(os.path.join(self.folder, "config"))
        token = os.path.join(self.folder, "token")
        with open(token, "w", encoding="utf-8") as f:
            f.write("an-access-token")
        with open(os.path.join(self.folder, ".curlrc"), "w", encoding="utf-8") as f:
            f.write(f'proxy = "http://127.0.0.1:{self.cloud.port}"\ncacert = "{certificate}"\nsuppress-connect-headers\n')
        env = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG")}
        env |= {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api}": f"http://{api.lower()}.fake/" for api in ("RUN", "SERVICEUSAGE", "SECRETMANAGER")}
        env |= {
            "CLOUDSDK_CONFIG": os.path.join(self.folder, "config"), "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1", "CLOUDSDK_CORE_CHECK_GCE_METADATA": "false",
            "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1", "CLOUDSDK_CORE_DISABLE_FILE_LOGGING": "1", "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": token,
            # Not all of gcloud asks for an ID token by the proxy.
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS": f"http://127.0.0.1:{self.cloud.port}/", "CLOUDSDK_PROXY_TYPE": "http", "CLOUDSDK_PROXY_ADDRESS": "127.0.0.1", "CLOUDSDK_PROXY_PORT": str(self.cloud.port),
            "CLOUDSDK_CORE_HTTP_TIMEOUT": "5", "CURL_HOME": self.folder, "TMPDIR": self.folder,
            "COLUMNS": "80", "LINES": "24",  # without these each call of gcloud starts tput up to four times
            "GCP_PROJECT": PROJECT, "GCP_REGION": REGION, "SMOKE_QUERY": "evolution",
            "WATCH_SECONDS": "0", "LOOK_SECONDS": "0", "RETRY_SECONDS": "0", "LEASE_SECONDS": "300",
        }
        if self.mode["invoker"]:
            env["SMOKE_ID_TOKEN"] = self.mode["invoker"]
        return env

    def start(self, script, *arguments, **settings):
        log = tempfile.NamedTemporaryFile(dir=self.folder, suffix=".log", delete=False)  # pylint: disable=consider-using-with
        process = subprocess.Popen(["bash", os.path.join(self.scripts, script), *arguments], env={**self.env, **settings}, stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=subprocess.STDOUT, start_new_session=True, cwd=self.folder)
        process.log = log.name
        log.close()
        self.processes.append(process)
        Standing.started.append(process)
        return process

    def wait(self, process, limit=300):
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self.read(process)
            raise Wrong(f"it did not end within {limit} s") from None
        return self.read(process)

    def read(self, process):
        with open(process.log, encoding="utf-8", errors="replace") as f:
            self.last = f.read()
        self.said += self.last
        return process.returncode

    def run(self, script, *arguments, **settings):
        return self.wait(self.start(script, *arguments, **settings))

    def deploy(self, digit, **settings):
        return self.run("deploy", image(digit), **settings)

    def traffic(self):
        """Who has how much, and the tags: "1=100 previous:1", by the first digit
        of the image's digest."""
        def short(revision):
            return self.service.revisions[revision]["spec"]["containers"][0]["image"].split(":")[-1][0]
        shares = [f"{short(t['revisionName'])}={t['percent']}" for t in self.service.targets() if t.get("percent")]
        return " ".join(sorted(shares) + sorted(f"{t['tag']}:{short(t['revisionName'])}" for t in self.service.targets() if t.get("tag")))

    def expect(self, status, wanted, traffic, *words):
        """What must have come of a script."""
        if status != wanted:
            raise Wrong(f"status {status} and not {wanted}")
        if self.traffic() != traffic:
            raise Wrong(f"traffic is \"{self.traffic()}\" and not \"{traffic}\"")
        for word in words:
            if not re.search(word, self.last):
                raise Wrong(f"it does not say: {word}")
        self.sound()

    def sound(self):
        """What must hold after every script."""
        if self.cloud.services["other"].version != self.other:
            raise Wrong("another service was changed")
        secrets = [s for s in [*self.mode["secrets"].values(), self.mode["invoker"], "an-access-token"] if s]
        if any(s in self.said for s in secrets):
            raise Wrong("a token is in the log")
        if "name" in self.service.spec["template"].get("metadata", {}):
            raise Wrong("the service names its revision: Terraform can't change it")
        left = [f for f in os.listdir(self.folder) if f.startswith("tmp.")]
        if left and not any(p.returncode == -signal.SIGKILL for p in self.processes):
            raise Wrong(f"left behind: {left}")

    def at_call(self, index, act):
        """Runs act, once, when the API is called for the index-th time."""
        done = threading.Event()

        def hook(i):
            if i == index and not done.is_set():
                done.set()
                act()
        self.cloud.hook = hook

    def kill_at(self, index, digit):
        """Deploys, and kills the machine when the API is called for the index-th
        time. The request was sent, so the call is carried out after the kill.
        Returns when it is."""
        status = self.kill(index, digit, lambda: time.sleep(0.1))
        self.cloud.settle()
        return status

    def kill_late(self, index, digit):
        """As kill_at, with a call that changes the service, which is carried out
        just before the next script's first change. Returns a function that has it
        carried out by now, and returns how many changes the deploy made."""
        go = threading.Event()
        self.kill(index, digit, go.wait)
        made, deadline = len(self.service.writes) + 1, time.monotonic() + 600

        def land():
            go.set()
            while len(self.service.writes) < made:
                if time.monotonic() > deadline:
                    raise Wrong("the killed call was not carried out")
                time.sleep(0.01)
            return made
        self.cloud.hook = lambda i: land() if self.cloud.calls[i].startswith("PUT") else None
        return land

    def kill(self, index, digit, pause):
        """Deploys, and kills the machine at a call, which waits for pause."""
        started = threading.Event()
        box = []

        def act():
            started.wait(10)
            os.killpg(box[0].pid, signal.SIGKILL)
            pause()
        self.at_call(index, act)
        box.append(self.start("deploy", image(digit)))
        started.set()
        status = self.wait(box[0])
        self.cloud.hook = None
        return status

    def cancel_at(self, index, digit, **settings):
        """Deploys, and cancels as GitHub does: SIGINT to the script, SIGTERM
        after 7.5 s, SIGKILL to all after 10 s."""
        stop = threading.Event()
        self.at_call(index, stop.set)
        process = self.start("deploy", image(digit), **settings)
        while not stop.wait(0.1) and process.poll() is None:
            pass
        for sign, wait in ((signal.SIGINT, 7.5), (signal.SIGTERM, 2.5)):
            if process.poll() is None:
                process.send_signal(sign)
                try:
                    process.wait(wait)
                except subprocess.TimeoutExpired:
                    pass
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        self.cloud.hook = None
        return self.wait(process)

    def close(self):
        for p in self.processes:
            if p.poll() is None:
                os.killpg(p.pid, signal.SIGKILL)
                p.wait()
        self.cloud.close()
        shutil.rmtree(self.folder, ignore_errors=True)
