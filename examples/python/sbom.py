#!/usr/bin/env python3
"""Answers what people ask of an SBOM, in whatever format it is. Where there is none yet, it is made.

    python sbom.py SBOM.json                    what is in it
    python sbom.py docker://HOST/REPO:TAG       the same of an image; also oci:PATH:TAG, and dir:PATH for a folder
    python sbom.py SBOM.json --why lodash       why a package is there
    python sbom.py SBOM.json --license 'GPL-*'  which packages have such a licence
    python sbom.py OLD.json --to NEW.json       what changed
    python sbom.py ANY --write spdx-2.3 FILE
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cache_guardian as cache


def main() -> None:
    parser = argparse.ArgumentParser(description="Answers what people ask of an SBOM.")
    parser.add_argument("sbom", help="the document, or the image or folder that it is made of")
    parser.add_argument("--why", help="the name, purl or id of a package")
    parser.add_argument("--license", help="a pattern of SPDX identifiers")
    parser.add_argument("--to", help="a later SBOM, or what it is made of")
    parser.add_argument("--write", nargs=2, metavar=("FORMAT", "FILE"), help="a format such as cyclonedx-1.6")
    asked = parser.parse_args()
    sbom = read(asked.sbom)

    if asked.write:
        document, lost = sbom.write(asked.write[0])
        Path(asked.write[1]).write_bytes(document)
        for finding in lost:
            print(f"{finding['position']}: {finding['message']}", file=sys.stderr)
    elif asked.why:
        for path in sbom.paths(asked.why)["paths"]:
            print(" -> ".join(f"{step['name']} {step['version'] or ''}".strip() for step in path))
    elif asked.license:
        for package in sbom.find({"license": asked.license}):
            print(package["name"], package.get("version", ""), " AND ".join(package["licenses"]))
    elif asked.to:
        diff = sbom.diff(read(asked.to))
        for package in diff["added"]:
            print(f"+ {package['name']} {package.get('version', '')}")
        for package in diff["removed"]:
            print(f"- {package['name']} {package.get('version', '')}")
        for change in diff["versions"]:
            print(f"  {change['name']} {change['before']} -> {change['after']}")
    else:
        show(sbom)


def read(what: str) -> cache.Sbom:
    if Path(what).is_file():
        return cache.Sbom.parse(Path(what).read_bytes())
    if what.startswith("dir:"):
        return cache.Sbom.generate({"folder": what[len("dir:") :]}, progress=tell)
    return cache.Sbom.generate({"image": what}, progress=tell)


def tell(news: cache.GenerateProgress) -> None:
    if news["kind"] == "layer":
        print(f"layer {news['digest']}: {news['size']} bytes{', known' * news['known']}", file=sys.stderr)
    elif news["kind"] == "packages":
        print(f"{news['count']} packages", file=sys.stderr)


def show(sbom: cache.Sbom) -> None:
    count, score = sbom.count(), sbom.score()
    print(f"{sbom.format}: {count['packages']} packages {count['byType']}")
    for identifier, packages in sorted(sbom.licenses()["identifiers"].items(), key=lambda it: -it[1]):
        print(f"{packages:6} {identifier}")
    print(f"minimum elements: {score['percent']} %")
    for element in score["elements"]:
        if element["have"] < element["of"]:
            print(f"  {element['element']}: {element['have']} of {element['of']}")


if __name__ == "__main__":
    main()
