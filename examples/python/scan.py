#!/usr/bin/env python3
"""Looks for vulnerabilities in SBOMs, images and folders, by Cache's own scanner or by others, and says where they differ.

    python scan.py --database cache.db --update PyPI,npm           fetches OSV's archives of these and makes the database
    python scan.py --database cache.db --build DIR                 makes it of OSV's archives that are here
    python scan.py --database cache.db SBOM.json                   what is known of its packages
    python scan.py --database cache.db docker://HOST/REPO:TAG      the same of an image; also oci:PATH:TAG, and dir:PATH
    python scan.py --database cache.db --also grype SBOM.json      what another scanner says, and where the two differ
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cache_guardian as cache


def main() -> None:
    parser = argparse.ArgumentParser(description="Looks for vulnerabilities.")
    parser.add_argument("target", nargs="?", help="an SBOM, an image, or dir:PATH")
    parser.add_argument("--database", required=True, help="the database of Cache's own scanner")
    parser.add_argument("--update", metavar="ECOSYSTEMS", help="OSV's names of what to fetch, with commas between")
    parser.add_argument("--osv", help="the address of a mirror of OSV's archives")
    parser.add_argument("--build", metavar="DIR", help="a folder of OSV's archives")
    parser.add_argument("--also", action="append", default=[], choices=["grype", "trivy"], help="ask this program too")
    asked = parser.parse_args()

    if asked.build:
        cache.Database.build({"path": asked.database, "osv": [asked.build]})
    if asked.update:
        source: cache.OsvSource = {"ecosystems": asked.update.split(",")}
        if asked.osv:
            source["address"] = asked.osv
        updated = cache.Database.update({"path": asked.database, "osv": source}, progress=tell)
        print(f"{updated['info']['advisories']} advisories{', as before' * (not updated['changed'])}", file=sys.stderr)
    if asked.target:
        scanners: list[cache.ScannerConfig] = [{"database": asked.database}]
        for name in asked.also:
            scanners.append({"scanner": name})
        show(cache.merge_reports([scan(cache.Scanner(scanner), asked.target) for scanner in scanners]))


def scan(scanner: cache.Scanner, target: str) -> cache.Report:
    if Path(target).is_file():
        return scanner.scan_sbom(cache.Sbom.parse(Path(target).read_bytes()))
    if target.startswith("dir:"):
        return scanner.scan({"folder": target[len("dir:") :]})
    return scanner.scan({"image": target})


def tell(news: cache.DatabaseProgress) -> None:
    if news["kind"] == "download":
        print(f"{news['what']}: {news.get('size', '?')} bytes, {news['already']} are here", file=sys.stderr)
    elif news["kind"] == "unchanged":
        print(f"{news['what']}: unchanged", file=sys.stderr)


def show(merged: cache.MergedReport) -> None:
    for finding in merged["findings"]:
        fixes = sorted({said["finding"].get("fixedIn", "-") for said in finding["said"]})
        print(finding["severity"], finding["id"], finding["package"], ", ".join(finding["versions"]), ", ".join(fixes))
        for difference in finding.get("differences", []):
            print(f"    {difference['kind']} ({difference['why']}): {difference['message']}")


if __name__ == "__main__":
    main()
