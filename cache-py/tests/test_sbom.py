"""SBOMs: read, asked, compared, merged."""

from __future__ import annotations

import json
from typing import Any

import pytest

import cache_guardian as cache


def document(version: str, license: str) -> bytes:
    def component(name: str, version: str) -> dict[str, Any]:
        return {
            "type": "library",
            "bom-ref": name,
            "name": name,
            "version": version,
            "purl": f"pkg:npm/{name}@{version}",
            "licenses": [{"expression": license}],
        }

    return json.dumps(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "components": [component("web", "1.0.0"), component("lodash", version)],
            "dependencies": [{"ref": "web", "dependsOn": ["lodash"]}],
        }
    ).encode()


def test_what_people_ask_of_an_sbom() -> None:
    sbom = cache.Sbom.parse(document("4.17.20", "MIT OR GPL-3.0-only"))
    assert sbom.format == "CycloneDX-1.6"
    assert (sbom.count()["packages"], sbom.count()["byType"]) == (2, {"npm": 2})
    assert [package["name"] for package in sbom.find({"purl": "pkg:npm/lodash"})] == ["lodash"]
    assert [package["name"] for package in sbom.find({"license": "GPL-*", "name": "w*"})] == ["web"]
    assert sbom.licenses()["identifiers"] == {"GPL-3.0-only": 2, "MIT": 2}
    assert sbom.data["packages"][1]["version"] == "4.17.20"
    assert not sbom.score()["complete"]
    assert [[step["name"] for step in path] for path in sbom.paths("lodash")["paths"]] == [["web", "lodash"]]
    assert sbom.paths("nothing", most=1) == {"found": 0, "paths": [], "more": False}
    assert [package["name"] for package in sbom.depends_on("web", transitive=True)] == ["lodash"]
    assert [package["name"] for package in sbom.dependents_of("pkg:npm/lodash")] == ["web"]
    assert repr(sbom) == "<Sbom CycloneDX-1.6, 2 packages>"


def test_an_sbom_is_converted() -> None:
    sbom = cache.Sbom.parse(document("4.17.20", "MIT"))
    written, _ = sbom.write("spdx-2.3")
    again = cache.Sbom.parse(written)
    assert again.format == "SPDX-2.3"
    assert (sbom.diff(again)["unchanged"], sbom.diff(again)["versions"]) == (2, [])
    with pytest.raises(cache.Invalid):
        sbom.write("word-97")


def test_an_sbom_is_xml_too_and_is_checked_by_the_letter() -> None:
    written, lost = cache.Sbom.parse(document("4.17.20", "MIT")).write("cyclonedx-1.6-xml")
    assert (lost, cache.Sbom.parse(written).format) == ([], "CycloneDX-1.6-xml")
    assert cache.Sbom.validate(written) == []
    broken = written.replace(b"<name>", b"<nome>").replace(b"</name>", b"</nome>")
    assert {finding["code"] for finding in cache.Sbom.validate(broken)} == {"missing-member", "unknown-element"}
    with pytest.raises(cache.Unsupported):
        cache.Sbom.validate(b"{}")


def test_two_sboms_are_compared_and_merged() -> None:
    before, after = (cache.Sbom.parse(document(*given)) for given in (("4.17.20", "MIT"), ("4.17.21", "MIT License")))
    diff = before.diff(after)
    change = {"name": "lodash", "purl": "pkg:npm/lodash", "before": "4.17.20", "after": "4.17.21"}
    assert (diff["versions"], diff["licenses"], diff["unchanged"]) == ([change], [], 1)
    merged = cache.Sbom.merge([before, after])
    assert merged.count()["packages"] == 3


def test_what_is_no_sbom_and_no_query_is_invalid() -> None:
    with pytest.raises(cache.Invalid):
        cache.Sbom.parse(b"{}")
    with pytest.raises(cache.Invalid, match="purll"):
        cache.Sbom.parse(document("1", "MIT")).find({"purll": ""})  # type: ignore[typeddict-unknown-key]
