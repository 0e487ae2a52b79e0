#!/usr/bin/env python3
"""Answers what people ask of an SBOM, in whatever format it is.

    python sbom.py SBOM.json                    what is in it
    python sbom.py SBOM.json --why lodash       why a package is there
    python sbom.py SBOM.json --license 'GPL-*'  which packages have such a licence
    python sbom.py OLD.json --to NEW.json       what changed
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cache_guardian as cache


def main() -> None:
    parser = argparse.ArgumentParser(description="Answers what people ask of an SBOM.")
    parser.add_argument("sbom", type=Path)
    parser.add_argument("--why", help="the name, purl or id of a package")
    parser.add_argument("--license", help="a pattern of SPDX identifiers")
    parser.add_argument("--to", type=Path, help="a later SBOM")
    asked = parser.parse_args()
    sbom = cache.Sbom.parse(asked.sbom.read_bytes())

    if asked.why:
        for path in sbom.paths(asked.why)["paths"]:
            print(" -> ".join(f"{step['name']} {step['version'] or ''}".strip() for step in path))
    elif asked.license:
        for package in sbom.find({"license": asked.license}):
            print(package["name"], package.get("version", ""), " AND ".join(package["licenses"]))
    elif asked.to:
        diff = sbom.diff(cache.Sbom.parse(asked.to.read_bytes()))
        for package in diff["added"]:
            print(f"+ {package['name']} {package.get('version', '')}")
        for package in diff["removed"]:
            print(f"- {package['name']} {package.get('version', '')}")
        for change in diff["versions"]:
            print(f"  {change['name']} {change['before']} -> {change['after']}")
    else:
        show(sbom)


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
