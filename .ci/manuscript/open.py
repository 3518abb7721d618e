"""Opens Word documents that `stackroom cite` wrote with python-docx, and prints a
row "pass|fail<TAB>check" for each thing that a reader of each must find.

    open.py FOLDER    with apa.docx, ieee.docx and chicago-notes.docx
"""

import sys
from pathlib import Path

import docx
from docx.oxml.ns import qn

FOOTNOTES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"


def row(name, ok):
    print(("pass" if ok else "fail") + "\t" + name)


def notes(document):
    """The footnotes that the text refers to, and those that the document has."""
    asked = {e.get(qn("w:id")) for e in document.element.iter(qn("w:footnoteReference"))}
    parts = [r.target_part for r in document.part.rels.values() if r.reltype == FOOTNOTES]
    if not parts:
        return asked, {}
    root = docx.oxml.parse_xml(parts[0].blob)
    kept = {n.get(qn("w:id")): "".join(t.text or "" for t in n.iter(qn("w:t"))) for n in root.iter(qn("w:footnote"))}
    return asked, kept


def main():
    for style, inline in (("apa", "Turing (1950, p. 450)"), ("ieee", "Turing [2, p. 450]"), ("chicago-notes", "Turing calls")):
        document = docx.Document(str(Path(sys.argv[1]) / (style + ".docx")))
        text = "\n".join(p.text for p in document.paragraphs)
        names = {p.style.name for p in document.paragraphs}
        asked, kept = notes(document)
        row(f"{style}: headings and a bibliography have their styles", any(n.startswith("Heading") for n in names) and "Bibliography" in names)
        row(f"{style}: a bibliography of 30 works or more", sum(p.style.name == "Bibliography" for p in document.paragraphs) >= 30)
        row(f"{style}: citations stand in the text", inline in text and text.count("[@") == text.count("nor [@this]") == 1)
        row(f"{style}: a table and a picture", len(document.tables) == 1 and len(document.inline_shapes) == 1)
        row(f"{style}: each note is there, with text", bool(asked) and all(kept.get(n, "").strip() for n in asked))
        row(f"{style}: {len(asked)} notes", len(asked) >= 30 if style == "chicago-notes" else len(asked) < 10)


main()
