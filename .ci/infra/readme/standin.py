#!/usr/bin/env python3
"""A stand-in for the programs of infra/README.md: gcloud, gh, docker, curl,
terraform, unzip and sha256sum, by the name it is called with.

It keeps one world in the folder STAND_IN and refuses what the real services
would refuse at that point: a secret that nothing has made, an image from a
registry without a sign-in, a service without its secrets, a bucket that isn't
empty. `terraform apply` plans the inputs with mocks by a real Terraform, so
wrong inputs are refused by the configuration itself.
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

WORLD = pathlib.Path(os.environ["STAND_IN"])
STATE = WORLD / "state.json"
PUBLISHED = {"terraform.zip": "1ce994251c00281d6845f0f268637ba50c0005657eb3cf096b92f753b42ef4dc"}
FORK = {"full_name": "me/stackroom", "id": 1234567, "owner": {"id": 7654321}}
UPSTREAM = {"full_name": "stackroom-mcp/stackroom", "id": 1, "owner": {"id": 2}}
START = {
    "apis": [], "buckets": {}, "images": [], "secrets": {}, "variables": {}, "repo_secrets": {}, "environments": [],
    "workflows": [], "runs": [], "made": [], "service": None, "protected": False, "outputs": {}, "signed_in": [],
}
world = json.loads(STATE.read_text()) if STATE.exists() else dict(START)


def refuse(message):
    sys.exit(f"stand-in: {pathlib.Path(sys.argv[0]).name} {' '.join(sys.argv[1:])[:200]}: {message}")


def require(condition, message):
    if not condition:
        refuse(message)


def options(words):
    """The options of a command line as {name: [values]}, and the other words."""
    found, rest, words = {}, [], list(words)
    while words:
        word = words.pop(0)
        if word.startswith("-") and "=" in word:
            name, value = word.split("=", 1)
            found.setdefault(name, []).append(value)
        elif word in ("--jq", "--method", "--ref", "--env", "--env-file", "-f", "-F", "-d", "-o", "-H", "--name"):
            found.setdefault(word, []).append(words.pop(0))
        elif word.startswith("-"):
            found.setdefault(word, []).append("")
        else:
            rest.append(word)
    return found, rest


# gcloud


def gcloud(words):
    given, rest = options(words)
    match rest:
        case ["config", "set", "project", name]:
            world["project"] = name
        case ["config", "get-value", "account"]:
            print("me@example.org")
        case ["services", "enable", *apis]:
            require("project" in world, "no project is set")
            world["apis"] += apis
        case ["beta", "services", "identity", "create"]:
            service = given["--service"][0]
            require(service in world["apis"], f"{service} is not enabled")
            world["identity"] = service
        case ["storage", "buckets", "create", url]:
            require("project" in world and "--public-access-prevention" in given, "no project, or a bucket that may become public")
            world["buckets"][url] = ["state"]
        case ["storage", "buckets", "update", url]:
            require(url in world["buckets"], "no such bucket")
            world["versioned"] = True
        case ["storage", "rm", url]:
            require(url in world["buckets"], "no such bucket")
            require("--all-versions" in given, "the bucket still has versions of objects")
            del world["buckets"][url]
        case ["auth", "configure-docker", host]:
            world["signed_in"].append(host)
        case ["secrets", "versions", "add", name]:
            require(name in world["secrets"], "no such secret")
            value = sys.stdin.read()
            require(value.strip(), "an empty value")
            world["secrets"][name].append(value)
        case ["secrets", "versions", "access", "latest"]:
            versions = world["secrets"].get(given["--secret"][0])
            require(versions, "no such secret, or no version of it")
            sys.stdout.write(versions[-1])
        case ["run", "services", "describe", name]:
            require(world["service"], "no such service")
            print(json.dumps({"metadata": {"name": name}, "status": {"traffic": world["service"]}}))
        case ["run", "services", "update-traffic", _]:
            revision = given["--to-revisions"][0].removesuffix("=100")
            world["service"] = [{"revisionName": revision, "percent": 100}, {"revisionName": revision, "tag": "previous"}]
        case _:
            refuse("unknown here")


# gh


def gh(words):
    given, rest = options(words)
    repository = FORK if world.get("default") == FORK["full_name"] else UPSTREAM
    match rest:
        case ["repo", "fork", "stackroom-mcp/stackroom"]:
            require("--clone" in given, "nothing is cloned")
            subprocess.run(["git", "clone", "--quiet", os.environ["UPSTREAM"], "stackroom"], check=True)
        case ["repo", "set-default", name]:
            require(name == FORK["full_name"], "no such repository of yours")
            require(pathlib.Path(".git").exists(), "not in the repository")
            world["default"] = name
        case ["api", "user"]:
            print("me")
        case ["api", path] if path == "repos/{owner}/{repo}":
            value = repository
            for key in given["--jq"][0].strip(".").split("."):
                value = value[key]
            print(value)
        case ["api", path]:
            require(given.get("--method") == ["PUT"] and repository is FORK, "not allowed in the original repository")
            if path.endswith("/actions/permissions"):
                world["actions"] = "enabled=true" in given["-F"]
            else:
                world["environments"].append(path.rsplit("/", 1)[-1])
        case ["variable", "set"]:
            require(repository is FORK, "not allowed in the original repository")
            for line in pathlib.Path(given["--env-file"][0]).read_text().splitlines():
                name, value = line.split("=", 1)
                world["variables"][name] = value
        case ["secret", "set", name]:
            require(given["--env"][0] in world["environments"], "no such environment")
            world["repo_secrets"][name] = sys.stdin.read()
        case ["workflow", "enable", name]:
            require(repository is FORK and world.get("actions"), "404: workflows of this fork are off")
            require((pathlib.Path(".github/workflows") / name).exists(), "no such workflow")
            world["workflows"].append(name)
        case ["workflow", "run", name]:
            require(name in world["workflows"], "404: the workflow is off")
            environment = {"deploy.yml": "production", "drift.yml": "drift"}[name]
            require(environment in world["environments"], f"the environment {environment} does not exist")
            needed = set(re.findall(r"vars\.(\w+)", pathlib.Path(".github/workflows", name).read_text())) - {"GCP_ID_TOKEN_AUDIENCE"}
            require(needed <= set(world["variables"]), f"the variables {needed - set(world['variables'])} are not set")
            json.loads(world["variables"]["GCP_TARGETS"])
            world["runs"].append(name)
        case _:
            refuse("unknown here")


# docker


def docker(words):
    match words:
        case ["buildx", "create", *_]:
            print("a-builder")
        case ["buildx", "rm", *_]:
            pass
        case ["buildx", "build", *rest]:
            output = rest[rest.index("--output") + 1]
            name = re.search(r"name=([^,]+),push=true", output).group(1)
            host = name.split("/")[0]
            require(host in world["signed_in"], f"{host} wants a sign-in")
            require("google_artifact_registry_repository.images" in world["made"], "no such repository of images")
            digest = "sha256:" + hashlib.sha256(name.encode()).hexdigest()
            world["images"].append(f"{name.rsplit(':', 1)[0]}@{digest}")
            pathlib.Path(rest[rest.index("--metadata-file") + 1]).write_text(json.dumps({"containerimage.digest": digest}))
        case ["run", "--rm", image, *arguments]:
            require(image in world["images"], "no such image")
            sys.exit(subprocess.run([os.environ["STACKROOM"], *arguments], check=False).returncode)
        case _:
            refuse("unknown here")


# curl: a real server with the tokens of the secret answers the search.


def curl(words):
    given, rest = options(words)
    url = next(word for word in words if word.startswith("https://"))
    if url.startswith("https://releases.hashicorp.com/"):
        pathlib.Path("terraform.zip").write_text("a release of Terraform")
        return
    require(world["service"] and url == world["outputs"]["page"] + "/tools/search", "no such server")
    records = WORLD / "records"
    records.write_text(world["secrets"]["stackroom-stackroom-tokens"][-1])
    (WORLD / "data").mkdir(exist_ok=True)
    port = 20000 + os.getpid() % 12000
    settings = {"STACKROOM_AUTH": "tokens", "STACKROOM_TOKENS": f"file://{records}", "STACKROOM_DATA": str(WORLD / "data"), "STACKROOM_ADDR": f"127.0.0.1:{port}"}
    with (WORLD / "server.log").open("w") as log, subprocess.Popen([os.environ["STACKROOM"], "serve"], env={**os.environ, **settings}, stdout=log, stderr=log) as server:
        try:
            local, real = f"http://127.0.0.1:{port}", os.environ["CURL"]
            for _ in range(150):
                if subprocess.run([real, "-fsS", "-o", "/dev/null", local + "/ready"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
                    break
                time.sleep(0.1)
            status = subprocess.run([real] + [word.replace(url, local + "/tools/search") for word in words], check=False).returncode
        finally:
            server.terminate()
    sys.exit(status)


# terraform


def plan(inputs, extra):
    """What an apply makes, {address: attributes}, and the outputs, by a mocked
    test with a real Terraform. The same inputs give the same answer."""
    source = pathlib.Path("infra")
    text = "".join(sorted(p.read_text() for p in source.glob("*.tf"))) + inputs + repr(extra)
    cache = pathlib.Path(os.environ["PLANS"]) / hashlib.sha256(text.encode()).hexdigest()
    if not cache.exists():
        copy = pathlib.Path(os.environ["TERRAFORM_COPY"])
        for path in source.glob("*.tf*"):
            shutil.copy(path, copy)
        values = dict(split(inputs))
        # Terraform only warns of these.
        unknown = set(values) - set(re.findall(r'^variable "(\w+)"', text, re.M))
        require(not unknown, f"the inputs {unknown} do not exist")
        values.update({name: value if value in ("true", "false") else json.dumps(value) for name, value in extra.items()})
        values.setdefault("secret_values", "{}")
        lines = "\n".join(f"  {name} = {value}" for name, value in values.items())
        for path in (copy / "tests").glob("*.tftest.hcl"):
            path.unlink()
        (copy / "tests/applied").mkdir(exist_ok=True)
        (copy / "tests/applied/google.tfmock.hcl").write_text((source / "tests/mocks/google.tfmock.hcl").read_text().replace("  override_during = plan\n", ""))
        mocks = 'mock_provider "google" {\n  source = "./tests/applied"\n}\n'
        (copy / "tests/readme.tftest.hcl").write_text(f'{mocks}\nvariables {{\n{lines}\n}}\n\nrun "readme" {{\n  command = apply\n}}\n')
        said = subprocess.run([os.environ["TERRAFORM"], f"-chdir={copy}", "test", "-json", "-verbose"], capture_output=True, text=True, check=False).stdout
        messages = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        state = next((m["test_state"] for m in messages if m["type"] == "test_state"), None)
        errors = [m["diagnostic"]["summary"] + " " + m["diagnostic"].get("detail", "") for m in messages if m["type"] == "diagnostic" and m["diagnostic"]["severity"] == "error"]
        require(state and not errors, f"the inputs are refused: {errors[:2]}")
        resources = {r["address"]: {k: r["values"].get(k) for k in ("secret_id", "deletion_protection")} for r in state["root_module"]["resources"]}
        cache.write_text(json.dumps([resources, {name: output["value"] for name, output in state["outputs"].items()}]))
    return json.loads(cache.read_text())


def split(inputs):
    """The inputs of terraform.tfvars as (name, text)."""
    name, lines, depth = None, [], 0
    for line in inputs.splitlines():
        if depth == 0 and (found := re.match(r"(\w+)\s*=\s*(.*)", line)):
            name, lines = found.group(1), [found.group(2)]
        elif name:
            lines.append(line)
        depth = sum(text.count("{") - text.count("}") for text in lines)
        if depth == 0 and name:
            yield name, "\n".join(lines)
            name = None


def apply(given):
    require("initialised" in world, "terraform init has not run")
    require({"cloudresourcemanager.googleapis.com", "serviceusage.googleapis.com"} <= set(world["apis"]), "an API that Terraform calls is not enabled")
    inputs = pathlib.Path("infra/terraform.tfvars").read_text()
    extra = dict(value.split("=", 1) for value in given.get("-var", []))
    resources, outputs = plan(inputs, extra)
    targets = given.get("-target", [])
    for target in targets:
        require(any(a == target or a.startswith(target + "[") for a in resources), f"there is no {target} in the configuration")
    made = [a for a in resources if not targets or any(a == t or a.startswith(t + "[") for t in targets)]
    for address in made:
        if address.startswith("google_secret_manager_secret."):
            require("rotation_days" not in inputs or "identity" in world, "Secret Manager has no account in this project that may publish")
            world["secrets"].setdefault(resources[address]["secret_id"], [])
    if "google_cloud_run_v2_service.server[0]" in made:
        empty = [name for name, versions in world["secrets"].items() if not versions]
        image = dict(split(inputs))["image"].strip('"')
        require(not empty, f"the service does not start: {empty} have no version")
        require(image in world["images"], "the service does not start: no such image")
        first = not world["service"]
        require(not first or not resources["google_cloud_run_v2_service.server[0]"]["deletion_protection"], "the first apply is protected: a service that does not start could not be replaced")
        world["service"] = world["service"] or [{"revisionName": "stackroom-00002", "percent": 100}, {"revisionName": "stackroom-00001", "tag": "previous"}]
        world["protected"] = resources["google_cloud_run_v2_service.server[0]"]["deletion_protection"]
    if not targets:
        world["outputs"] = outputs
    world["made"] = sorted(set(world["made"]) | set(made))


def terraform(words):
    given, rest = options(words)
    match rest:
        case ["version"]:
            print("Terraform v1.11.4")
        case ["init"]:
            bucket = "gs://" + given["-backend-config"][0].removeprefix("bucket=")
            require(bucket in world["buckets"] and world.get("versioned"), "no such bucket, or one without versions")
            world["initialised"] = True
        case ["apply"]:
            apply(given)
        case ["output", name]:
            require(name in world["outputs"], "no such output")
            value = world["outputs"][name]
            print(json.dumps(value) if "-json" in given else value)
        case ["destroy"]:
            require(not world["protected"], "deletion_protection is on")
            require(given.get("-var") == ["deletion_protection=false"], "a destroy plans with the inputs, which protect")
            world.update(made=[], secrets={}, service=None, images=[])
        case _:
            refuse("unknown here")


def main():
    name, words = pathlib.Path(sys.argv[0]).name, sys.argv[1:]
    with (WORLD / "log").open("a") as log:
        log.write(" ".join([name, *words])[:300] + "\n")
    if name == "sha256sum":
        text = sys.stdin.read()
        wanted, file = text.split()
        require("--check" in words and PUBLISHED.get(file) == wanted, f"the checksum of {file} is not the published one")
        print(f"{file}: OK")
    elif name == "unzip":
        folder = pathlib.Path(words[words.index("-d") + 1])
        (folder / "terraform").symlink_to(__file__)
    else:
        {"gcloud": gcloud, "gh": gh, "docker": docker, "curl": curl, "terraform": terraform}[name](words)
    STATE.write_text(json.dumps(world))


if __name__ == "__main__":
    main()
