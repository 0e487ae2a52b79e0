"""What is to be awaited is a coroutine: it begins when it is awaited, and ends with the waiting."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import cache_guardian as cache
from cache_guardian import _await
from conftest import YES, Prepare, ready


class Silent(socketserver.ThreadingTCPServer):
    """Takes a request, never answers, and notices when nobody waits for the answer any more."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.left = threading.Event()
        super().__init__(("127.0.0.1", 0), Request)


class Request(socketserver.BaseRequestHandler):
    server: Silent

    def handle(self) -> None:
        while self.request.recv(1 << 16):
            self.server.asked.set()
        self.server.left.set()


@pytest.fixture
def silent() -> Iterator[Silent]:
    with Silent() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


async def asked(server: Silent) -> None:
    assert await asyncio.get_running_loop().run_in_executor(None, server.asked.wait, 30)


def tags(server: Silent) -> Any:
    return cache.Registries().tags_async(f"docker://127.0.0.1:{server.server_address[1]}/app")


def test_asyncio_runs_a_call(prepare: Prepare) -> None:
    prepare("promote-signed")
    assert "v1" in asyncio.run(cache.Registries().tags_async("oci:source"))


def test_what_is_not_awaited_does_nothing_and_python_says_so(prepare: Prepare) -> None:
    promoter, plan, approval = ready(prepare)
    with pytest.warns(RuntimeWarning, match="'call_of_cache_guardian' was never awaited"):
        promoter.execute_async(plan, [approval])  # type: ignore[unused-coroutine]
    called: list[object] = []

    async def ask(shown: cache.Plan) -> cache.Answer:
        called.append(shown)
        return YES

    with pytest.warns(RuntimeWarning, match="'approve_by_callback_async' was never awaited"):
        plan.approve_by_callback_async(ask)  # type: ignore[unused-coroutine]
    assert not called and not Path("ledger/journal").exists()
    assert promoter.execute(plan, [approval]).complete


def test_arguments_are_looked_at_before_it_is_awaited(prepare: Prepare) -> None:
    promoter, plan, _ = ready(prepare)
    wrong: Any = 5
    with pytest.raises(cache.Invalid):
        promoter.plan_async(wrong)  # type: ignore[unused-coroutine]
    with pytest.raises(TypeError, match="ask is not callable"):
        plan.approve_by_callback_async(wrong)  # type: ignore[unused-coroutine]
    with pytest.raises(cache.Invalid):
        plan.approve_by_callback_async(lambda asked: wrong, at="yesterday")  # type: ignore[unused-coroutine]


def test_a_call_is_made_a_task_in_every_way(prepare: Prepare) -> None:
    scenario = prepare("promote-signed")
    promoter = cache.Promoter(scenario["promoter"])

    async def main() -> list[cache.Outlook]:
        def call() -> Any:
            return promoter.plan_async(scenario["request"])

        assert inspect.iscoroutine(coroutine := call())
        first = await coroutine
        tasks = [asyncio.create_task(call()), asyncio.ensure_future(call())]
        outlooks = [first, *[await task for task in tasks], *await asyncio.gather(call(), call())]
        return [*outlooks, await asyncio.wait_for(call(), timeout=30), await asyncio.shield(call())]

    outlooks = asyncio.run(main())
    assert [outlook.state for outlook in outlooks] == ["ready"] * 7


@pytest.mark.skipif(not hasattr(asyncio, "TaskGroup"), reason="Python 3.10 has no groups of tasks")
def test_a_group_of_tasks_executes_a_plan(prepare: Prepare) -> None:
    promoter, plan, approval = ready(prepare)

    async def main() -> bool:
        async with asyncio.TaskGroup() as group:  # type: ignore[attr-defined, unused-ignore]
            task = group.create_task(promoter.execute_async(plan, [approval]))
        complete: bool = task.result().complete
        return complete

    assert asyncio.run(main())


def test_what_it_raises_is_raised_where_it_is_awaited(prepare: Prepare) -> None:
    promoter, plan, _ = ready(prepare)

    async def main() -> None:
        with pytest.raises(cache.Unapproved) as caught:
            await promoter.execute_async(plan, [])
        assert any(entry.name == "main" for entry in caught.traceback)

    asyncio.run(main())


def test_what_comes_after_the_end_of_the_loop_is_given_up_in_silence() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    with pytest.raises(RuntimeError, match="closed"):
        _await.start(asyncio.sleep(0), loop, contextvars.copy_context())


async def cancelled(server: Silent) -> None:
    task = asyncio.create_task(tags(server))
    await asked(server)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def late(server: Silent) -> None:
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(tags(server), timeout=1)
    await asked(server)


async def closed(server: Silent) -> None:
    """Whoever drives a coroutine by hand may close it."""
    coroutine = tags(server)
    coroutine.send(None)
    await asked(server)
    coroutine.close()


async def left_behind(server: Silent) -> None:
    """The loop ends first."""
    asyncio.ensure_future(tags(server))
    await asked(server)


@pytest.mark.parametrize("end", [cancelled, late, closed, left_behind])
def test_the_work_ends_when_nobody_waits_for_it(silent: Silent, end: Callable[[Silent], Any]) -> None:
    asyncio.run(end(silent))
    assert silent.left.wait(30)
