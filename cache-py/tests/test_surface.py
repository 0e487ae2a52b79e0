"""What one language can do, the other can: the classes, methods and functions of Python and of Node, by their own lists."""

from __future__ import annotations

import inspect
import re

import cache_guardian as cache
from conftest import ROOT


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def node() -> set[str]:
    """Of the generated types: ``function`` and ``Class.member``."""
    text = (ROOT / "cache-node" / "native.d.ts").read_text(encoding="utf-8")
    found = {snake(name) for name in re.findall(r"^export declare function (\w+)\(", text, re.M)}
    for name, body in re.findall(r"^export declare class (\w+) \{\n(.*?)^\}", text, re.M | re.S):
        members = re.findall(r"^  (?:static |get )*(\w+)\(", body, re.M)
        found |= {f"{name}.{snake(member)}" for member in members if member != "constructor"}
    return found


def python() -> set[str]:
    """Of the package itself. What is to be awaited stands beside the same that is not, and counts once."""
    found = set()
    for name, value in vars(cache).items():
        if inspect.isbuiltin(value):
            found.add(name.removesuffix("_async"))
        elif inspect.isclass(value) and value.__module__ == "cache_guardian":
            found |= {f"{name}.{member.removesuffix('_async')}" for member in vars(value) if not member.startswith("_")}
    return found


def test_both_languages_have_the_same() -> None:
    assert len(node()) > 80
    assert sorted(node() ^ python()) == []
