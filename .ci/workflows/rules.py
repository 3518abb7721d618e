"""What neither actionlint nor zizmor holds: rules of the house for workflows
and for cloudbuild.yaml. Prints rows "pass|fail<TAB>name".

    rules.py FOLDER    with .github/workflows/ and cloudbuild.yaml in it
"""

import pathlib
import re
import sys

import yaml

PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*$")
TESTS = "./.github/workflows/test.yml"
checks = {}  # by what each holds, in order


def rule(name):
    """Names a check, which yields what is wrong with a workflow."""

    def named(check):
        checks[name] = check
        return check

    return named


class Workflow:
    """One file, as text and as what it says."""

    def __init__(self, path):
        self.name = path.name
        self.text = path.read_text()
        self.says = yaml.safe_load(self.text)
        self.jobs = self.says["jobs"]

    def steps(self):
        for name, job in self.jobs.items():
            for step in job.get("steps", []):
                yield name, step

    def events(self):
        on = self.says[True]  # YAML 1.1 reads "on" as true
        return [on] if isinstance(on, str) else list(on)

    def needs(self, name):
        """The jobs that must have passed before this one, in any number of steps."""
        needed = self.jobs[name].get("needs", [])
        for other in [needed] if isinstance(needed, str) else needed:
            yield other
            yield from self.needs(other)

    def deploys(self):
        """Whether it acts on something that stays when it has ended."""
        return any("environment" in job for job in self.jobs.values())


@rule("every action is pinned by a whole commit, and says of which version it is")
def pinned(w):
    for line in w.text.splitlines():
        line = line.strip().removeprefix("- ")
        if line.startswith("uses:") and not line.startswith("uses: ./") and not PINNED.match(line):
            yield line


@rule("nothing is allowed that no job asks for")
def least(w):
    if w.says.get("permissions") != {}:
        yield "the workflow's permissions are not {}"
    for name, job in w.jobs.items():
        if not isinstance(job.get("permissions"), dict):
            yield f"{name} does not list its permissions"


@rule("no checkout leaves its credentials behind")
def credentials(w):
    for name, step in w.steps():
        if step.get("uses", "").startswith("actions/checkout@") and step.get("with", {}).get("persist-credentials") is not False:
            yield name


@rule("no script has an expression in its text")
def scripts(w):
    for name, step in w.steps():
        if "${{" in step.get("run", ""):
            yield name


@rule("a stranger's pull request starts nothing that has rights")
def strangers(w):
    yield from {"pull_request_target", "workflow_run", "issue_comment"}.intersection(w.events())
    if "pull_request" in w.events():
        for name, job in w.jobs.items():
            if set(job["permissions"].values()) != {"read"}:
                yield f"{name} may write on pull_request"


@rule("who signs or signs in does it in an environment, which can be guarded")
def guarded(w):
    for name, job in w.jobs.items():
        if "id-token" in (job.get("permissions") or {}) and "environment" not in job:
            yield name


@rule("what changes something outside runs one at a time, to its end")
def whole(w):
    concurrency = w.says.get("concurrency")
    if w.deploys() and (not isinstance(concurrency, dict) or concurrency.get("cancel-in-progress") is not False):
        yield "cancel-in-progress is not false"


@rule("nothing is built for others before the tests have passed")
def tested(w):
    tests = [name for name, job in w.jobs.items() if job.get("uses") == TESTS]
    if "push" in w.events() and w.deploys() and not tests:
        yield "it has no tests"
    for name in set(w.jobs).difference(tests) if tests else ():
        if tests[0] not in w.needs(name):
            yield name


@rule("every job has an end and a named system")
def bounded(w):
    for name, job in w.jobs.items():
        if "uses" not in job and ("timeout-minutes" not in job or not re.search(r"-\d", job["runs-on"])):
            yield name


def workflows(folder):
    files = [Workflow(path) for path in sorted(folder.glob(".github/workflows/*.y*ml"))]
    row("there are workflows", [] if files else ["none was found"])
    for name, check in checks.items():
        row(name, [f"{w.name}: {wrong}" for w in files for wrong in check(w)])


def cloudbuild(folder):
    steps = yaml.safe_load((folder / "cloudbuild.yaml").read_text())["steps"]
    row(
        "cloudbuild.yaml: every image has a version",
        [step["name"] for step in steps if not re.search(r":[\w.-]+(@sha256:[0-9a-f]{64})?$", step["name"]) or ":latest" in step["name"]],
    )
    row(
        "cloudbuild.yaml: no script has a substitution in its text",
        [step["id"] for step in steps if re.search(r"(?<!\$)\$(?!\$)[A-Z_{]", "".join(step["args"]).replace("$$", "\0"))],
    )
    row(
        "cloudbuild.yaml: test, image, list, deploy, each after the one before",
        [] if [step["id"] for step in steps if "waitFor" not in step] == ["test", "image", "sbom", "deploy"] else ["another order"],
    )


def row(name, wrong):
    print(f"fail\t{name}: {'; '.join(wrong)[:300]}" if wrong else f"pass\t{name}")


if __name__ == "__main__":
    here = pathlib.Path(sys.argv[1])
    workflows(here)
    cloudbuild(here)
