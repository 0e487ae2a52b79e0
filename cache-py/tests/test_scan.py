"""Databases made and updated, scans by Cache's own scanner and by programs, and reports merged."""

from __future__ import annotations

import asyncio
import http.server
import json
import stat
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import referencing

import cache_guardian as cache
from conftest import ROOT
from test_generate import layer, layout, module
from test_schemas import schema

PURL = "pkg:npm/lodash@4.17.15"


def record(identifier: str, fixed: str = "4.17.21") -> dict[str, Any]:
    events = [{"introduced": "0"}, {"fixed": fixed}]
    affected = [
        {"package": {"ecosystem": "npm", "name": "lodash"}, "ranges": [{"type": "SEMVER", "events": events}]},
    ]
    return {
        "id": identifier,
        "modified": "2026-01-02T03:04:05Z",
        "aliases": ["CVE-2026-1"],
        "database_specific": {"severity": "HIGH"},
        "affected": affected,
    }


def archive(folder: Path, *records: dict[str, Any]) -> Path:
    """OSV's archives as a folder."""
    (folder / "npm").mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "npm" / "all.zip", "w") as file:
        for one in records:
            file.writestr(f"{one['id']}.json", json.dumps(one))
    return folder


def sbom() -> cache.Sbom:
    component = {"type": "library", "name": "lodash", "version": "4.17.15", "purl": PURL}
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [component]}
    return cache.Sbom.parse(json.dumps(document).encode())


@pytest.fixture
def database(tmp_path: Path) -> str:
    path = str(tmp_path / "cache.db")
    info = cache.Database.build({"path": path, "osv": [str(archive(tmp_path / "osv", record("GHSA-1")))]})
    assert info["advisories"] == 1 and info["ecosystems"] == {"npm": 1} and info["sources"][0]["name"] == "osv"
    return path


class Server(http.server.ThreadingHTTPServer):
    """Serves a folder; while it is `broken` each file ends in its middle."""

    broken = False


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "served"
    folder.mkdir()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = folder / self.path.lstrip("/")
            if not path.is_file():
                self.send_error(404)
                return
            content = path.read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if served.broken else content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    served = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    yield served
    served.shutdown()
    served.server_close()


def test_an_sbom_an_image_and_a_folder_are_scanned(database: str, tmp_path: Path) -> None:
    scanner = cache.Scanner({"database": database})
    assert scanner.info["name"] == "cache" and scanner.info["dataAsOf"] == "2026-01-02T03:04:05Z"
    [finding] = scanner.scan_sbom(sbom())["findings"]
    assert (finding["id"], finding["severity"], finding["fixedIn"]) == ("CVE-2026-1", "high", "4.17.21")

    image = layout(tmp_path / "image", layer(module("lodash", "4.17.15")))
    seen: list[cache.GenerateProgress] = []
    report = scanner.scan({"image": image, "clock": "2026-01-31T12:00:00Z"}, progress=seen.append)
    assert [found["id"] for found in report["findings"]] == ["CVE-2026-1"]
    assert report["scannedAt"] == "2026-01-31T12:00:00Z" and len(report["subjects"]) == 1
    assert seen[-1]["kind"] == "packages"
    both = asyncio.run(awaited(scanner, image))
    assert both[0]["findings"] == report["findings"] and both[1]["findings"] == [finding]

    def stop(news: cache.GenerateProgress) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        asyncio.run(scanner.scan_async({"image": image}, progress=stop))

    (tmp_path / "folder").mkdir()
    lock = {"lockfileVersion": 3, "packages": {"node_modules/lodash": {"version": "4.17.15"}}}
    (tmp_path / "folder" / "package-lock.json").write_text(json.dumps(lock))
    assert len(scanner.scan({"folder": str(tmp_path / "folder")})["findings"]) == 1


async def awaited(scanner: cache.Scanner, image: str) -> tuple[cache.Report, cache.Report]:
    return await scanner.scan_async({"image": image}), await scanner.scan_sbom_async(sbom())


def test_a_database_says_what_it_is_and_a_damaged_one_is_refused(database: str, tmp_path: Path) -> None:
    opened = cache.Database.open(database)
    opened.verify()
    assert opened.info["packages"] == 1 and opened.digest.startswith("sha256:")
    again = tmp_path / "again.db"
    asyncio.run(built({"path": str(again), "osv": [str(tmp_path / "osv")]}))
    assert cache.Database.open(again).digest == opened.digest
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(Path(database).read_bytes()[:-1])
    with pytest.raises(cache.Untrusted):
        cache.Database.open(str(damaged))
    with pytest.raises(cache.NotFound):
        cache.Scanner({"database": str(tmp_path / "absent.db")})


async def built(request: cache.DatabaseBuildRequest) -> cache.DatabaseInfo:
    return await cache.Database.build_async(request)


def test_an_update_fetches_what_changed_and_what_fails_leaves_the_old_one(server: Server, tmp_path: Path) -> None:
    served, path = tmp_path / "served", str(tmp_path / "cache.db")
    archive(served, record("GHSA-1"))
    address = f"http://127.0.0.1:{server.server_port}"
    request: cache.DatabaseUpdateRequest = {"path": path, "osv": {"address": address, "ecosystems": ["npm"]}}
    seen: list[cache.DatabaseProgress] = []
    assert cache.Database.update(request, progress=seen.append)["changed"]
    assert [news["kind"] for news in seen if news["kind"] != "bytes"] == ["download", "build", "built"]
    assert not asyncio.run(updated(request))["changed"]

    archive(served, record("GHSA-1"), record("GHSA-2"))
    unknown: cache.DatabaseUpdateRequest = {**request, "osv": {"address": address, "ecosystems": ["npm", "PyPI"]}}
    with pytest.raises(cache.NotFound):
        cache.Database.update(unknown)

    def stop(news: cache.DatabaseProgress) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        cache.Database.update(request, progress=stop)
    with pytest.raises(KeyError, match="enough"):
        asyncio.run(cache.Database.update_async(request, progress=stop))
    assert cache.Database.open(path).info["advisories"] == 1
    assert cache.Database.update(request)["info"]["advisories"] == 2


async def updated(request: cache.DatabaseUpdateRequest) -> cache.DatabaseUpdated:
    return await cache.Database.update_async(request)


def test_an_awaited_update_is_cancelled(server: Server, tmp_path: Path) -> None:
    archive(tmp_path / "served", record("GHSA-1"))
    server.broken = True
    address = f"http://127.0.0.1:{server.server_port}"

    async def main() -> None:
        request: cache.DatabaseUpdateRequest = {
            "path": str(tmp_path / "cache.db"),
            "osv": {"address": address, "ecosystems": ["npm"]},
        }
        # The download breaks, and is tried again after a second.
        await asyncio.wait_for(updated(request), 0.5)

    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(main())
    assert not (tmp_path / "cache.db").exists()


def program(folder: Path, report: dict[str, Any]) -> str:
    path = folder / "scanner"
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(report)}\nEND\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def grype(severity: str) -> dict[str, Any]:
    vulnerability = {"id": "GHSA-1", "severity": severity, "fix": {"versions": ["4.17.21"], "state": "fixed"}}
    artifact = {"name": "lodash", "version": "4.17.15", "purl": PURL}
    return {
        "matches": [
            {
                "vulnerability": vulnerability,
                "relatedVulnerabilities": [{"id": "CVE-2026-1"}],
                "artifact": artifact,
            }
        ],
        "descriptor": {"name": "grype", "version": "0.1"},
    }


def test_programs_are_asked_and_reports_are_merged(database: str, tmp_path: Path) -> None:
    other = cache.Scanner({"scanner": "grype", "program": program(tmp_path, grype("Critical"))})
    assert other.info == {"name": "grype"}
    reports = [cache.Scanner({"database": database}).scan_sbom(sbom()), other.scan_sbom(sbom())]
    merged = cache.merge_reports(reports)
    [finding] = merged["findings"]
    assert finding["id"] == "CVE-2026-1" and finding["severity"] == "critical"
    assert [said["finding"]["id"] for said in finding["said"]] == ["CVE-2026-1", "GHSA-1"]
    assert [difference["kind"] for difference in finding["differences"]] == ["severity"]
    schemas = [schema("report-v1"), schema("merged-report-v1")]
    known = referencing.Registry().with_resources([(one["$id"], referencing.Resource.from_contents(one)) for one in schemas])
    jsonschema.Draft202012Validator(schemas[1], registry=known).validate(merged)

    assert cache.parse_report(json.dumps(grype("High")).encode())["scanner"] == "grype"
    with pytest.raises(cache.Invalid):
        other.scan({"folder": str(tmp_path), "generator": "syft"})
    with pytest.raises(cache.NotFound):
        cache.Scanner({"scanner": "trivy", "program": str(tmp_path / "absent")}).scan({"folder": str(tmp_path)})


def test_a_configuration_that_contradicts_itself_is_invalid(database: str) -> None:
    contradictions: list[Any] = [
        {},
        {"database": database, "program": "/bin/true"},
        {"scanner": "grype", "database": database},
        {"scanner": "nobody"},
        {"databas": database},
    ]
    for config in contradictions:
        with pytest.raises(cache.Invalid):
            cache.Scanner(config)
    with pytest.raises(cache.Invalid):
        cache.Database.update({"path": database})
    with pytest.raises(cache.Invalid):
        cache.Database.build({"path": database})


def test_the_example_makes_a_database_and_scans(server: Server, tmp_path: Path) -> None:
    archive(tmp_path / "served", record("GHSA-1"))
    document = tmp_path / "sbom.json"
    document.write_bytes(sbom().write("cyclonedx-1.6")[0])
    address = f"http://127.0.0.1:{server.server_port}"
    example = [sys.executable, str(ROOT / "examples" / "python" / "scan.py"), "--database", str(tmp_path / "cache.db")]
    done = subprocess.run(
        [*example, "--update", "npm", "--osv", address, str(document)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "high CVE-2026-1 lodash 4.17.15 4.17.21\n"
