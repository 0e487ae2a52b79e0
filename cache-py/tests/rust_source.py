"""Rust, as far as it is read to compare what is public: the items of their list, and what calls what, by names alone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from conftest import ROOT

CORE = ROOT / "cache-core" / "src"
COMMENTS_AND_TEXTS = re.compile(
    r"""//[^\n]*|\br(#*)"(?:.|\n)*?"\1|"(?:\\(?:.|\n)|[^"\\])*"|'(?:\\.[^'\n]*|[^'\\\n])'"""
)
IMPORTS = re.compile(r"^\s*(?:pub(?:\([^)]*\))? )?use [^;]*;", re.M)
# A call, a function that is handed on by its path, and one that is given another name.
CALL = re.compile(r"(?<!fn )\b([a-z_]\w*)(?:::<[^(;]*>)?\(|::([a-z_]\w*)\b(?!::)|\b([a-z_]\w*) as [a-z_]\w*[,;}]")


class Function(NamedTuple):
    """A public function, or a method of a public type."""

    path: str
    owner: str | None
    name: str
    declaration: str

    def only_looks(self) -> bool:
        """Whether it is a view of data that crosses as a whole."""
        looks = re.search(r"\(&self\)", self.declaration)
        return bool(looks) and "async " not in self.declaration and "Result<" not in self.declaration


class Item(NamedTuple):
    """A public item, and its declarations."""

    path: str
    text: str

    @property
    def name(self) -> str:
        return self.path.rsplit("::", 1)[-1]

    def functions(self) -> Iterator[Function]:
        for found in re.finditer(r"^pub (?:const |unsafe |async )*fn (\w+).*(?:\n[ )].*)*", self.text, re.M):
            free = found[1] == self.name
            path = self.path if free else f"{self.path}::{found[1]}"
            yield Function(path, None if free else self.name, found[1], found[0])

    def fields(self) -> list[str]:
        return re.findall(r"^    pub (\w+):", self.text, re.M)

    def traits(self) -> set[str]:
        return set(re.findall(r"^impl(?:<.*>)? ([\w:]+)(?:<.*>)? for", self.text, re.M))

    def is_trait(self) -> bool:
        return re.search(r"^pub (?:unsafe )?trait ", self.text, re.M) is not None

    def is_read(self) -> bool:
        """Whether its fields are read out of a document."""
        return "Deserialize<'de> for" in self.text

    def is_defined_in(self, text: str) -> bool:
        return re.search(rf"\bpub (?:struct|enum) {self.name}\b", text) is not None


def public() -> list[Item]:
    """The public surface, as ``scripts/public-api.py`` wrote it."""
    parts = re.split(r"^# ", (ROOT / "cache-core" / "public-api.txt").read_text(encoding="utf-8"), flags=re.M)
    return [Item(*part.split("\n", 1)) for part in parts[1:]]


def code(folder: Path) -> dict[Path, str]:
    """The files below a folder without comments, texts and tests."""
    files = {}
    for file in sorted(folder.rglob("*.rs")):
        if not any(part.endswith("tests") or part == "testing" for part in (*file.parts, file.stem)):
            text = COMMENTS_AND_TEXTS.sub('""', file.read_text(encoding="utf-8"))
            files[file] = re.split(r"^(?:#\[.*\n)*mod tests \{", text, flags=re.M)[0]
    return files


def calls(text: str) -> set[str]:
    return {next(filter(None, found)) for found in CALL.findall(text)}


def names(text: str, word: str) -> bool:
    return re.search(rf"\b{word}\b", text) is not None


def bodies(text: str) -> Iterator[tuple[str, str]]:
    """The functions with a body: name and body."""
    for found in re.finditer(r"\bfn (\w+)", text):
        depth, start = 0, None
        for at in range(found.end(), len(text)):
            character = text[at]
            if start is None and depth == 0 and character in ";{":
                if character == ";":
                    break
                start = at
            depth += (character in "([{") - (character in ")]}")
            if start is not None and depth == 0:
                yield found[1], text[start:at]
                break


def reached(start: set[str], files: dict[Path, str]) -> set[str]:
    """The names of all that is called by what has one of these names, by what that calls, and so on."""
    edges: defaultdict[str, set[str]] = defaultdict(set)
    for text in files.values():
        for name, body in bodies(text):
            edges[name] |= calls(body)
    seen: set[str] = set()
    rest = set(start)
    while rest:
        name = rest.pop()
        seen.add(name)
        rest |= edges[name] - seen
    return seen
