"""Rollback, and promotion over the word of a gate."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import cache_guardian as cache
from conftest import Prepare

AT = "2026-01-31T11:59:00Z"
GLASS: cache.BreakGlass = {"justification": "customers cannot log in", "expires": "2026-02-01T00:00:00Z"}


def approve(plan: cache.Plan) -> cache.Approval:
    return plan.approve_by_callback(lambda _: {"decision": "approve", "approver": "alice"}, at=AT)


def test_breaking_the_glass(prepare: Prepare) -> None:
    scenario = prepare("own-gate-blocks")

    class Strict:
        name = "strict"

        def judge(self, _evidence: cache.Evidence, /) -> cache.Judgement:
            return {"reasons": [{"outcome": "fail", "code": "no", "message": "not today"}]}

    config: Any = {**scenario["promoter"], "approval": {"accept": ["callback"]}}
    promoter = cache.Promoter(config, gates=[Strict()])
    assert promoter.plan(scenario["request"]).state == "blocked"
    plan = promoter.plan_breaking_glass(scenario["request"], GLASS).plan
    assert plan is not None and "BREAK-GLASS" in str(plan) and "customers cannot log in" in plan.html()
    assert promoter.execute(plan, [approve(plan)]).complete
    with pytest.raises(cache.Invalid):
        promoter.plan_breaking_glass(scenario["request"], {**GLASS, "justification": " "})
    with pytest.raises(cache.Invalid):
        promoter.plan_breaking_glass(scenario["request"], {**GLASS, "expires": "soon"})


def test_a_tag_without_a_record_cannot_be_put_back(prepare: Prepare) -> None:
    scenario = prepare("promote-signed")
    promoter = cache.Promoter(scenario["promoter"])
    request: cache.RollbackRequest = {"tag": "oci:target:v1", "requester": "oncall"}
    with pytest.raises(cache.NotFound):
        promoter.plan_rollback(request)
    plan = promoter.plan(scenario["request"]).plan
    assert plan is not None

    async def put_back() -> cache.Outlook:
        return await promoter.plan_rollback_async({**request, "reason": "it fails"})

    with pytest.raises(cache.NotFound):
        asyncio.run(put_back())
