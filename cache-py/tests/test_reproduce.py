"""Deadlines, freezes and groups; and verdicts that are reproduced long after."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import cache_guardian as cache
from conftest import Prepare


def answer(plan: cache.Plan, who: str, at: str) -> cache.Approval:
    return plan.approve_by_callback(lambda _: {"decision": "approve", "approver": who}, at=at)


def promoter_of(scenario: dict[str, Any], **more: Any) -> cache.Promoter:
    config: Any = {**scenario["promoter"], **more}
    return cache.Promoter(config)


def opened(scenario: dict[str, Any], **more: Any) -> tuple[cache.Promoter, cache.Outlook]:
    promoter = promoter_of(scenario, **{"approval": {"accept": ["callback"]}, **more})
    return promoter, promoter.plan(scenario["request"])


AT = "2026-01-31T11:59:00Z"


def test_a_verdict_is_reproduced_a_year_later(prepare: Prepare) -> None:
    scenario = prepare("promote-signed")
    promoter, outlook = opened(scenario)
    assert outlook.plan is not None
    assert promoter.execute(outlook.plan, [answer(outlook.plan, "alice", AT)]).complete
    later = promoter_of(scenario, clock="2027-01-31T12:00:00Z")
    request: cache.ReproduceRequest = {"image": "oci:target:v1"}
    reproduced = later.reproduce(request)
    assert reproduced.verdicts_json == outlook.verdicts_json and reproduced.verdicts == outlook.verdicts
    assert reproduced.record["plan"] == outlook.plan.digest
    assert reproduced.record["judged"]["at"] == "2026-01-31T12:00:00Z"
    assert reproduced.by is not None and reproduced.by.startswith("key release ")
    assert reproduced.statement.startswith("sha256:")

    async def again() -> bytes:
        return (await later.reproduce_async(request)).verdicts_json

    assert asyncio.run(again()) == outlook.verdicts_json
    policy = scenario["promoter"]["policy"] + "# another\n"
    with pytest.raises(cache.Conflict, match="policy"):
        promoter_of(scenario, policy=policy).reproduce(request)
    with pytest.raises(cache.NotFound):
        promoter_of(scenario, environment="prod").reproduce(request)


def test_deadlines(prepare: Prepare) -> None:
    promoter, outlook = opened(prepare("promote-signed"))
    assert outlook.plan is not None
    plan = outlook.plan.with_deadlines(approve_by="2026-01-31T11:59:00Z", execute_by="2026-01-31T12:00:00Z", at=AT)
    assert plan.digest != outlook.plan.digest and "Approve by 2026-01-31T11:59:00Z" in plan.render()
    with pytest.raises(cache.Unapproved, match="too late"):
        promoter.execute(plan, [answer(plan, "alice", "2026-01-31T11:59:01Z")])
    assert promoter.execute(plan, [answer(plan, "alice", AT)]).complete
    with pytest.raises(cache.Invalid):
        plan.with_deadlines(approve_by="2026-01-31T12:00:00Z", execute_by="2026-01-31T11:00:00Z", at=AT)


def test_groups_and_freezes(prepare: Prepare) -> None:
    scenario = prepare("promote-signed")
    approval: cache.ApprovalPolicy = {
        "accept": ["callback"],
        "approvers": [{"name": "alice"}, {"name": "bob"}],
        "groups": {"security": {"required": 1, "of": ["alice"]}, "release": {"required": 1, "of": ["alice", "bob"]}},
    }
    promoter, outlook = opened(scenario, approval=approval)
    assert outlook.plan is not None
    alice, bob = answer(outlook.plan, "alice", AT), answer(outlook.plan, "bob", AT)
    with pytest.raises(cache.Unapproved, match="lacks 1 of 1"):
        promoter.execute(outlook.plan, [alice])
    window: cache.Freeze = {"name": "release day", "zone": "Europe/Berlin", "from": "2026-01-31", "until": "2026-02-01"}
    frozen, _ = opened(scenario, approval={**approval, "freeze": [window]})
    with pytest.raises(cache.Unapproved, match="frozen") as error:
        frozen.execute(outlook.plan, [alice, bob])
    assert "release day" in str(error.value) and "2026-01-31T23:00:00Z" in str(error.value)
    receipt = promoter.execute(outlook.plan, [bob, alice, answer(outlook.plan, "Mallory", AT)])
    assert receipt.complete and "Mallory: not one of the approvers" in receipt.data["ignored"][0]
    with pytest.raises(cache.Invalid, match="lacks"):
        opened(scenario, approval={**approval, "groups": {"a": {"required": 2, "of": ["alice"]}}})


def test_a_ledger_at_an_address(prepare: Prepare) -> None:
    scenario = prepare("promote-signed")
    with pytest.raises(cache.Unsupported, match="ftp://"):
        opened(scenario, ledger="ftp://bucket/ledger")
    for wrong in ("s3://bucket?regoin=x", "gs://", "az://account"):
        with pytest.raises(cache.Invalid, match="ledger"):
            opened(scenario, ledger=wrong)
    for address in ("s3://bucket/ledger?region=eu-west-1", "gs://bucket/ledger", "az://account/container/ledger"):
        opened(scenario, ledger=address)
    opened(scenario, ledger=str(Path.cwd() / "ledger"))
