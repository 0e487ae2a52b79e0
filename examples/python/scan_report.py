#!/usr/bin/env python3
"""Says whether an image may go on as far as its vulnerabilities are concerned, and writes the reports that people and tools read.

    python scan_report.py --report REPORT.json [--report ...] [--vex VEX.json ...] [--sbom SBOM.json]
        [--policy POLICY.yaml] [--environment prod] [--image NAME] [--out DIR --format html --format sarif ...]

A REPORT is that of Grype, of Trivy or of Cache. The exit code is 0 where the image may go on, 2 where it may not, 1 where that
cannot be told.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import cache_guardian as cache

ENDINGS = {"markdown": "md", "table": "txt", "junit": "junit.xml", "html": "html"}


def main() -> int:
    parser = argparse.ArgumentParser(description="Judges the vulnerabilities of an image.")
    parser.add_argument("--report", action="append", required=True, help="a scanner's JSON")
    parser.add_argument("--vex", action="append", default=[], help="OpenVEX, CycloneDX or CSAF that you trust")
    parser.add_argument("--sbom", action="append", default=[], help="says in which layers the packages are")
    parser.add_argument("--policy", help="a policy file")
    parser.add_argument("--environment", help="the environment whose rules apply, prod if not given")
    parser.add_argument("--image", help="the image's name, with or without its digest")
    parser.add_argument("--clock", help="the time at which it is judged, now if not given")
    parser.add_argument("--out", type=Path, default=Path("."), help="the folder for the reports")
    parser.add_argument("--format", action="append", default=[], help="json, sarif, junit, gitlab, cyclonedx, markdown, html")
    asked = parser.parse_args()

    documents: list[cache.Given] = []
    documents += [{"kind": "report", "path": path} for path in asked.report]
    documents += [{"kind": "vex", "path": path} for path in asked.vex]
    documents += [{"kind": "sbom", "path": path} for path in asked.sbom]
    request: cache.AssessRequest = {
        "image": asked.image,
        "policy": asked.policy,
        "environment": asked.environment,
        "clock": asked.clock,
    }
    assessment = cache.assess(documents, request)

    for name in asked.format:
        ending = ENDINGS.get(name, "json" if name == "json" else f"{name}.json")
        path = asked.out / f"scan-report.{ending}"
        path.write_bytes(assessment.write(name))
        print(path, file=sys.stderr)
    width = shutil.get_terminal_size().columns
    print(assessment.write("table", width=width).decode(), end="")
    return 0 if assessment.allows else 2


if __name__ == "__main__":
    try:
        sys.exit(main())
    except cache.CacheError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
