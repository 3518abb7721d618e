#!/usr/bin/env python3
"""Runs the commands of infra/README.md in order, in one shell, against the
stand-ins of standin.py and a scratch repository. Prints rows
"pass|fail<TAB>name".

    robot.py README SOURCE WORK [OLD NEW]

SOURCE is the repository, WORK an empty folder. With OLD and NEW the page is run
with OLD replaced, as a planted fault. In the environment: STACKROOM, a built
program; TERRAFORM, a Terraform; TERRAFORM_COPY, a copy of infra/ that is
initialised; PLANS, a folder for plans that are known already.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

PROGRAMS = ["gcloud", "gh", "docker", "curl", "unzip", "sha256sum"]  # terraform comes with the release that step 1 downloads
readme, source, work = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), pathlib.Path(sys.argv[3]).resolve()


def blocks(text):
    """The fenced commands of the page, each with the words before it."""
    name = ""
    for part in re.split(r"(^```sh\n.*?^```$)", text, flags=re.M | re.S):
        if part.startswith("```sh\n"):
            yield name, part[len("```sh\n") : -len("```")]
        elif found := re.findall(r"^\*\*([^*]+)\*\*|^#+ (.+)$", part, re.M):
            name = (found[-1][0] or found[-1][1]).rstrip(".,:").replace("\n", " ")


def repository(folder):
    """A scratch repository with what the commands read of this one."""
    folder.mkdir()
    for name in ("infra", ".github"):
        shutil.copytree(source / name, folder / name, ignore=shutil.ignore_patterns(".terraform", "terraform.tfvars"))
    git = ["git", "-C", folder, "-c", "user.name=robot", "-c", "user.email=robot@example.org", "-c", "init.defaultBranch=main"]
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message=all"]):
        subprocess.run([*git, *words], check=True)


def row(name, good, why=""):
    print(f"pass\t{name}" if good else f"fail\t{name}: {' '.join(why.split())[:300]}")


def run(text):
    """Runs the commands, and returns the names of the blocks that ended, and
    what the shell said."""
    world, bin_ = work / "world", work / "bin"
    world.mkdir()
    bin_.mkdir()
    standin = pathlib.Path(__file__).with_name("standin.py")
    for name in PROGRAMS:
        (bin_ / name).symlink_to(standin)
    repository(work / "upstream")
    (work / "home").mkdir()
    script = "set -euo pipefail\n"
    for number, (_, commands) in enumerate(blocks(text)):
        script += f"{commands}cp {world}/state.json {world}/after-{number}.json\necho {number} >> {world}/ended\n"
    environment = {
        **{k: v for k, v in os.environ.items() if k in ("STACKROOM", "TERRAFORM", "TERRAFORM_COPY", "PLANS", "TF_CLI_CONFIG_FILE", "CHECKPOINT_DISABLE", "GOGC", "LANG")},
        "HOME": str(work / "home"), "PATH": f"{bin_}:{os.environ['PATH']}", "STAND_IN": str(world), "UPSTREAM": str(work / "upstream"),
        "CURL": shutil.which("curl"), "RETRY_SECONDS": "0",
    }
    done = subprocess.run(["bash", "-c", script], env=environment, input="a-key-from-the-keyboard\n", capture_output=True, text=True, check=False)
    ended = (world / "ended").read_text().split() if (world / "ended").exists() else []
    return [int(n) for n in ended], done.stderr


def after(ended, number):
    """The world after a block."""
    return json.loads((work / f"world/after-{number}.json").read_text()) if number in ended else {}


def main():
    text = pathlib.Path(readme).read_text()
    if len(sys.argv) == 6:
        if sys.argv[4] not in text:
            row("the fault could be planted", False, "the page does not have it")
            return
        text = text.replace(sys.argv[4], sys.argv[5], 1)
    page = list(blocks(text))
    work.mkdir(parents=True, exist_ok=True)
    ended, said = run(text)
    for number, (name, _) in enumerate(page):
        row(f"block {number + 1}, {name}", number in ended, said[-400:] if number == len(ended) else "not reached")
    installed = after(ended, len(list(blocks(text.split("## Every day")[0]))) - 1)
    last = after(ended, len(page) - 1)
    outputs = installed.get("outputs", {}).get("pipeline") or {}
    answered = after(ended, next((n for n, (name, _) in enumerate(page) if name.startswith("9.")), -1))
    row("after the first answer the service is protected", answered.get("service") and answered.get("protected"), "no")
    row("the pipeline knows this deployment", outputs and {k: str(v) for k, v in outputs.items() if v} == installed.get("variables"), str(installed.get("variables")))
    row("both workflows were started", {"deploy.yml", "drift.yml"} <= set(installed.get("runs", [])), str(installed.get("runs")))
    row("the accepted repository is the fork, by number", "1234567" in installed.get("repo_secrets", {}).get("GCP_TFVARS", ""), "another number")
    records = [json.loads(line) for line in (installed.get("secrets", {}).get("stackroom-stackroom-tokens") or [""])[-1].splitlines()]
    row("a person and the pipeline have a token each", sorted(r["name"] for r in records) == ["me", "pipeline"], str([r["name"] for r in records]))
    row("nothing is left after the teardown", last and not (last["buckets"] or last["service"] or last["secrets"] or last["made"]), "something is")
    left = [p.name for p in (work / "home/stackroom").glob("*") if p.name in ("me.json", "pipeline.json", "records.txt", "colleague.json")]
    row("no token is left in a file", not left, str(left))


if __name__ == "__main__":
    main()
