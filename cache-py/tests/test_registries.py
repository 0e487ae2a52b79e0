"""Looking at registries."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path

import pytest

import cache_guardian as cache
from conftest import Prepare


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


def test_errors_are_told_by_kind(prepare: Prepare) -> None:
    prepare("promote-signed")
    registries = cache.Registries()
    with pytest.raises(cache.NotFound):
        registries.digest("oci:source:v9")
    with pytest.raises(cache.Invalid):
        registries.inspect("oci:source:v1", platform="linux")
    with pytest.raises(cache.Invalid):
        cache.Registries({"registry": []})  # type: ignore[typeddict-unknown-key]


def test_a_login_is_handed_on(tmp_path: Path) -> None:
    login: cache.RegistryLogin = {"user": "u", "password": "hunter2"}
    registries = cache.Registries({"registries": [{"host": "r.test", "login": login}]})
    assert registries.login("r.test") == {"user": "u", "password": "hunter2"}
    registries.save_login("r.test", path=tmp_path / "config.json")
    assert list(json.loads((tmp_path / "config.json").read_bytes())["auths"]) == ["r.test"]
    assert "hunter2" not in repr(registries)
