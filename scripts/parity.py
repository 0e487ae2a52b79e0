#!/usr/bin/env python3
"""How far two lists of packages agree, both as Syft's JSON: ours and Syft's own.

    parity.py OURS SYFT [--least PERCENT] [--known FILE SET]

A package is its type, namespace, name and version; where one of both has no purl for it, its name and version. What Syft
guesses by the bytes of a program (its type `binary`) is counted apart, and so is what it lists more than once. FILE lists
explained differences, a line each: set, side (`syft` or `cache`: who alone lists it), package, the row of docs/parity.md.
Fails where less than PERCENT of the unexplained is listed, and where an explained difference is none any more.
"""
import argparse
import json
import sys
from urllib.parse import unquote


def key(artifact):
    """Type, namespace/name and version of a purl; qualifiers and subpath do not count. Without one, name and version."""
    purl = artifact.get("purl")
    if not purl:
        return f'{artifact["name"]} {artifact.get("version", "")}'.strip()
    body = purl.removeprefix("pkg:").split("#")[0].split("?")[0]
    name, _, version = body.partition("@") if not body.startswith("npm/@") else body.rpartition("@")
    return f"{unquote(name).lower()} {unquote(version)}".strip()


def bare(artifact):
    return artifact["name"].lower(), artifact.get("version", "")


def read(path, wanted):
    with open(path, encoding="utf-8") as document:
        artifacts = json.load(document).get("artifacts", [])
    return {key(a): a for a in artifacts if wanted(a) and not (a.get("purl") or "").startswith("pkg:oci/")}


def pair_unnamed(mine, theirs):
    """Gives a package that only one of both has a purl for the same key on both sides."""
    free = {bare(mine[k]): k for k in sorted(mine.keys() - theirs.keys())}
    pairs = 0
    for k in sorted(theirs.keys() - mine.keys()):
        other = free.get(bare(theirs[k]))
        if other and bool(mine[other].get("purl")) != bool(theirs[k].get("purl")):
            mine[k] = mine.pop(free.pop(bare(theirs[k])))
            pairs += 1
    return pairs


def known(path, of):
    """The explained differences of a set, by side."""
    sides = {"syft": set(), "cache": set()}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                name, side, package, _why = line.rstrip("\n").split("\t")
                if name == of:
                    sides[side].add(package)
    return sides["syft"], sides["cache"]


def show(title, keys):
    print(f"{title}: {len(keys)}")
    for package in sorted(keys):
        print(f"  {package}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ours")
    parser.add_argument("syft")
    parser.add_argument("--least", type=float, default=0)
    parser.add_argument("--known", nargs=2, metavar=("FILE", "SET"))
    arguments = parser.parse_args()

    mine = read(arguments.ours, lambda a: True)
    theirs = read(arguments.syft, lambda a: a["type"] != "binary")
    binary = read(arguments.syft, lambda a: a["type"] == "binary").keys()
    pairs = pair_unnamed(mine, theirs)
    both = mine.keys() & theirs.keys()
    only_syft, only_cache = theirs.keys() - both, mine.keys() - both - binary
    print(f"syft: {len(theirs)} packages, of which Cache lists {len(both)} ({percent(both, theirs):.2f} %)")
    print(f"in both, without a purl in one: {pairs}")
    show("only syft", only_syft)
    show("only Cache", only_cache)
    if binary:
        show(f"syft's type binary: {len(binary)}, of which Cache does not list", binary - mine.keys())
    explained = known(*arguments.known) if arguments.known else (set(), set())
    left = percent(both, theirs.keys() - explained[0])
    unexplained = only_cache - explained[1]
    stale = (explained[0] - only_syft) | (explained[1] - only_cache)
    if arguments.known:
        print(f"without the explained: {left:.2f} %, and {len(unexplained)} that only Cache lists")
        show("unexplained", (only_syft - explained[0]) | unexplained)
    if stale:
        sys.exit(f"no difference any more: {', '.join(sorted(stale))}")
    if left < arguments.least or (arguments.known and unexplained):
        sys.exit(f"below {arguments.least} %, or something is unexplained")


def percent(part, whole):
    return 100 * len(part) / len(whole) if whole else 100


main()
