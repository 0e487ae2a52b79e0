"""SBOMs made of images and folders."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

import cache_guardian as cache
from conftest import ROOT

AT = "2026-01-31T12:00:00Z"


def module(name: str, version: str) -> tuple[str, bytes]:
    return f"app/node_modules/{name}/package.json", json.dumps({"name": name, "version": version}).encode()


def layer(*files: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path, content in files:
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), mtime=0)


def layout(folder: Path, *layers: bytes, platforms: tuple[str, ...] = (), config: bytes = b"{}") -> str:
    """Writes an image, or an index of the same image for several platforms, and returns its reference."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)

    def blob(media_type: str, content: bytes) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}

    oci = "application/vnd.oci.image."
    manifest: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": f"{oci}manifest.v1+json",
        "config": blob(f"{oci}config.v1+json", config),
        "layers": [blob(f"{oci}layer.v1.tar+gzip", content) for content in layers],
    }
    image = blob(f"{oci}manifest.v1+json", json.dumps(manifest).encode())
    if platforms:
        children = [
            {**image, "platform": dict(zip(("os", "architecture"), name.split("/")))} for name in platforms
        ]
        index = {"schemaVersion": 2, "mediaType": f"{oci}index.v1+json", "manifests": children}
        image = blob(f"{oci}index.v1+json", json.dumps(index).encode())
    named = {**image, "annotations": {"org.opencontainers.image.ref.name": "v1"}}
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [named]}))
    return f"oci:{folder}:v1"


def purls(sbom: cache.Sbom) -> list[str]:
    return [package["purl"] for package in sbom.find({"type": "npm"}) if "purl" in package]


def test_an_image_is_read_and_the_watcher_sees_layers_bytes_and_packages(tmp_path: Path) -> None:
    layers = [layer(module("web", "1.0.0")), layer(module("lodash", "4.17.21"))]
    image = layout(tmp_path / "image", *layers)
    seen: list[cache.GenerateProgress] = []
    request: cache.GenerateRequest = {"image": image, "layerCache": str(tmp_path / "kept"), "clock": AT}
    sbom = cache.Sbom.generate(request, progress=seen.append)
    assert sorted(purls(sbom)) == ["pkg:npm/lodash@4.17.21", "pkg:npm/web@1.0.0"]
    begun = {news["digest"]: news["size"] for news in seen if news["kind"] == "layer"}
    read = sum(news["read"] for news in seen if news["kind"] == "bytes")
    assert len(begun) == 2 and read == sum(begun.values()) == sum(map(len, layers))
    assert seen[-1] == {"kind": "packages", "count": len(sbom.data["packages"])}

    # What is known of a layer is not read again, and the same image gives the same document.
    seen.clear()
    again = cache.Sbom.generate(request, progress=seen.append)
    assert [news["known"] for news in seen if news["kind"] == "layer"] == [True, True]
    assert not any(news["kind"] == "bytes" for news in seen)
    assert again.write("spdx-2.3") == sbom.write("spdx-2.3")


def test_an_awaited_call_makes_the_same(tmp_path: Path) -> None:
    image = layout(tmp_path / "image", layer(module("web", "1.0.0")))
    seen: list[cache.GenerateProgress] = []

    def progress(news: cache.GenerateProgress) -> None:
        assert asyncio.get_running_loop()
        seen.append(news)

    async def main() -> cache.Sbom:
        return await cache.Sbom.generate_async({"image": image, "clock": AT}, progress=progress)

    assert asyncio.run(main()).data == cache.Sbom.generate({"image": image, "clock": AT}).data
    assert seen[-1]["kind"] == "packages"


def test_what_a_watcher_raises_stops_the_work(tmp_path: Path) -> None:
    image = layout(tmp_path / "image", layer(module("web", "1.0.0")))

    def stop(news: cache.GenerateProgress) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        cache.Sbom.generate({"image": image}, progress=stop)
    with pytest.raises(KeyError, match="enough"):
        asyncio.run(cache.Sbom.generate_async({"image": image}, progress=stop))


def test_an_index_needs_a_platform(tmp_path: Path) -> None:
    image = layout(tmp_path / "image", layer(module("web", "1.0.0")), platforms=("linux/amd64", "linux/arm64"))
    with pytest.raises(cache.Invalid, match="several platforms"):
        cache.Sbom.generate({"image": image})
    assert purls(cache.Sbom.generate({"image": image, "platform": "linux/arm64"})) == ["pkg:npm/web@1.0.0"]
    with pytest.raises(cache.NotFound):
        cache.Sbom.generate({"image": image, "platform": "linux/s390x"})


def test_an_image_that_is_there_alone_is_for_the_platform_that_it_says(tmp_path: Path) -> None:
    image = layout(
        tmp_path / "image", layer(module("web", "1.0.0")), config=b'{"os": "linux", "architecture": "amd64"}'
    )
    assert purls(cache.Sbom.generate({"image": image, "platform": "linux/amd64"})) == ["pkg:npm/web@1.0.0"]
    with pytest.raises(cache.NotFound, match="linux/amd64"):
        cache.Sbom.generate({"image": image, "platform": "linux/arm64"})
    silent = layout(tmp_path / "silent", layer(module("web", "1.0.0")))
    with pytest.raises(cache.NotFound, match="does not say"):
        cache.Sbom.generate({"image": silent, "platform": "linux/amd64"})
    assert purls(cache.Sbom.generate({"image": silent})) == ["pkg:npm/web@1.0.0"]


def test_a_folder_is_read(tmp_path: Path) -> None:
    lock = {"lockfileVersion": 3, "packages": {"node_modules/web": {"version": "1.0.0"}}}
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    assert purls(cache.Sbom.generate({"folder": str(tmp_path)})) == ["pkg:npm/web@1.0.0"]


def test_paths_are_passed_over_and_limits_are_said(tmp_path: Path) -> None:
    for name in ("web", "vendor"):
        lock = {"lockfileVersion": 3, "packages": {f"node_modules/{name}": {"version": "1.0.0"}}}
        (tmp_path / name).mkdir()
        (tmp_path / name / "package-lock.json").write_text(json.dumps(lock))
    request: cache.GenerateRequest = {"folder": str(tmp_path), "without": ["vendor"], "limits": {"entries": 3}}
    assert purls(cache.Sbom.generate(request)) == ["pkg:npm/web@1.0.0"]
    with pytest.raises(cache.Invalid, match="too many files"):
        cache.Sbom.generate({**request, "limits": {"entries": 2}})


def test_a_request_that_contradicts_itself_is_invalid(tmp_path: Path) -> None:
    image = layout(tmp_path / "image", layer(module("web", "1.0.0")))
    folder = str(tmp_path)
    contradictions: list[Any] = [
        {},
        {"image": image, "folder": folder},
        {"folder": folder, "platform": "linux/amd64"},
        {"image": image, "platform": "linux"},
        {"image": image, "program": "/bin/true"},
        {"image": image, "generator": "syft", "layerCache": folder},
        {"folder": folder, "generator": "syft", "without": ["vendor"]},
        {"folder": folder, "generator": "trivy", "limits": {}},
        {"folder": folder, "limits": {"entry": 1}},
        {"image": image, "without": ["vendor"]},
        {"image": image, "generator": "nobody"},
        {"imag": image},
    ]
    for request in contradictions:
        with pytest.raises(cache.Invalid):
            cache.Sbom.generate(request)


def test_bytes_that_are_others_give_no_sbom(tmp_path: Path) -> None:
    packed = layer(module("web", "1.0.0"))
    image = layout(tmp_path / "image", packed)
    blob = tmp_path / "image" / "blobs" / "sha256" / hashlib.sha256(packed).hexdigest()
    blob.write_bytes(bytes(len(packed)))
    with pytest.raises(cache.CacheError):
        cache.Sbom.generate({"image": image})


def test_the_example_makes_an_sbom_and_answers_of_it(tmp_path: Path) -> None:
    image = layout(tmp_path / "image", layer(module("web", "1.0.0")))
    out = tmp_path / "sbom.json"
    command = [sys.executable, str(ROOT / "examples" / "python" / "sbom.py"), image, "--write", "spdx-2.3", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    assert cache.Sbom.parse(out.read_bytes()).count()["byType"]["npm"] == 1
