"""Looking at registries."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import cache_guardian as cache
from conftest import Prepare

OCI = "application/vnd.oci.image"


class Harbor(BaseHTTPRequestHandler):
    """An image with what Harbor's scanner found in it. Whoever asks for tags comes at a bad time."""

    config = {"mediaType": f"{OCI}.config.v1+json", "digest": "sha256:" + "1" * 64, "size": 2}
    manifest = {"schemaVersion": 2, "mediaType": f"{OCI}.manifest.v1+json", "config": config, "layers": []}
    digest = "sha256:" + hashlib.sha256(json.dumps(manifest).encode()).hexdigest()
    found = {"id": "CVE-2026-1", "package": "openssl", "version": "3.0.11-1", "severity": "Critical"}
    report = {"artifact": {"digest": digest}, "scanner": {"name": "Trivy"}, "vulnerabilities": [found]}
    answers: dict[str, Any] = {
        f"manifests/{digest}": manifest,
        f"artifacts/{digest}": {"digest": digest, "scan_overview": {"report": {"scan_status": "Success"}}},
        "additions/vulnerabilities": {"application/vnd.security.vulnerability.report; version=1.1": report},
    }
    tries = 0

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        answer = next((answer for end, answer in Harbor.answers.items() if path.endswith(end)), None)
        Harbor.tries += path.endswith("/tags/list")
        body = json.dumps(answer).encode()
        self.send_response(503 if answer is None else 200)
        self.send_header("content-type", f"{OCI}.manifest.v1+json" if "manifests/" in path else "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def test_each_question_is_one_call(prepare: Prepare) -> None:
    prepare("promote-signed")
    registries = cache.Registries()
    assert "v1" in registries.tags("oci:source")
    digest = registries.digest("oci:source:v1")
    manifest = registries.manifest("oci:source:v1")
    assert digest == "sha256:" + hashlib.sha256(manifest).hexdigest()
    config = registries.config(f"oci:source@{digest}")
    assert json.loads(manifest)["config"]["digest"] == "sha256:" + hashlib.sha256(config).hexdigest()
    seen = registries.inspect("oci:source:v1")
    assert seen["Digest"] == digest and "v1" in seen["RepoTags"]
    assert seen["Layers"] == [layer["Digest"] for layer in seen["LayersData"]]
    for referrer in registries.referrers("oci:source:v1"):
        about = json.loads(registries.manifest(f"oci:source@{referrer['digest']}"))["subject"]
        assert about["digest"] == digest
    assert asyncio.run(awaited(registries)) == (digest, manifest, config, seen)


async def awaited(registries: cache.Registries) -> tuple[str, bytes, bytes, cache.Inspection]:
    assert "v1" in await registries.tags_async("oci:source")
    assert isinstance(await registries.referrers_async("oci:source:v1"), list)
    return (
        await registries.digest_async("oci:source:v1"),
        await registries.manifest_async("oci:source:v1"),
        await registries.config_async("oci:source:v1"),
        await registries.inspect_async("oci:source:v1"),
    )


def test_a_blob_is_given_whole_and_only_as_it_is_named(prepare: Prepare) -> None:
    prepare("promote-signed")
    registries = cache.Registries()
    named: cache.Descriptor = json.loads(registries.manifest("oci:source:v1"))["config"]
    config = registries.blob("oci:source", named)
    assert config == registries.config("oci:source:v1") == asyncio.run(later(registries, named))
    for wrong in ({"size": named["size"] + 1}, {"digest": "sha256:" + "0" * 64}, {"size": 1 << 40}):
        other: Any = {**named, **wrong}
        with pytest.raises(cache.CacheError):
            registries.blob("oci:source", other)
    with pytest.raises(cache.Invalid):
        registries.blob("oci:source", {"digest": named["digest"]})  # type: ignore[typeddict-item]


async def later(registries: cache.Registries, named: cache.Descriptor) -> bytes:
    return await registries.blob_async("oci:source", named)


def test_what_a_registry_found_is_a_report_and_patience_is_said(prepare: Prepare) -> None:
    prepare("promote-signed")
    with pytest.raises(cache.Unsupported):
        cache.Registries().findings("oci:source:v1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Harbor) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"127.0.0.1:{server.server_port}"
        entry: cache.Registry = {"host": host, "system": "harbor", "api": f"http://{host}/api/v2.0"}
        entry["login"] = {"user": "u", "password": "p"}
        image = f"{host}/p/a@{Harbor.digest}"
        report = cache.Registries({"registries": [entry]}).findings(image)
        assert [found["id"] for found in report["findings"]] == ["CVE-2026-1"]
        assert report["subjects"] == [Harbor.digest]
        assert asyncio.run(awaited_findings(entry, image)) == report
        for attempts in (1, 3):
            entry["patience"] = {"attempts": attempts, "firstPauseSeconds": 0}
            Harbor.tries = 0
            with pytest.raises(cache.Unavailable):
                cache.Registries({"registries": [entry]}).tags(f"{host}/p/a")
            assert Harbor.tries == attempts
        server.shutdown()


async def awaited_findings(entry: cache.Registry, image: str) -> cache.Report:
    return await cache.Registries({"registries": [entry]}).findings_async(image)


def test_errors_are_told_by_kind(prepare: Prepare) -> None:
    prepare("promote-signed")
    registries = cache.Registries()
    with pytest.raises(cache.NotFound):
        registries.digest("oci:source:v9")
    with pytest.raises(cache.Invalid):
        registries.inspect("oci:source:v1", platform="linux")
    with pytest.raises(cache.Invalid):
        cache.Registries({"registry": []})  # type: ignore[arg-type]


def test_a_login_is_handed_on(tmp_path: Path) -> None:
    login: cache.RegistryLogin = {"user": "u", "password": "hunter2"}
    registries = cache.Registries({"registries": [{"host": "r.test", "login": login}]})
    assert registries.login("r.test") == {"user": "u", "password": "hunter2"}
    registries.save_login("r.test", path=tmp_path / "config.json")
    assert list(json.loads((tmp_path / "config.json").read_bytes())["auths"]) == ["r.test"]
    assert "hunter2" not in repr(registries)
