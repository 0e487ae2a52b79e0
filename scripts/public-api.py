#!/usr/bin/env python3
"""The public surface of the library, which changes only on purpose: it is kept in cache-core/public-api.txt, and this compares.

    scripts/public-api.py [--write]

It reads the pages that rustdoc has just written below target/doc, so that nothing is compiled for it: every item that `all.html`
lists, with its declaration, its methods, and the traits that it implements. What holds of every type (auto traits, blanket
implementations) is left out. Without --write it fails where the two differ, and shows how.
"""

from __future__ import annotations

import difflib
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOC = ROOT / "target" / "doc" / "cache_core"
KEPT = ROOT / "cache-core" / "public-api.txt"

VOID = {"br", "hr", "img", "input", "link", "meta", "wbr"}
# What comes last on a page: what holds of every type, and which types implement a trait, which their own pages say.
REST = re.compile('<h2 id="(synthetic-implementations|blanket-implementations|foreign-impls|implementors)"')
STANDARD = re.compile(r"\w+ (std|core|alloc)::")


class Page(HTMLParser):
    """The declarations of one page, in its order."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.found: list[str] = []
        self.open: list[str] = []  # what the open elements are to us: "text", "re-export", "traits", "skip" or nothing
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        given = {name: value or "" for name, value in attributes}
        identifier, classes = given.get("id", ""), given.get("class", "").split()
        meaning = ""
        if tag == "summary" and self.reads() or identifier.startswith(("deref-methods-", "variant.")):
            meaning = "skip"
        elif identifier == "trait-implementations-list":
            meaning = "traits"
        elif identifier.startswith("reexport."):
            meaning = "re-export"
        elif "item-decl" in classes:
            meaning = "text"
        elif "code-header" in classes and self.kind != "trait" and not (tag == "h4" and "traits" in self.open):
            meaning = "text"
        self.open.append(meaning)
        if tag == "div" and self.reads():
            self.text += "\n"
        path = re.match(r"\w+ (?:cache_core::)?(.*)::", given.get("title", ""))
        if tag == "a" and path and self.reads() and "text" in self.open and not STANDARD.match(given["title"]):
            self.text += f"{path[1]}::"

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if tag == "div" and self.reads():
            self.text += "\n"
        self.open.pop()
        if self.text and not self.reads() and "skip" not in self.open:
            lines = (line.rstrip() for line in self.text.splitlines())
            self.found.append("\n".join(line for line in lines if line))
            self.text = ""

    def handle_data(self, data: str) -> None:
        if self.reads():
            self.text += data

    def reads(self) -> bool:
        """Whether what stands here is part of a declaration."""
        return "skip" not in self.open and ("text" in self.open or "re-export" in self.open)


def surface(doc: Path) -> str:
    pages = sorted(set(re.findall(r'href="((?:[a-z_0-9]+/)*[a-z]+\.\w+\.html)"', (doc / "all.html").read_text())))
    folders = {parent for page in pages for parent in Path(page).parents}
    said = []
    for page in [*(str(folder / "index.html") for folder in folders), *pages]:
        path = Path(page)
        kind, *name = path.name.removesuffix(".html").split(".")
        reader = Page(kind)
        reader.feed(REST.split((doc / page).read_text(encoding="utf-8"))[0])
        title = "::".join(part for part in (*path.parent.parts, *name) if part)
        said += [(title, kind, "\n".join(reader.found))] if reader.found else []
    return "".join(f"# {title or 'cache_core'}\n{text}\n\n" for title, _, text in sorted(said))


def main() -> int:
    if not (DOC / "all.html").is_file():
        print("there is no documentation to read: cargo doc --workspace --no-deps --all-features", file=sys.stderr)
        return 1
    now = surface(DOC)
    if "--write" in sys.argv[1:]:
        KEPT.write_text(now, encoding="utf-8")
        return 0
    kept = KEPT.read_text(encoding="utf-8") if KEPT.exists() else ""
    if now == kept:
        return 0
    sys.stdout.writelines(difflib.unified_diff(kept.splitlines(True), now.splitlines(True), "kept", "now", n=1))
    print("the public surface changed; where that is meant: scripts/public-api.py --write", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
