"""What comes out is what docs/schema says."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import cache_guardian as cache
from conftest import ROOT, Prepare

PROMOTION = "https://docs.rs/cache-core/promotion/v1"


def schema(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((ROOT / "docs" / "schema" / f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(document)
    return document


def valid(name: str, document: object) -> None:
    jsonschema.Draft202012Validator(schema(name)).validate(document)


def promote(prepare: Prepare, name: str) -> tuple[cache.Plan, cache.Receipt]:
    scenario = prepare(name)
    promoter = cache.Promoter(scenario["promoter"])
    plan = promoter.plan(scenario["request"]).plan
    assert plan is not None
    return plan, promoter.execute(plan, [cache.Approval.from_json(Path("approval.json").read_bytes())])


def record(layout: Path) -> Any:
    """The predicate of the promotion record that is attached in a layout."""
    blobs = layout / "blobs" / "sha256"
    for path in blobs.iterdir():
        if path.read_bytes()[:1] != b"{":
            continue
        bundle = json.loads(path.read_bytes())
        if "dsseEnvelope" in bundle:
            statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
            if statement["predicateType"] == PROMOTION:
                return statement["predicate"]
    raise AssertionError("no record is attached")


@pytest.mark.parametrize("name", ["promote-signed", "move-tag", "attach"])
def test_plan_and_receipt(name: str, prepare: Prepare) -> None:
    plan, receipt = promote(prepare, name)
    valid("plan-v1", plan.data)
    valid("receipt-v1", receipt.data)


def test_a_receipt_that_tells_of_a_failure(prepare: Prepare) -> None:
    scenario = prepare("promote-signed")
    promoter = cache.Promoter(scenario["promoter"])
    plan = promoter.plan(scenario["request"]).plan
    assert plan is not None
    # Those of the image: without its evidence, the gates would refuse it before anything is written.
    copies = [change for change in plan.data["changes"] if change["do"] == "copy" and change["role"] == "image"]
    layers = [blob for change in copies for blob in change["blobs"]]
    for layer in layers:
        (Path("source/blobs/sha256") / layer["digest"].split(":")[1]).unlink(missing_ok=True)
    receipt = promoter.execute(plan, [cache.Approval.from_json(Path("approval.json").read_bytes())])
    assert not receipt.complete and not receipt.dry_run and "NOT COMPLETE" in str(receipt)
    assert receipt.data["steps"][0]["outcome"]["failed"]["code"] == "NOT_FOUND"
    valid("receipt-v1", receipt.data)


def test_the_promotion_record(prepare: Prepare) -> None:
    plan, receipt = promote(prepare, "promote-signed")
    predicate = record(Path("target"))
    valid("promotion-v1", predicate)
    assert predicate["plan"] == plan.digest
    assert [approval["approval"] for approval in predicate["approvals"]] == receipt.data["approvals"]


def test_a_report() -> None:
    finding: dict[str, Any] = {"id": "CVE-2024-1", "severity": "high", "package": "zlib"}
    finding |= {"version": "1.2", "fixedIn": "1.3"}
    valid("report-v1", {"scanner": "grype", "scannedAt": "2026-01-31T00:00:00Z", "findings": [finding]})
    finding |= {
        "fixState": "fixed",
        "ratings": [{"source": "nvd", "severity": "high", "score": 7.5, "vector": "AV:N/AC:L/Au:N/C:P/I:P/A:P"}],
        "sources": ["nvd"],
        "sourcePackage": "zlib 1.2",
        "exploited": True,
        "epss": {"probability": 0.9, "percentile": 1},
    }
    note = {"code": "no-version", "package": "lib", "purl": "pkg:npm/lib", "message": "it has no version"}
    valid("report-v1", {"scanner": "cache", "findings": [finding], "notes": [note]})


@pytest.mark.parametrize("name", ["plan-v1", "receipt-v1", "promotion-v1", "report-v1"])
def test_an_unknown_field_is_refused(name: str) -> None:
    """Everywhere, not only at the top: the documents are closed."""

    def objects(part: object) -> Any:
        if isinstance(part, dict):
            if part.get("type") == "object":
                yield part
            for value in part.values():
                yield from objects(value)
        elif isinstance(part, list):
            for value in part:
                yield from objects(value)

    assert all("additionalProperties" in part for part in objects(schema(name)))
