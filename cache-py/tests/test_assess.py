"""Reports assessed by a policy with VEX, and written for people and for tools."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path
from typing import Any

import pytest

import cache_guardian as cache
from conftest import ROOT, Prepare
from test_schemas import valid

FOLDER = ROOT / "examples" / "findings"
DOCUMENTS: list[cache.Given] = [
    {"kind": "report", "path": FOLDER / "report.json"},
    {"kind": "vex", "bytes": (FOLDER / "vex.json").read_bytes()},
    {"kind": "sbom", "path": FOLDER / "sbom.cdx.json"},
]
REQUEST: cache.AssessRequest = {
    "image": "registry.example.com/team/app:v1",
    "policy": str(FOLDER / "policy.yaml"),
    "clock": "2026-03-01T12:00:00Z",
}
FORMATS: list[cache.ReportFormat] = ["json", "sarif", "junit", "gitlab", "cyclonedx", "table", "markdown", "html"]


def test_the_verdict_is_the_same_bytes_as_in_every_language() -> None:
    assessment = cache.assess(DOCUMENTS, REQUEST)
    assert (assessment.outcome, assessment.allows) == ("fail", False)
    expected = (FOLDER / "assessment.json").read_bytes()
    assert assessment.write("json") == expected
    valid("assessment-v1", assessment.data)
    again = cache.Assessment.from_json(expected)
    for format in FORMATS:
        assert again.write(format) == assessment.write(format)


def test_what_decided_and_what_does_not_count_is_there() -> None:
    data = cache.assess(DOCUMENTS, REQUEST).data
    by_id = {one["id"]: one for one in data["vulnerabilities"]}
    assert by_id["CVE-2099-1001"]["blocks"] == ["too-many-critical", "known-exploited"]
    assert (by_id["CVE-2099-1004"]["standing"], by_id["CVE-2099-1004"]["wouldBe"]) == ("excepted", "fail")
    cleared = by_id["CVE-2099-1003"]
    assert (cleared["standing"], cleared["vex"][0]["author"]) == ("cleared", "Example Product Security")
    codes = [reason["code"] for reason in data["verdict"]["reasons"]]
    for code in ["exception-expiring", "vex-unmatched", "not-scanned", "unknown-severity"]:
        assert code in codes
    assert [layer["packages"] for layer in data["packages"]["layers"]] == [4, 3, 1]
    assert data["remedies"][0]["package"] == "openssl" and data["remedies"][0]["to"] == ["3.0.13-1"]


def test_reports_for_tools_are_what_those_read() -> None:
    assessment = cache.assess(DOCUMENTS, REQUEST)
    sarif = json.loads(assessment.write("sarif", location="Dockerfile"))
    location = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location["uri"] == "Dockerfile"
    assert json.loads(assessment.write("gitlab"))["scan"]["type"] == "container_scanning"
    assert cache.Sbom.validate(assessment.write("cyclonedx")) == []
    suites = xml.fromstring(assessment.write("junit"))
    assert [suite.get("name") for suite in suites] == ["cve", "vulnerabilities"]


def test_verdicts_of_other_gates_stand_in_the_same_report() -> None:
    reasons: list[cache.Reason] = [{"outcome": "fail", "code": "denied-license", "message": "a <b> & c"}]
    gate: cache.Verdict = {"gate": "license", "outcome": "fail", "reasons": reasons, "lookedAt": []}
    assessment = cache.assess([DOCUMENTS[0]], {**REQUEST, "gates": [gate]})
    assert b"denied-license" in assessment.write("junit") and b"a &lt;b&gt; &amp; c" in assessment.write("html")


def test_what_is_wrong_is_said() -> None:
    with pytest.raises(cache.Invalid, match="not a vulnerability report"):
        cache.assess([{"kind": "report", "bytes": b"{}"}])
    with pytest.raises(cache.Invalid, match="unknown field `polcy`"):
        request: Any = {"polcy": "x"}
        cache.assess(DOCUMENTS, request)
    with pytest.raises(cache.Invalid, match="no report format"):
        format: Any = "pdf"
        cache.assess(DOCUMENTS).write(format)
    assert cache.assess([]).outcome == "fail"


def test_the_example_says_so_by_its_exit_code(tmp_path: Path) -> None:
    def run(*more: str) -> "subprocess.CompletedProcess[str]":
        script = str(ROOT / "examples" / "python" / "scan_report.py")
        report = ["--report", str(FOLDER / "report.json"), "--clock", "2026-03-01T12:00:00Z"]
        return subprocess.run([sys.executable, script, *report, *more], capture_output=True, text=True, timeout=60)

    stopped = run("--policy", str(FOLDER / "policy.yaml"), "--out", str(tmp_path), "--format", "html", "--format", "sarif")
    assert stopped.returncode == 2 and "is stopped" in stopped.stdout, stopped
    assert (tmp_path / "scan-report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads((tmp_path / "scan-report.sarif.json").read_bytes())["version"] == "2.1.0"
    policy = tmp_path / "policy.yaml"
    policy.write_text("scan_policy:\n  promotion_to_prod: {max_critical: any, max_high: any}\n", encoding="utf-8")
    assert run("--policy", str(policy)).returncode == 0
    assert run("--policy", "no-such-file.yaml").returncode == 1


def test_a_promoter_assesses_what_it_would_judge(prepare: Prepare) -> None:
    scenario = prepare("promote-signed")
    config: cache.PromoterConfig = scenario["promoter"]
    promoter = cache.Promoter({**config, "policy": "scan_policy:\n  promotion_to_staging: {max_critical: 0}\n"})
    digest = cache.Registries().digest(scenario["request"]["from"])
    nothing = promoter.assess(scenario["request"]).data
    assert [reason["code"] for reason in nothing["verdict"]["reasons"]] == ["no-report"]
    found = {"VulnerabilityID": "CVE-2099-1", "PkgName": "openssl", "InstalledVersion": "1", "Severity": "CRITICAL"}
    report = {
        "SchemaVersion": 2,
        "ArtifactType": "container_image",
        "Metadata": {"RepoDigests": [f"app@{digest}"]},
        "Results": [{"Target": "app", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": [found]}],
    }
    assessment = promoter.assess(scenario["request"], given=[{"kind": "report", "bytes": json.dumps(report).encode()}])
    assert (assessment.allows, assessment.data["digest"], assessment.data["environment"]) == (False, digest, "staging")
    assert assessment.data["vulnerabilities"][0]["blocks"] == ["too-many-critical"]
    assert {gate["gate"]: gate["outcome"] for gate in assessment.data["gates"]} == {"signature": "pass", "sbom": "fail"}
    with pytest.raises(cache.Invalid, match="asks for no scan"):
        cache.Promoter(scenario["promoter"]).assess(scenario["request"])


def test_a_policy_file_is_checked() -> None:
    text = "scan_policy:\n  promotion_to_staging: {max_critical: 0}\nretention_policy:\n  dev: {keep_last_tags: 10}\n"
    checked = cache.check_policy(text)
    assert checked["digest"].startswith("sha256:")
    assert checked["gates"] == {"staging": ["cve", "signature", "sbom"]}
    assert (checked["retention"], checked["approval"], checked["signers"]) == (["dev"], [], [])
    with pytest.raises(cache.Invalid, match="max_critcal"):
        cache.check_policy(text.replace("max_critical", "max_critcal"))
    with pytest.raises(cache.NotFound):
        cache.check_policy("absent.yaml")
    assert "prod" in cache.check_policy(str(ROOT / "examples" / "policy.yaml"))["gates"]
