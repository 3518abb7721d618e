"""Says which links of Markdown pages lead nowhere in the repository: to a file
that is missing, or to a heading that the page doesn't have.

    links.py PAGE...
"""

import pathlib
import re
import sys


def anchor(heading):
    """GitHub's anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def dead(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?:|mailto:", link):
            continue
        path, _, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            yield f"{page}: {link}"
        elif fragment and fragment not in map(anchor, re.findall(r"^#+ (.+)$", target.read_text(), re.M)):
            yield f"{page}: {link}: no such heading"


wrong = [line for name in sys.argv[1:] for line in dead(pathlib.Path(name))]
print("\n".join(wrong))
sys.exit(bool(wrong))
