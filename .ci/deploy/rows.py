"""Deploys with the real gcloud against a stand-in of Cloud Run, and looks at who
has the traffic afterwards.

    rows.py CONFIG ROWS TABLE

CONFIG is JSON: {"certificate": FILE, "full": BOOL, "jq": FOLDER of a newer jq, or
"", "modes": {NAME: {"backend": HOST:PORT, "env", "secrets", "invoker"}}}. To ROWS go lines
"pass|fail<TAB>name", to TABLE a table for people.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from faults import FEW, cancelled_row, fault_row, judge, killed_late_row, killed_rollback_row, killed_row
from measured import measured
from mutants import MUTANTS
from standing import SCRIPTS, Standing, Wrong, end_all, image, warm_gcloud


def first(s):
    """first deploy"""
    s.expect(s.deploy("2"), 0, "2=100 previous:1", "has 10 % of the traffic", "good: 20 calls, 0 of them failed", "has all traffic; rollback leads back")
    shares = [[t.get("percent", 0) for t in write] for write in s.service.writes]
    if shares != [[100], [100, 0], [90, 10, 0], [100, 0, 0], [100, 0]]:
        raise Wrong(f"the shares were {shares}")


def following(s):
    """next deploy, after Terraform changed a setting"""
    s.expect(s.deploy("2"), 0, "2=100 previous:1")
    body = s.service.get()
    body["spec"]["template"]["spec"]["containers"][0]["env"].append({"name": "LOG_LEVEL", "value": "debug"})
    s.service.put(body)
    s.expect(s.deploy("3"), 0, "3=100 previous:2")


def rolled(s):
    """rollback, twice, and a deploy after it"""
    s.expect(s.deploy("2"), 0, "2=100 previous:1")
    s.expect(s.run("rollback"), 0, "1=100 previous:1", "has all traffic")
    s.expect(s.run("rollback"), 0, "1=100 previous:1")
    s.expect(s.deploy("3"), 0, "3=100 previous:1")


def bad(name, digit, *words):
    """A row with a candidate that must not get the traffic."""
    def row(s):
        s.expect(s.deploy(digit), 1, "1=100", *words)
    row.__doc__ = name
    return row


does_not_start = bad("bad: does not start", "d", "did not start the image: The user-provided container failed", "keeps all traffic")
answers_wrongly = bad("bad: answers wrongly", "a", "FAIL", "got no traffic")
calls_fail = bad("bad: 40 % of its calls fail", "f", "got no traffic")
is_slow = bad("bad: is slow", "5", r"take up to \d+ ms, and the stable revision's", "got no traffic")
errors_as_canary = bad("bad: 40 % errors as a canary", "e", "80 of 200 calls failed, 40 %", "has all traffic")
worse = bad("bad: worse than the stable revision", "b", "0.8 % of its calls failed and 0 % of the stable")
slower = bad("bad: slower than the stable revision as a canary", "6", "700 ms, and the stable revision's 80 ms")
crashes = bad("bad: crashes as a canary", "c", "2 of its instances crashed")
tool_errors = bad("bad: more tool errors than the stable revision", "7", "25 %; of the stable revision's, 0.99 %")


def unwatched(s):
    """the canary can't be watched"""
    s.expect(s.deploy("0", WATCH_SECONDS="2"), 1, "1=100", "it can't be told how .* answers", "has all traffic")
    s.expect(s.deploy("0"), 0, "0=100 previous:1", "was not watched")


def without_metrics(s):
    """the metrics of the log do not exist yet"""
    s.expect(s.deploy("8"), 0, "8=100 previous:1")


def worse_while_baking(s):
    """bad: only with all traffic; it goes back by itself"""
    def spoil():
        if any(t.get("tag") == "previous" for t in s.service.targets()):
            s.cloud.figures = {**s.cloud.figures, "": {"2xx": 60, "5xx": 40}}
    s.cloud.hook = lambda _: spoil()
    s.expect(s.deploy("2"), 1, "1=100 previous:1", "does not answer well with|does not answer well", "has all traffic")


def half_percent(s):
    """MAX_ERROR_PERCENT=0.5 is half a percent"""
    s.cloud.figures = {**s.cloud.figures, "": {"2xx": 996, "5xx": 4}, "worse": {"2xx": 994, "5xx": 6}}
    s.expect(s.deploy("b", MAX_ERROR_PERCENT="0.5"), 1, "1=100", "6 of 1000 calls failed, 0.6 % where 0.5 % are allowed")
    s.expect(s.deploy("e", MAX_ERROR_PERCENT="0.5"), 1, "1=100", "40 % where 0.5 %")
    s.expect(s.deploy("b", MAX_ERROR_PERCENT="0.7"), 0, "b=100 previous:1")


def two(s):
    """two deploys at once"""
    s.env["RETRY_SECONDS"] = "2"
    one, other = s.start("deploy", image("2")), s.start("deploy", image("3"))
    statuses = s.wait(one), s.wait(other)
    if set(statuses) - {0, 3} or 0 not in statuses:
        raise Wrong(f"they ended with {statuses}")
    s.sound()
    if not re.fullmatch("2=100 previous:[13]|3=100 previous:[12]", s.traffic()):
        raise Wrong(f"traffic is {s.traffic()}")
    if statuses == (0, 3) and not s.traffic().startswith("2") or statuses == (3, 0) and not s.traffic().startswith("3"):
        raise Wrong(f"{statuses} and traffic is {s.traffic()}")


def second_waits(s):
    """a second deploy waits for the first one's candidate"""
    calls = good_calls(s, "2")
    at = after_writes(calls)[1]
    box = []
    base = len(s.cloud.calls)
    s.at_call(base + at, lambda: box.append(s.start("deploy", image("4"))))
    if s.deploy("3", WATCH_SECONDS="4") != 0:
        raise Wrong("the first one failed")
    s.cloud.hook = None
    s.expect(s.wait(box[0]), 0, "4=100 previous:3", "another deploy is under way")


def rollback_during(s):
    """rollback while a canary is under way ends the deploy"""
    at = after_writes(good_calls(s, "2"))[2]
    base, box = len(s.cloud.calls), []
    s.at_call(base + at, lambda: box.append(s.start("rollback")))
    status = s.deploy("3", WATCH_SECONDS="6", LOOK_SECONDS="1")
    s.expect(status, 3, "2=100 previous:1", "overtaken")
    s.expect(s.wait(box[0]), 0, "2=100 previous:1")


def overtaken_by(name, other, status):
    """A row in which a deploy of another image takes the tag while this one tries
    its candidate."""
    def row(s):
        at = good_calls(s, "2").index("GET secrets")

        def take():
            body = s.service.get()
            body["spec"]["template"]["spec"]["containers"][0]["image"] = image(other)
            s.service.put(body)
            body = s.service.get()
            body["spec"]["traffic"] = [t for t in body["spec"]["traffic"] if t.get("tag") != "candidate"] + [{"revisionName": s.service.latest, "tag": "candidate"}]
            s.service.put(body)
        s.at_call(len(s.cloud.calls) + at, take)
        s.expect(s.deploy("3"), status, f"2=100 candidate:{other} previous:1")
    row.__doc__ = name
    return row


overtaken = overtaken_by("another deploy that took the tag keeps it", "4", 3)
overtaken_bad = overtaken_by("another deploy that took the tag keeps it, also when the clean-up fails", "f", 1)


def unreadable(s):
    """Cloud Run does not answer any more while the canary is watched"""
    at = after_writes(good_calls(s, "2"))[2]
    s.cloud.fault = (len(s.cloud.calls) + at, "for ever")
    if s.deploy("3") != 4 or s.traffic() != "2=90 3=10 candidate:3 previous:1":
        raise Wrong(f"traffic is {s.traffic()}")
    s.cloud.fault = None
    judge(s, 4)
    s.expect(0, 0, "2=100 previous:1", "CAN'T TELL")


def good_calls(s, digit):
    """Deploys, and returns the API calls that it made."""
    begin = len(s.cloud.calls)
    before = s.traffic().split("=", maxsplit=1)[0]
    s.expect(s.deploy(digit), 0, f"{digit}=100 previous:{before}")
    return s.cloud.calls[begin:]


def after_writes(calls):
    """The indices of the calls that follow a change."""
    return [i + 1 for i, call in enumerate(calls) if call.startswith("PUT") and i + 1 < len(calls)]


def rollback_elsewhere(s):
    """rollback to a revision by name; to one that is not there"""
    old = s.service.latest
    s.expect(s.deploy("2"), 0, "2=100 previous:1")
    s.expect(s.run("rollback", old), 0, "1=100 previous:1")
    s.expect(s.run("rollback", "stackroom-99999-zzz"), 1, "1=100 previous:1", "nothing was changed")
    s.expect(s.run("rollback", "--all"), 2, "1=100 previous:1", "usage")


def nothing_before(s):
    """rollback with nothing before it asks for a revision"""
    s.expect(s.run("rollback"), 1, "1=100", "Name one of")


def left_at_all(s):
    """a candidate that was left with all traffic is taken back by each script"""
    s.expect(s.deploy("2"), 0, "2=100 previous:1")

    def leave():
        body = s.service.get()
        body["spec"]["traffic"] = [{"revisionName": s.service.latest, "percent": 100}, {"revisionName": s.service.latest, "tag": "candidate"}, {"revisionName": sorted(s.service.revisions)[0], "tag": "previous"}]
        s.service.put(body)
    leave()
    s.expect(s.run("rollback"), 0, "1=100 previous:1")
    leave()
    s.expect(s.run("deploy", "--undo", image("2")), 0, "1=100 previous:1")
    leave()
    s.cloud.fault = (len(s.cloud.calls) + 1, "for ever")
    s.expect(s.run("deploy", "--undo", image("2")), 1, "2=100 candidate:2 previous:1", "can't be told whose")
    s.cloud.fault = None
    s.expect(s.run("deploy", "--undo", image("3")), 0, "2=100 candidate:2 previous:1", "another deploy's candidate")
    time.sleep(1)
    s.expect(s.deploy("3", LEASE_SECONDS="1", **FEW), 0, "3=100 previous:1", "was left behind")


def slow_cloud(s):
    """Cloud Run takes a while for every change"""
    s.cloud.polls = 2
    s.expect(s.deploy("2"), 0, "2=100 previous:1")
    s.expect(s.deploy("d"), 1, "2=100 previous:1", "did not start the image")
    s.expect(s.run("rollback"), 0, "1=100 previous:1")
    s.expect(s.deploy("3"), 0, "3=100 previous:1")


def legacy(s):
    """a service whose template names its revision"""
    body = s.service.get()
    body["spec"]["template"]["metadata"]["name"] = "stackroom-00001-old"
    s.service.put(body)
    s.expect(s.deploy("2"), 0, "2=100 previous:1")


def signatures(s):
    """only what is signed; only main's newest commit"""
    tool = os.path.join(s.folder, "cosign")
    with open(tool, "w", encoding="utf-8") as f:
        f.write('#!/bin/sh\n[ "$1 $2 $3 $4" = "verify --certificate-identity=me --certificate-oidc-issuer=https://token.actions.githubusercontent.com ' + image("2") + '" ] || { echo "no matching signatures" >&2; exit 10; }\n')
    os.chmod(tool, 0o755)
    path = f"{s.folder}:{s.env['PATH']}"
    s.expect(s.deploy("2", COSIGN_IDENTITY="me"), 2, "1=100", "cosign is not installed")
    s.expect(s.deploy("2", COSIGN_IDENTITY="", PATH=path), 2, "1=100", "COSIGN_IDENTITY is empty")
    s.expect(s.deploy("3", COSIGN_IDENTITY="me", PATH=path), 1, "1=100", "no signature of me .*no matching signatures")
    git = os.path.join(s.folder, "git")
    subprocess.run(["git", "-c", "init.defaultBranch=main", "init", "-q", git], check=True)
    commits = []
    for n in "12":
        subprocess.run(["git", "-C", git, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "--allow-empty", "-m", n], check=True)
        commits.append(subprocess.run(["git", "-C", git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip())
    s.expect(s.deploy("2", DEPLOY_COMMIT=commits[0], DEPLOY_REPOSITORY=git), 3, "1=100", "is not the newest commit of main")
    s.expect(s.deploy("2", DEPLOY_COMMIT=commits[1], DEPLOY_REPOSITORY=f"{git}/none"), 1, "1=100", "can't be told what the newest commit")
    s.expect(s.deploy("2", DEPLOY_COMMIT="main"), 2, "1=100", "40 digits")
    if s.cloud.calls:
        raise Wrong("Cloud Run was asked before the image was known to be right")
    s.expect(s.deploy("2", COSIGN_IDENTITY="me", PATH=path, DEPLOY_COMMIT=commits[1], DEPLOY_REPOSITORY=git), 0, "2=100 previous:1")


SILLY = ["CANARY_PERCENT=0", "CANARY_PERCENT=100", "CANARY_PERCENT=10%", "CANARY_PERCENT=08", "WATCH_SECONDS=-1", "WATCH_SECONDS=5m", "WATCH_SECONDS=1e9", "BAKE_SECONDS=abc", "LOOK_SECONDS= 3",
         "RETRY_SECONDS=x", "LEASE_SECONDS=0", "SMOKE_CALLS=0", "MIN_CALLS=0", "MIN_ERRORS=0", "MIN_ERRORS=a[$(touch planted)]", "MAX_ERROR_PERCENT=0", "MAX_ERROR_PERCENT=100", "MAX_ERROR_PERCENT=abc",
         "MAX_ERROR_PERCENT=1,5", "MAX_TOOL_ERROR_PERCENT=101", "MAX_P95_MS=0", "MAX_RATIO=1", "MAX_RESTARTS=-1", "GCP_PROJECT=", "GCP_PROJECT=a project", "GCP_REGION=mars", "GCP_SERVICE=Stack room",
         "SMOKE_URL=candidate.example.org", "ARTIFACT_REGISTRY=europe-west1-docker.pkg.dev/library-team/stack"]


def silly(s):
    """silly settings, another registry's digest and a tag end with 2 and one line"""
    for setting in SILLY:
        name, value = setting.split("=", maxsplit=1)
        s.expect(s.deploy("2", **{name: value}), 2, "1=100", name)
        if len(s.last.splitlines()) != 1:
            raise Wrong(f"{setting}: {s.last}")
    for wrong in (image("2").replace("library-team", "else-where"), image("2").replace("library-team", "library-team/../else-where"), "docker.io/stackroom/stackroom@sha256:" + "2" * 64,
                  image("2")[:-1], image("2").split("@")[0] + ":latest", ""):
        s.expect(s.run("deploy", wrong), 2, "1=100", "registry|usage")
    s.expect(s.run("rollback", RETRY_SECONDS="x"), 2, "1=100", "RETRY_SECONDS")
    if s.cloud.calls or os.path.exists(os.path.join(s.folder, "planted")):
        raise Wrong("something was done")
    s.expect(s.deploy("2", BAKE_SECONDS="", MAX_ERROR_PERCENT="0.5", MAX_RATIO="1.5"), 0, "2=100 previous:1")


def bad_answers(s):
    """an expired token, an empty answer, an HTML answer, a service that is not there"""
    for fault, words in (("401", "not signed in, or its token has expired"), ("html", "nothing was changed"), ("empty", "nothing was changed")):
        s.cloud.fault = None
        begin = len(s.cloud.calls)
        s.cloud.plant = lambda method, kind, fault=fault: s.cloud.calls.append(f"{method} {kind}") or fault
        s.expect(s.deploy("2"), 1, "1=100", words, "nothing was changed")
        s.expect(s.run("rollback"), 1, "1=100", words)
        del s.cloud.plant
        if any(c.startswith("PUT") for c in s.cloud.calls[begin:]):
            raise Wrong("something was changed")
    s.expect(s.deploy("2", GCP_SERVICE="nonesuch"), 1, "1=100", "nonesuch")


def refused_token(s):
    """a member's token that has expired"""
    s.expect(s.deploy("2", SMOKE_TOKEN="expired"), 1, "1=100", "the token is refused", "got no traffic")
    s.cloud.secrets = {}
    s.expect(s.deploy("2"), 1, "1=100", "NOT_FOUND", "FAIL  there is a token to search with")


def domain(s):
    """behind a domain: run.app is closed, the candidate has a host of its own"""
    s.cloud.domain = "library.example.org"
    s.service.spec["template"]["spec"]["containers"][0]["env"].append({"name": "STACKROOM_PUBLIC_URL", "value": "https://library.example.org"})
    s.expect(s.deploy("2"), 1, "1=100", "FAIL  it is healthy")
    s.expect(s.deploy("2", SMOKE_URL="https://candidate.library.example.org"), 0, "2=100 previous:1")
    if "could not be asked" in s.last:
        raise Wrong("the stable revision was not asked at the domain")
    s.expect(s.deploy("5", SMOKE_URL="https://candidate.library.example.org"), 1, "2=100 previous:1", "and the stable revision's")


def identity(s):
    """Cloud Run checks callers: an ID token by impersonation, and none"""
    s.env.pop("SMOKE_ID_TOKEN")
    s.expect(s.deploy("2"), 1, "1=100", "there is no ID token", "status 403|error: 403")
    s.expect(s.deploy("2", SMOKE_ACCOUNT="asks@library-team.iam.gserviceaccount.com"), 0, "2=100 previous:1")


def figures(calls=200, errors=0, p95=80, tools=200, failed=2, restarts=0):
    return {"calls": calls, "errors": errors, "p95_ms": p95, "tool_calls": tools, "tool_errors": failed, "restarts": restarts}


VERDICTS = [  # a candidate, the stable revision, the verdict
    (figures(), figures(), "good: 200 calls, 0 of them failed, 19 of 20 within 80 ms"),
    (None, None, "few: 0 calls"), (figures(calls=19), figures(), "few"), (figures(calls=20), figures(), "good"),
    (figures(errors=2), figures(), "good"), (figures(errors=3), figures(), "bad: 3 of 200 calls failed, 1.5 %"),
    (figures(calls=2, errors=2), figures(), "few"), (figures(calls=3, errors=3), None, "bad: 3 of 3"),
    (figures(calls=300, errors=3), figures(calls=400, errors=2), "good"), (figures(calls=300, errors=3), figures(calls=400, errors=1), "bad: 1 % of its calls failed and 0.25 %"),
    (figures(calls=300, errors=3), figures(calls=19), "good"), (figures(errors=80), figures(errors=80), "bad: 80 of 200"),
    (figures(restarts=1), figures(restarts=1), "bad: 1 of its instances crashed"), (figures(restarts=None), figures(), "good"),
    (figures(p95=410), figures(), "good"), (figures(p95=411), figures(), "bad: 19 of 20 calls take up to 411 ms"), (figures(p95=5000), figures(p95=4000), "good"),
    (figures(p95=3000), None, "good"), (figures(p95=3001), None, "bad: 19 of 20 calls take up to 3001 ms where 3000"), (figures(p95=3001), figures(p95=None), "bad"), (figures(p95=None), figures(), "good"),
    (figures(failed=14), figures(), "good"), (figures(failed=15), figures(), "bad: 15 of 200 tool calls ended with an error, 7.5 %"), (figures(failed=40), None, "good"), (figures(failed=41), None, "bad: 41 of 200"),
    (figures(failed=41), figures(tools=None, failed=None), "bad"), (figures(tools=None, failed=None), figures(), "good"), (figures(tools=10, failed=2), figures(), "good"),
]


def verdicts(s):
    """the judge's verdicts"""
    limits = {"MIN_CALLS": "20", "MIN_ERRORS": "3", "MAX_ERROR_PERCENT": "1", "MAX_TOOL_ERROR_PERCENT": "20", "MAX_P95_MS": "3000", "MAX_RATIO": "2", "MAX_RESTARTS": "0"}
    for candidate, stable, wanted in VERDICTS:
        said = subprocess.run(["jq", "-er", "-f", os.path.join(s.scripts, "..", "judge.jq")], input=json.dumps({"candidate": candidate, "stable": stable}),
                              env={**s.env, **limits}, capture_output=True, text=True, check=False)
        if not said.stdout.startswith(wanted):
            raise Wrong(f"{candidate} beside {stable}: {said.stdout or said.stderr} and not {wanted}")


def mutant_row(name, file, old, new, row):
    """The row must fail with the mistake in a copy of the scripts."""
    def planted(s):
        copy = os.path.join(s.folder, "infra")
        shutil.copytree(os.path.dirname(SCRIPTS), copy)
        path = os.path.join(copy, file)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        if text.count(old) != 1:
            raise Wrong(f"it can't be planted: {old!r} is there {text.count(old)} times")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(old, new))
        s.scripts = os.path.join(copy, "scripts")
        try:
            globals()[row](s)
        except Wrong:
            return "seen"
        raise Wrong(f"the row \"{globals()[row].__doc__}\" does not see it")
    planted.__doc__, planted.of = f"planted: {name}", globals()[row]
    return planted


ROWS = [first, following, does_not_start, answers_wrongly, calls_fail, is_slow, errors_as_canary, worse, two, rolled]  # in every mode
ELSEWHERE = [slower, crashes, tool_errors, unwatched, without_metrics, worse_while_baking, half_percent, second_waits, rollback_during, overtaken, overtaken_bad, unreadable, rollback_elsewhere, nothing_before, left_at_all, slow_cloud, legacy, signatures, silly,
             bad_answers, refused_token, domain, verdicts, measured]  # in one


def rows_of(config, calls):
    """(mode, row) of all rows."""
    full, modes = config["full"], list(config["modes"])
    one = "tokens"
    for mode in modes:
        yield from ((mode, row) for row in (ROWS if full or mode == one else [first, answers_wrongly, rolled]))
    yield from ((one, row) for row in ELSEWHERE)
    if "none" in modes:
        yield "none", identity
    api = [i for i, call in enumerate(calls) if full or "monitoring" not in call or calls.index(call) == i]
    kinds = ("403", "409", "500", "time-out", "no answer") if full else ("403", "409", "no answer", "403")
    for mode in modes if full else [one]:
        for n, i in enumerate(api):
            for kind in kinds if full else [kinds[n % len(kinds)]]:
                yield mode, fault_row(i, calls[i], kind, full)
    stages = range(len(calls)) if full else after_writes(calls)
    for i in stages:
        if full and "monitoring" in calls[i] and "monitoring" in calls[i - 1]:
            continue
        yield one, killed_row(i, calls[i])
        yield one, cancelled_row(i, calls[i], full)
        if full:
            yield one, killed_rollback_row(i, calls[i])
            if calls[i].startswith("PUT"):
                yield from ((one, killed_late_row(i, calls[i], script)) for script in ("deploy", "rollback"))
    for i in api if full else sorted({j for at in after_writes(calls) for j in (at - 1, at)}):
        yield one, fault_row(i, calls[i], "for ever", full)
    yield from ((one, mutant_row(*m)) for m in MUTANTS)


def newer_jq(config, mode, row):
    """The environment of a row that runs with the newer jq. The other modes, and the
    verdicts, have the system's; if all is tried, each row has."""
    if not config["jq"] or config["full"] or mode != "tokens" or row is verdicts:
        return {}
    return {"PATH": f"{config['jq']}:{os.environ['PATH']}"}


def compared(config, row):
    """The environment with the number of calls that a row compares. Rows that try the
    comparison have the script's default, and all rows if all is tried."""
    return {} if config["full"] or getattr(row, "of", row) in ROWS else FEW


def perform(config, warm, mode, row):
    """Runs one row, and returns (mode, name, failure, outcome, seconds, log). The
    first deploy has gcloud as it is started everywhere; in each mode, if all is
    tried."""
    began = time.monotonic()
    cold = row is first and (config["full"] or mode == "tokens")
    env = compared(config, row) | ({} if cold else {**warm, **newer_jq(config, mode, row)})
    s = Standing(config["modes"][mode], config["certificate"], env)
    failure, outcome = "", ""
    try:
        outcome = row(s) or ""
    except Wrong as e:
        failure = str(e)
    except Exception as e:  # pylint: disable=broad-except
        failure = f"{type(e).__name__}: {e}"
    finally:
        s.close()
    return mode, row.__doc__, failure, outcome, time.monotonic() - began, s.said


def calls_of(config, warm):
    """The API calls of a deploy that succeeds."""
    s = Standing(config["modes"]["tokens"], config["certificate"], {**warm, **newer_jq(config, "tokens", None)})
    try:
        return good_calls(s, "2")
    finally:
        s.close()


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        config = json.load(f)
    signal.signal(signal.SIGTERM, end_all)
    only = os.environ.get("DEPLOY_ROWS", "")
    with warm_gcloud() as warm, ThreadPoolExecutor(config.get("workers", 3)) as pool, open(sys.argv[2], "w", encoding="utf-8") as out, open(sys.argv[3], "w", encoding="utf-8") as table:
        rows = [(m, r) for m, r in rows_of(config, calls_of(config, warm)) if re.search(only, f"{m}: {r.__doc__}")]
        for mode, name, failure, outcome, seconds, said in pool.map(lambda r: perform(config, warm, *r), rows):
            print(f"{'fail' if failure else 'pass'}\t{mode}: {name}{': ' + failure if failure else ''}", file=out, flush=True)
            print(f"{mode:7} {name:62} {'FAIL ' + failure if failure else 'ok'} {outcome:12} {seconds:5.0f} s", file=table, flush=True)
            if failure:
                print(f"--- {mode}: {name}: {failure}\n{said[-3000:]}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
