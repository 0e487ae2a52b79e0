#!/usr/bin/env python3
"""How far two lists of packages agree: ours (purls, one in a line) and Syft's own JSON.

    parity.py OURS SYFT_JSON [LEAST_PERCENT]

A package is its type, namespace, name and version. What Syft guesses by the bytes of a program (its type `binary`) is
counted apart, and so is what it lists more than once. Fails below LEAST_PERCENT.
"""
import json
import sys
from urllib.parse import unquote


def key(purl):
    """Type, namespace/name and version of a purl; qualifiers and subpath do not count."""
    body = purl.removeprefix("pkg:").split("#")[0].split("?")[0]
    name, _, version = body.partition("@") if not body.startswith("npm/@") else body.rpartition("@")
    return unquote(name).lower(), unquote(version)


def ours(path):
    with open(path, encoding="utf-8") as lines:
        keys = {key(line.strip()) for line in lines if line.startswith("pkg:")}
    return {k for k in keys if not k[0].startswith("oci/")}


def syft(path):
    with open(path, encoding="utf-8") as document:
        artifacts = json.load(document)["artifacts"]
    binary = {key(a["purl"]) for a in artifacts if a["type"] == "binary" and a.get("purl")}
    rest = {key(a["purl"]) for a in artifacts if a["type"] != "binary" and a.get("purl")}
    unnamed = [f'{a["type"]} {a["name"]} {a["version"]}' for a in artifacts if not a.get("purl")]
    return rest, binary, unnamed


def show(title, keys):
    print(f"{title}: {len(keys)}")
    for name, version in sorted(keys):
        print(f"  {name} {version}")


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    mine = ours(sys.argv[1])
    theirs, binary, unnamed = syft(sys.argv[2])
    both = mine & theirs
    percent = 100 * len(both) / max(1, len(theirs))
    print(f"syft: {len(theirs)} packages, of which Cache lists {len(both)} ({percent:.2f} %)")
    show("only syft", theirs - mine)
    show("only Cache", mine - theirs - binary)
    print(f"syft's type binary: {len(binary)}, of which Cache lists {len(binary & mine)}")
    show("only syft's type binary", binary - mine)
    print(f"syft without a purl: {len(unnamed)}")
    for line in sorted(unnamed):
        print(f"  {line}")
    if len(sys.argv) == 4 and percent < float(sys.argv[3]):
        sys.exit(f"below {sys.argv[3]} %")


main()
