"""One object used by many threads at once, with Python's lock and without."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any, Callable

import cache_guardian as cache
from conftest import Prepare

THREADS = 8


def at_once(work: Callable[[], str]) -> list[str]:
    """What it returns in each of the threads, which begin together; of an error of Cache, its kind."""
    begin = threading.Barrier(THREADS)
    returned: list[str] = []

    def run() -> None:
        begin.wait(10)
        try:
            returned.append(work())
        except cache.CacheError as error:
            returned.append(str(error.kind))

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return returned


def test_a_promoter_plans_the_same_in_every_thread(prepare: Prepare) -> None:
    scenario = prepare("promote-signed")
    judged: list[int] = []

    class Gate:
        name = "counted"

        def judge(self, evidence: cache.Evidence) -> cache.Judgement:
            judged.append(threading.get_ident())
            return {"reasons": [{"outcome": "pass", "code": "counted", "message": "counted"}]}

    promoter = cache.Promoter(scenario["promoter"], gates=[Gate()])

    def plan() -> str:
        plan = promoter.plan(scenario["request"]).plan
        assert plan is not None
        return plan.digest

    digests = at_once(plan)
    assert len(digests) == len(judged) == THREADS
    assert len(set(digests)) == 1


def test_an_approval_is_used_by_one_thread(prepare: Prepare) -> None:
    scenario = prepare("promote-signed")
    config: Any = {**scenario["promoter"], "approval": {}}
    promoter = cache.Promoter(config)
    plan = promoter.plan(scenario["request"]).plan
    assert plan is not None
    approval = plan.approve_by_callback(
        lambda asked: {"decision": "approve", "approver": "alice"}, at="2026-01-31T11:59:00Z"
    )
    ends = at_once(lambda: "complete" if promoter.execute(plan, [approval]).complete else "incomplete")
    assert len(ends) == THREADS
    assert ends.count("complete") == 1, ends


def test_importing_it_does_not_bring_the_lock_back() -> None:
    program = """
import sys, sysconfig
import cache_guardian
without = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
assert getattr(sys, "_is_gil_enabled", lambda: True)() is not without
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=60)
