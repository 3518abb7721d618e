"""Rules of this project for workflows and cloudbuild.yaml, which neither
actionlint nor zizmor checks. Prints rows "pass|fail<TAB>name".

    rules.py FOLDER    with .github/workflows/, cloudbuild.yaml and infra/ in it
"""

import pathlib
import re
import sys

import yaml

DIGEST = r"@sha256:[0-9a-f]{64}"
WHOLE = re.compile(r"v?\d+\.\d+\.\d+$")  # a version that can't move
# A failure that a script ignores. cloudbuild.yaml writes $$ for $.
IGNORED = re.compile(r"\|\|\s*(true|:|exit 0)\b|set \+e")
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


@rule("every action is pinned by a whole commit, with its version beside it")
def pinned(w):
    for line in w.text.splitlines():
        line = line.strip().removeprefix("- ")
        if line.startswith("uses:") and not line.startswith("uses: ./") and not PINNED.match(line):
            yield line


@rule("a job has no permission that it doesn't list")
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


@rule("a fork's pull request starts nothing that has rights")
def forks(w):
    yield from {"pull_request_target", "workflow_run", "issue_comment"}.intersection(w.events())
    if "pull_request" in w.events():
        for name, job in w.jobs.items():
            if set(job["permissions"].values()) != {"read"}:
                yield f"{name} may write on pull_request"


@rule("a job that signs or signs in has an environment, whose rules apply")
def environment(w):
    for name, job in w.jobs.items():
        if "id-token" in (job.get("permissions") or {}) and "environment" not in job:
            yield name


@rule("a workflow that deploys runs one at a time, to its end")
def whole(w):
    concurrency = w.says.get("concurrency")
    if w.deploys() and (not isinstance(concurrency, dict) or concurrency.get("cancel-in-progress") is not False):
        yield "cancel-in-progress is not false"


@rule("nothing is published before the tests have passed")
def tested(w):
    tests = [name for name, job in w.jobs.items() if job.get("uses") == TESTS]
    if "push" in w.events() and w.deploys() and not tests:
        yield "it has no tests"
    for name in set(w.jobs).difference(tests) if tests else ():
        if tests[0] not in w.needs(name):
            yield name


@rule("every job has a time limit and a named system")
def bounded(w):
    for name, job in w.jobs.items():
        if "uses" not in job and ("timeout-minutes" not in job or not re.search(r"-\d", job["runs-on"])):
            yield name


@rule("what deploys starts from main or a version's tag alone")
def from_main(w):
    if not w.deploys():
        return
    on = w.says[True]
    push = on.get("push", {}) if isinstance(on, dict) else {"branches": ["any"]}
    if push is None or push and not (push.get("branches") == ["main"] or "branches" not in push and push.get("tags")):
        yield "another branch starts it"
    if "workflow_dispatch" in w.events() and push and "github.ref == 'refs/heads/main'" not in w.text:
        yield "by hand it runs from any branch"


@rule("a deploy is of main's newest commit, and of an image that this workflow signed")
def newest(w):
    for name, step in w.steps():
        if re.search(r"infra/scripts/deploy \"\$IMAGE\"", step.get("run", "")):
            for variable, value in {
                "DEPLOY_COMMIT": "${{ github.sha }}",
                "COSIGN_IDENTITY": "${{ github.server_url }}/${{ github.workflow_ref }}",
                "COSIGN_ISSUER": "https://token.actions.githubusercontent.com",
            }.items():
                if step.get("env", {}).get(variable) != value:
                    yield f"{name}: {variable} is not {value}"
            if "newest" not in w.needs(name):
                yield f"{name} does not wait for the comparison with main"
            if "image" in w.jobs and w.jobs["image"].get("if") != "needs.newest.outputs.newest == 'true'":
                yield "the image is built of any commit"


@rule("no script of what deploys ignores a failure")
def failures(w):
    for name, step in w.steps():
        if w.deploys() and (IGNORED.search(step.get("run", "")) or "continue-on-error" in step):
            yield name
    for name, job in w.jobs.items():
        if "continue-on-error" in job:
            yield name


@rule("a program beside credentials has a whole version, and an image a digest")
def versions(w):
    for name, step in w.steps():
        credentials = "id-token" in (w.jobs[name].get("permissions") or {})
        action, given = step.get("uses", "").split("@")[0], step.get("with", {})
        for setup, key in {
            "google-github-actions/setup-gcloud": "version",
            "actions/setup-node": "node-version",
            "hashicorp/setup-terraform": "terraform_version",
        }.items():
            if credentials and action == setup and not WHOLE.match(str(given.get(key, ""))):
                yield f"{name}: {setup} has the {key} {given.get(key, 'of the day')}"
        if action == "docker/setup-buildx-action" and not re.search(r"image=\S+" + DIGEST, given.get("driver-opts", "")):
            yield f"{name}: buildkit of the day"


def workflows(folder):
    files = [Workflow(path) for path in sorted(folder.glob(".github/workflows/*.y*ml"))]
    row("there are workflows", [] if files else ["none was found"])
    for name, check in checks.items():
        row(name, [f"{w.name}: {wrong}" for w in files for wrong in check(w)])


def environments(folder):
    """An approval that one workflow needs must not hold up another."""
    users = {}
    for path in sorted(folder.glob(".github/workflows/*.y*ml")):
        for job in Workflow(path).jobs.values():
            if "environment" in job:
                users.setdefault(job["environment"], set()).add(path.name)
    row("each environment belongs to one workflow", [f"{name}: {', '.join(sorted(of))}" for name, of in users.items() if len(of) > 1])


def image(folder):
    pinned = re.search(r"^buildkit=\S+" + DIGEST + "$", (folder / "infra/scripts/image").read_text(), re.M)
    row("the builder of the image is named by digest", [] if pinned else ["infra/scripts/image"])


def cloudbuild(folder):
    says = yaml.safe_load((folder / "cloudbuild.yaml").read_text())
    steps = {step["id"]: step for step in says["steps"]}
    scripts = {name: "".join(step["args"]) for name, step in steps.items()}
    row("cloudbuild.yaml: every image has a version and a digest", [step["name"] for step in steps.values() if not re.search(r":[\w.-]*\d[\w.-]*" + DIGEST + "$", step["name"])])
    row(
        "cloudbuild.yaml: no script has a substitution in its text",
        [name for name, script in scripts.items() if re.search(r"(?<!\$)\$(?!\$)[A-Z_{]", script.replace("$$", "\0"))],
    )
    row("cloudbuild.yaml: no script ignores a failure", [name for name, script in scripts.items() if IGNORED.search(script)])
    row(
        "cloudbuild.yaml: test, image, list, sign, deploy, each after the one before",
        [] if [name for name, step in steps.items() if "waitFor" not in step] == ["test", "image", "sbom", "sign", "deploy"] else ["another order"],
    )
    unpinned = re.compile(r"(go (?:run|install) (?:\S+/)+\S+?)(?:@(?!v\d+\.\d+\.\d+\b)\S+)?(?=\s|$)")
    row(
        "cloudbuild.yaml: every program has a whole version or a checksum",
        [found.group(0) for script in scripts.values() for found in unpinned.finditer(script) if not re.search(r"@v\d+\.\d+\.\d+$", found.group(0))]
        + [name for name, script in scripts.items() if "apt-get" in script or "pip install" in script or "npx" in script]
        + [name for name, script in scripts.items() if script.count("--location") > script.count("sha256sum --check --strict")],
    )
    sign, deploy = scripts.get("sign", ""), steps.get("deploy", {}).get("env", [])
    row(
        "cloudbuild.yaml: the image is signed with its provenance, and the signature is verified before the deploy",
        [what for what, there in {
            "no signature": re.search(r"signed \|\| \{ cosign sign [^}]*; signed; \}", sign),
            "no provenance": re.search(r"attested \|\| \{ cosign attest [^}]*--type slsaprovenance1 [^}]*; attested; \}", sign),
            "not verified": "COSIGN_IDENTITY=${_ACCOUNT}" in deploy and "COSIGN_ISSUER=https://accounts.google.com" in deploy,
            "of any commit": "export DEPLOY_COMMIT=" in scripts.get("deploy", "") and "COMMIT=${COMMIT_SHA}" in deploy,
        }.items() if not there],
    )


def row(name, wrong):
    print(f"fail\t{name}: {'; '.join(wrong)[:300]}" if wrong else f"pass\t{name}")


if __name__ == "__main__":
    here = pathlib.Path(sys.argv[1])
    workflows(here)
    environments(here)
    image(here)
    cloudbuild(here)
