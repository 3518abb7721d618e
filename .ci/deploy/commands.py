"""Prints every gcloud command of files as JSON for gcloud meta
lint-gcloud-commands, with a word in the place of each variable.

    commands.py FILE...

Of a Markdown file only code is read.
"""
import json
import re
import sys

GROUPS = "artifacts|auth|beta|billing|builds|compute|config|iam|logging|monitoring|projects|run|secrets|services|storage"


def code(path):
    """The lines of a file, those of a Markdown file that are code."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if path.endswith(".md"):
        blocks = text.split("\n```")
        text = "\n".join(blocks[1::2] + re.findall(r"`(gcloud [^`\n]*)`", text))
    text = re.sub(r"\\\n\s*", " ", text)
    text = re.sub(r"\$\((gcloud [^()]*)\)", r"$NAME\n\1\n", text)
    text = re.sub(r"\$\([^()\n]*(\([^()\n]*\)[^()\n]*)*\)", "value", text)
    return re.sub(r"\$\$?(\{[^}]*\}|\w+)", "value", text)


def commands(text):
    """The commands of a text: from the word gcloud to the end of the line, or to
    a quotation mark, bracket or operator that is not the command's own."""
    for m in re.finditer(rf"(?<![\w-])gcloud +({GROUPS}) +[a-z]", text):
        words, quote, line = "", "", text[m.start():].split("\n", maxsplit=1)[0]
        for i, c in enumerate(line):
            if quote:
                quote = "" if c == quote else quote
            elif c in "\"'" and c in line[i + 1:]:
                quote = c
            elif c in "\"'|;&#`)><":
                break
            words += c
        yield re.sub(r" +[0-9]?$|[.,;:] .*$", "", words).strip()


if __name__ == "__main__":
    found = {c for path in sys.argv[1:] for c in commands(code(path))}
    json.dump([{"command_string": c} for c in sorted(found)], sys.stdout)
