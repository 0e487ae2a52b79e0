#!/usr/bin/env python3
"""Where the scanners differ about the same packages and the same advisories.

    compare.py NAMES KNOWN SET CACHE TARGET NAME=FILE...

NAMES says which names are one vulnerability; CACHE is Cache's own report of TARGET (an SBOM or an image) as JSON, each FILE that of the scanner NAME: `grype`,
`osv-scanner`, `trivy`, or of Cache itself with another database. A finding is a package with its version and a vulnerability under whichever of its names, with the
version that has the fix where both say one. KNOWN lists explained differences, a line each: set, scanner, package, vulnerability,
what differs (`only-cache`, `only-peer`, `fix`), the row of docs/parity.md. Fails on a difference that is not listed, and
on a line that is no difference any more. A vulnerability of `*` stands for all of the package.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from urllib.parse import unquote


def key(purl: str, name: str, version: str) -> str:
    """Type, namespace, name and version; without a purl, name and version."""
    body = unquote(purl.split("?")[0].split("#")[0].removeprefix("pkg:")) or f"{name}@{version}"
    return body.lower()


def cache(document: dict):
    for finding in document["findings"]:
        yield key(finding.get("purl", ""), finding["package"], finding["version"]), finding["id"], finding.get("fixedIn", "")


def grype(document: dict):
    for match in document["matches"]:
        artifact, vulnerability = match["artifact"], match["vulnerability"]
        fixes = vulnerability["fix"].get("versions") or []
        yield key(artifact.get("purl", ""), artifact["name"], artifact["version"]), vulnerability["id"], ", ".join(fixes)


def osv_scanner(document: dict, purls: dict[str, list[str]], names: dict[str, str], mine: dict):
    for found in (package for result in document.get("results") or [] for package in result["packages"]):
        package = found["package"]
        shown = f"{package['ecosystem'].split(':')[0]}/{package['name']}@{package['version']}"
        of = [key(purl, "", "") for purl in purls.get(shown.lower(), [])] or [shown.lower()]
        for identifier in (group["ids"][0] for group in found["groups"]):
            # Where several packages are shown alike, it is the one that has the vulnerability.
            likely = [one for one in of if (one, names.get(identifier, identifier)) in mine]
            yield (likely or of)[0], identifier, ""


def trivy(document: dict):
    for result in document.get("Results") or []:
        for found in result.get("Vulnerabilities") or []:
            purl = found.get("PkgIdentifier", {}).get("PURL", "")
            yield key(purl, found["PkgName"], found["InstalledVersion"]), found["VulnerabilityID"], found.get("FixedVersion", "")


OSV_NAMES = {
    "cargo": "crates.io", "golang": "Go", "maven": "Maven", "npm": "npm", "nuget": "NuGet", "composer": "Packagist",
    "pypi": "PyPI", "gem": "RubyGems", "deb": "Debian", "apk": "Alpine", "rpm": "Rocky Linux",
}


def purls_of(sbom: dict) -> dict[str, list[str]]:
    """OSV's scanner writes no purls: they are found again by its own names, and by the last part, which is what it shows of some."""
    found: dict[str, list[str]] = {}
    for component in sbom["components"]:
        purl = component.get("purl")
        if purl:
            kind, _, rest = unquote(purl.removeprefix("pkg:").split("?")[0]).partition("/")
            name, _, version = rest.rpartition("@") if "@" in rest[1:] else (rest, "", "")
            if kind in ("deb", "apk", "rpm"):
                name = name.partition("/")[2]
            name = name.replace("/", ":") if kind == "maven" else name
            for spelled in {version, version.removeprefix("v"), version.removeprefix("go")}:
                for shown in (name, name.replace(":", "/").rpartition("/")[2]):
                    found.setdefault(f"{OSV_NAMES[kind]}/{shown}@{spelled}".lower(), []).append(purl)
    return found


def main() -> None:
    names = json.loads(Path(sys.argv[1]).read_text())
    known, wanted, own = Path(sys.argv[2]), sys.argv[3], json.loads(Path(sys.argv[4]).read_text())
    target = Path(sys.argv[5])

    def gathered(findings) -> dict[tuple[str, str], set[str]]:
        found: dict[tuple[str, str], set[str]] = {}
        for package, identifier, fix in findings:
            fixes = {part.strip().removeprefix("v") for part in fix.split(",") if part.strip()}
            found.setdefault((package, names.get(identifier, identifier)), set()).update(fixes)
        return found

    mine = gathered(cache(own))
    failed = False
    for given in sys.argv[6:]:
        scanner, path = given.split("=", 1)
        document = json.loads(Path(path).read_text())
        if scanner == "osv-scanner":
            theirs = gathered(osv_scanner(document, purls_of(json.loads(target.read_text())), names, mine))
        else:
            theirs = gathered({"grype": grype, "trivy": trivy}.get(scanner, cache)(document))
        both = mine.keys() & theirs.keys()
        seen = {(*pair, "only-cache") for pair in mine.keys() - both} | {(*pair, "only-peer") for pair in theirs.keys() - both}
        seen |= {(*pair, "fix") for pair in both if mine[pair] and theirs[pair] and not mine[pair] & theirs[pair]}
        explained = set()
        for line in known.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                of, by, package, identifier, what, _why = line.split("\t")
                if (of, by) == (wanted, scanner):
                    explained.add((package, identifier, what))
        whole = {(package, what) for package, identifier, what in explained if identifier == "*"}
        new = {one for one in seen - explained if (one[0], one[2]) not in whole}
        stale = {one for one in explained - seen if one[1] != "*"}
        stale |= {(package, "*", what) for package, what in whole if not any((s[0], s[2]) == (package, what) for s in seen)}
        print(f"{wanted}: Cache {len(mine)}, {scanner} {len(theirs)}, both {len(both)}, explained {len(seen) - len(new)}")
        for title, some in (("not explained", new), ("no difference any more", stale)):
            for package, identifier, what in sorted(some):
                print(f"  {title}: {wanted}\t{scanner}\t{package}\t{identifier}\t{what}")
                failed = True
    sys.exit(failed)


main()
