#!/usr/bin/env python3
"""The same advisories for every scanner: as OSV's archives, as Grype's database and as Trivy's, with SBOMs to scan.

    databases.py OUT [FOLDER]

Writes to OUT: `osv/<ecosystem>/all.zip`, `grype.db` (to be given to `grype db import`), `trivy/db/{trivy.db,metadata.json}`,
`sboms/*.cdx.json` and `names.json` (which names are one vulnerability). The advisories are those of rules.json, which are made
up, and with FOLDER the records of OSV's archives that lie there. Real records are kept in OSV's form as they are; for the
other two their ranges are written as those write them, and ranges of commits are left out.
"""

from __future__ import annotations

import json
import re
import sqlite3
import sys
import zipfile
from pathlib import Path

import bolt

BUILT = "2026-11-24T00:00:00Z"
# OSV's name of an ecosystem: Grype's type of package and of version, Trivy's bucket, and the purl type.
LANGUAGES = {
    "crates.io": ("rust-crate", "semver", "cargo::GitHub Security Advisory Rust", "cargo"),
    "Go": ("go-module", "go", "go::GitHub Security Advisory Go", "golang"),
    "Maven": ("java-archive", "maven", "maven::GitHub Security Advisory Maven", "maven"),
    "npm": ("npm", "semver", "npm::GitHub Security Advisory npm", "npm"),
    "NuGet": ("dotnet", "semver", "nuget::GitHub Security Advisory NuGet", "nuget"),
    "Packagist": ("php-composer", "semver", "composer::GitHub Security Advisory Composer", "composer"),
    "PyPI": ("python", "python", "pip::GitHub Security Advisory pip", "pypi"),
    "RubyGems": ("gem", "gem", "rubygems::GitHub Security Advisory RubyGems", "gem"),
}
# The same for releases of distributions, with Grype's name, major and minor version.
SYSTEMS = {
    "Debian:12": ("deb", "dpkg", "debian 12", ("debian", "12", "")),
    "Alpine:v3.18": ("apk", "apk", "alpine 3.18", ("alpine", "3", "18")),
    "Rocky Linux:9": ("rpm", "rpm", "rocky 9", ("redhat", "9", "")),
}
SEVERITIES = {"low": 1, "medium": 2, "moderate": 2, "high": 3, "critical": 4}


def main(out: Path, folder: Path | None) -> None:
    rules = json.loads((Path(__file__).parent / "rules.json").read_text(encoding="utf-8"))
    records = {eco: [record(rule) for rule in rules["advisories"] if rule["ecosystem"] == eco] for eco in LANGUAGES | SYSTEMS}
    given: dict[str, list[dict]] = {}
    for archive in sorted(folder.glob("*/all.zip")) if folder else []:
        with zipfile.ZipFile(archive) as file:
            given[archive.parent.name] = [json.loads(file.read(name)) for name in sorted(file.namelist())]
    write_osv(out / "osv", records, given)
    entries = [entry for eco, some in records.items() for one in some for entry in of(one, eco)]
    entries += [entry for eco, some in given.items() for one in some for entry in of(one, eco)]
    write_grype(out / "grype.db", entries)
    write_trivy(out / "trivy" / "db", entries)
    write_sboms(out / "sboms", rules["packages"], given)
    everything = [one for some in [*records.values(), *given.values()] for one in some]
    (out / "names.json").write_text(json.dumps(names(everything), indent=1, sort_keys=True))
    print(f"{len(everything)} records, {len(entries)} entries")


def record(rule: dict) -> dict:
    """A rule in OSV's form."""
    events = []
    for introduced, end in rule["ranges"]:
        events.append({"introduced": introduced})
        if end:
            events.append({"last_affected": end[1:]} if end.startswith("=") else {"fixed": end})
    return {
        "id": rule["id"],
        "modified": BUILT,
        "aliases": rule.get("aliases", []),
        "affected": [
            {
                "package": {"ecosystem": rule["ecosystem"], "name": rule["package"]},
                "ranges": [{"type": "ECOSYSTEM", "events": events}],
            }
        ],
        "database_specific": {"severity": rule.get("severity", "high").upper()},
        **({"withdrawn": BUILT} if rule.get("withdrawn") else {}),
    }


def of(one: dict, ecosystem: str) -> list[dict]:
    """What a record says of the packages of an ecosystem, as pairs of where a range begins and how it ends."""
    found: dict[str, dict] = {}
    for affected in one.get("affected", []):
        package = affected.get("package", {})
        if package.get("ecosystem") != ecosystem or one.get("withdrawn"):
            continue
        entry = found.setdefault(package["name"], {"one": one, "ecosystem": ecosystem, "ranges": [], "versions": set()})
        ranges = [r for r in affected.get("ranges", []) if r["type"] != "GIT"]
        for events in (r["events"] for r in ranges):
            begin = None
            for event in events:
                if "introduced" in event:
                    begin = event["introduced"]
                elif begin is not None:
                    entry["ranges"].append((begin, event))
                    begin = None
            if begin is not None:
                entry["ranges"].append((begin, {}))
        if not ranges:
            entry["versions"].update(affected.get("versions", []))
    return [{**entry, "package": name} for name, entry in found.items() if entry["ranges"] or entry["versions"]]


def severity(one: dict) -> str:
    return str(one.get("database_specific", {}).get("severity") or "unknown").lower()


def write_osv(folder: Path, records: dict, given: dict) -> None:
    together: dict[str, list[dict]] = {}
    for ecosystem, some in [*records.items(), *given.items()]:
        together.setdefault(ecosystem.split(":")[0], []).extend(some)
    for ecosystem, some in together.items():
        (folder / ecosystem).mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(folder / ecosystem / "all.zip", "w", zipfile.ZIP_DEFLATED) as file:
            for one in sorted(some, key=lambda one: one["id"]):
                file.writestr(zipfile.ZipInfo(f"{one['id']}.json"), json.dumps(one))


def constraint(begin: str, end: dict, exact: str) -> str:
    parts = [f">={begin}"] if begin not in ("0", "") else []
    parts += [f"<{end['fixed']}"] if "fixed" in end else []
    parts += [f"<={end['last_affected']}"] if "last_affected" in end else []
    return exact.join(parts)


def name_of(entry: dict) -> str:
    return re.sub(r"[-_.]+", "-", entry["package"]).lower() if entry["ecosystem"] == "PyPI" else entry["package"]


def write_grype(path: Path, entries: list[dict]) -> None:
    path.unlink(missing_ok=True)
    db = sqlite3.connect(path)
    db.executescript(
        """
        create table db_metadata (build_timestamp datetime not null, model integer not null, revision integer not null,
            addition integer not null);
        create table blobs (id integer primary key autoincrement, value text not null);
        create table providers (id text primary key, version text, processor text, date_captured datetime, input_digest text);
        create table vulnerability_handles (id integer primary key autoincrement, name text not null, status text not null,
            published_date datetime, modified_date datetime, withdrawn_date datetime, provider_id text not null,
            blob_id integer);
        create table vulnerability_aliases (name text, alias text not null, primary key (name, alias));
        create table operating_systems (id integer primary key autoincrement, name text, release_id text, major_version text,
            minor_version text, label_version text, codename text, channel text, eol_date datetime, eoas_date datetime);
        create table packages (id integer primary key autoincrement, ecosystem text, name text);
        create table affected_package_handles (id integer primary key autoincrement, vulnerability_id integer not null,
            operating_system_id integer, package_id integer, blob_id integer);
        create table operating_system_specifier_overrides (alias text, version text, version_pattern text, codename text,
            channel text, replacement text, replacement_major_version text, replacement_minor_version text,
            replacement_label_version text, replacement_channel text, rolling numeric, applicable_client_db_schemas text);
        """
    )
    db.execute("insert into db_metadata values (?, 6, 1, 10)", (BUILT.replace("T", " ").replace("Z", "+00:00"),))
    # Without this Grype does not know that Rocky's packages are judged by Red Hat's advisories.
    for alias in ("rocky", "rockylinux"):
        row = (alias, "", "", "", "", "rhel", None, None, None, None, 0, "")
        db.execute(f"insert into operating_system_specifier_overrides values ({', '.join('?' * len(row))})", row)

    def add(table: str, *values: object) -> int:
        marks = ", ".join("?" for _ in values)
        return db.execute(f"insert into {table} values (null, {marks})", values).lastrowid

    def blob(value: dict) -> int:
        return add("blobs", json.dumps(value))

    handles: dict[tuple[str, str], int] = {}
    systems: dict[str, int] = {}
    packages: dict[tuple[str, str], int] = {}
    for entry in entries:
        one, ecosystem = entry["one"], entry["ecosystem"]
        system = SYSTEMS.get(ecosystem)
        kind, scheme = (system or LANGUAGES[ecosystem])[:2]
        provider = system[3][0] if system else "github"
        db.execute("insert or ignore into providers values (?, '1', 'parity', ?, 'xxh64:0')", (provider, BUILT))
        if (one["id"], provider) not in handles:
            said = {"id": one["id"], "description": one["id"], "aliases": one.get("aliases", [])}
            said["severities"] = [{"scheme": "CHML", "value": severity(one), "rank": 1}]
            handles[one["id"], provider] = add(
                "vulnerability_handles", one["id"], "active", None, None, None, provider, blob(said)
            )
            for alias in one.get("aliases", []):
                db.execute("insert or ignore into vulnerability_aliases values (?, ?)", (one["id"], alias))
        if system and ecosystem not in systems:
            name, major, minor = system[3]
            release = "rhel" if name == "redhat" else name
            systems[ecosystem] = add("operating_systems", name, release, major, minor, "", "", "", None, None)
        # To Grype's database names that differ in case are one.
        key = (kind, name_of(entry).lower())
        if key not in packages:
            packages[key] = add("packages", kind, name_of(entry))
        ranges = []
        for begin, end in entry["ranges"]:
            fix = {"version": end["fixed"], "state": "fixed"} if "fixed" in end else {"version": "", "state": "not-fixed"}
            ranges.append({"version": {"type": scheme, "constraint": constraint(begin, end, ",")}, "fix": fix})
        for version in sorted(entry["versions"]):
            fix = {"version": "", "state": "unknown"}
            ranges.append({"version": {"type": scheme, "constraint": f"= {version}"}, "fix": fix})
        add("affected_package_handles", handles[one["id"], provider], systems.get(ecosystem), packages[key], blob({"ranges": ranges}))
    db.commit()
    db.close()


def write_trivy(folder: Path, entries: list[dict]) -> None:
    root: dict = {"vulnerability": {}, "data-source": {}}
    said_of: dict = {}

    def dumped(value: object) -> bytes:
        return json.dumps(value).encode()

    for entry in entries:
        one, ecosystem = entry["one"], entry["ecosystem"]
        # Trivy's builder names a vulnerability by its CVE.
        cves = {name for name in [one["id"], *one.get("aliases", [])] if name.startswith("CVE-")}
        identifier = cves.pop() if len(cves) == 1 else one["id"]
        level = SEVERITIES.get(severity(one), 0)
        if ecosystem in SYSTEMS:
            bucket, source = SYSTEMS[ecosystem][2], SYSTEMS[ecosystem][3][0]
            fixed = [end["fixed"] for _, end in entry["ranges"] if "fixed" in end]
            said: dict = {"FixedVersion": fixed[-1]} if fixed else {"Status": 2, "Severity": level}
        else:
            bucket, source = LANGUAGES[ecosystem][2], "ghsa"
            fixed = [end["fixed"] for _, end in entry["ranges"] if "fixed" in end]
            ranges = [constraint(begin, end, ", ") or ">=0" for begin, end in entry["ranges"]]
            said = {"VulnerableVersions": ranges + [f"={version}" for version in sorted(entry["versions"])]}
            said |= {"PatchedVersions": fixed} if fixed else {}
        # Trivy's builder writes names of NuGet in lower case.
        name = name_of(entry).lower() if ecosystem == "NuGet" else name_of(entry)
        package = said_of.setdefault(bucket, {}).setdefault(name, {})
        for part, value in said.items():
            # Of several records about one vulnerability the ranges add up.
            known = package.setdefault(identifier, {})
            known[part] = [*known.get(part, []), *value] if isinstance(value, list) else value
        root["data-source"][bucket] = dumped({"ID": source, "Name": source, "URL": "https://example.com"})
        root["vulnerability"][identifier] = dumped({"Title": identifier, "Severity": list(SEVERITIES)[level - 1].upper() if level else "UNKNOWN", "VendorSeverity": {source: level}})
    for bucket, packages in said_of.items():
        root[bucket] = {name: {key: dumped(said) for key, said in some.items()} for name, some in packages.items()}
    folder.mkdir(parents=True, exist_ok=True)
    bolt.write(str(folder / "trivy.db"), root)
    dates = {"UpdatedAt": BUILT, "NextUpdate": "2036-01-01T00:00:00Z", "DownloadedAt": BUILT}
    (folder / "metadata.json").write_text(json.dumps({"Version": 2, **dates}))
    # Of an image with jars Trivy asks a second database, which knows them by their digests; an empty one knows none.
    java = folder.parent / "java-db"
    java.mkdir(exist_ok=True)
    (java / "metadata.json").write_text(json.dumps({"Version": 1, **dates}))
    db = sqlite3.connect(java / "trivy-java.db")
    db.executescript(
        "CREATE TABLE IF NOT EXISTS artifacts(id INTEGER PRIMARY KEY, group_id TEXT, artifact_id TEXT);"
        "CREATE TABLE IF NOT EXISTS indices(artifact_id INTEGER, version TEXT, sha1 BLOB, archive_type TEXT);"
    )
    db.close()


def write_sboms(folder: Path, packages: dict[str, list[str]], given: dict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, purls in packages.items():
        write_sbom(folder / f"{name}.cdx.json", name, purls)
    # Of the real records: of every so manieth package the version where a range begins, and the one that is fixed.
    purls = []
    for ecosystem, some in sorted(given.items()):
        chosen = {}
        for entry in (entry for one in some for entry in of(one, ecosystem)):
            for begin, end in entry["ranges"]:
                versions = [version for version in (begin, end.get("fixed"), end.get("last_affected")) if version and version != "0"]
                chosen.setdefault(entry["package"], versions)
        usable = sorted(name for name, versions in chosen.items() if versions)
        step = max(1, len(usable) // 190)
        for name in usable[::step][:190]:
            version = chosen[name][len(purls) % len(chosen[name])]
            version = f"v{version}" if ecosystem == "Go" and name not in ("stdlib", "toolchain") else version
            purls.append(f"pkg:{LANGUAGES[ecosystem][3]}/{name}@{version.replace('+', '%2B')}")
    if purls:
        write_sbom(folder / "real.cdx.json", "real", [*purls, "pkg:golang/stdlib@1.21.4"])


def write_sbom(path: Path, name: str, purls: list[str]) -> None:
    systems = {"debian": ("debian", "12"), "alpine": ("alpine", "3.18.4"), "rocky": ("rocky", "9.3")}
    components = []
    for at, purl in enumerate(purls):
        body = purl.removeprefix("pkg:").split("?")[0]
        body, _, version = body.rpartition("@") if "@" in body.split("/")[-1] else (body, "", "")
        kind, _, rest = body.partition("/")
        group, _, package = rest.rpartition("/")
        component = {"type": "library", "bom-ref": f"{at}-{purl}", "name": package, "purl": purl}
        component["version"] = version.replace("%2B", "+").replace("%5E", "^").replace("%7E", "~")
        if group and kind in ("npm", "maven", "composer", "golang"):
            component["group"] = group.replace("%40", "@")
        components.append(component)
    if name in systems:
        system, version = systems[name]
        components.append({"type": "operating-system", "bom-ref": "os", "name": system, "version": version})
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": name, "bom-ref": "root"}},
        "components": components,
        "dependencies": [{"ref": "root", "dependsOn": [component["bom-ref"] for component in components]}],
    }
    path.write_text(json.dumps(document, indent=1))


def names(records: list[dict]) -> dict[str, str]:
    """Each name of a vulnerability with the one that stands for all of its names."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for one in records:
        aliases = one.get("aliases", [])
        # A record about several vulnerabilities is none of them.
        several = sum(name.startswith("CVE-") for name in {one["id"], *aliases}) > 1
        for alias in aliases:
            if not (several and alias.startswith("CVE-")):
                a, b = root(one["id"]), root(alias)
                parent[max(a, b)] = min(a, b)
    return {name: root(name) for name in list(parent)}


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else None)
