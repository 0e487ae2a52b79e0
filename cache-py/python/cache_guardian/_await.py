"""Both sides of awaiting: what the native half waits for, and what waits for the native half. It calls all of this."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Awaitable, Callable, Tuple

if TYPE_CHECKING:
    from ._native import Approval, Plan
    from .types import Answer

Ended = Tuple[Any, "BaseException | None"]


def start(awaitable: Awaitable[Any], loop: asyncio.AbstractEventLoop, context: contextvars.Context) -> Future[Any]:
    """Runs it in that loop, which another thread runs, with the variables of that context. Cancelling what this returns
    cancels it there."""

    async def awaited() -> Any:
        return await awaitable

    coroutine = awaited()
    try:
        # A context can be entered once at a time, and two gates may begin together.
        return context.copy().run(asyncio.run_coroutine_threadsafe, coroutine, loop)
    except RuntimeError:
        # The loop was closed. Nobody has to hear that these were never awaited.
        coroutine.close()
        if inspect.iscoroutine(awaitable):
            awaitable.close()
        raise


async def tell(progress: Callable[[Any], object], news: list[Any]) -> None:
    """Tells a watcher what is new, in its loop."""
    for one in news:
        progress(one)


def is_async(function: object) -> bool:
    """Whether what it returns has to be awaited; of an object, what it does when it is called."""
    # Before 3.10 a method is not seen in a partial.
    while isinstance(function, functools.partial):
        function = function.func
    return any(map(inspect.iscoroutinefunction, (function, getattr(function, "__call__", None))))


async def call_of_cache_guardian(begin: Callable[[], tuple[asyncio.Future[Ended], Callable[[], None]]]) -> Any:
    """What each ``_async`` call returns. Its name is for the warning of Python that it was never awaited."""
    future, stop = begin()
    try:
        answer, error = await future
    finally:
        # Whatever ends the waiting ends the work; after the end of the work it does nothing.
        stop()
    if error is not None:
        raise error
    return answer


def settle(future: asyncio.Future[Ended], answer: Any, error: BaseException | None) -> None:
    """Tells whoever waits what the work came to; called in the loop."""
    if not future.done():
        future.set_result((answer, error))


def answered(answer: object) -> object:
    """What a plain function answered."""
    if not inspect.isawaitable(answer):
        return answer
    if inspect.iscoroutine(answer):
        answer.close()
    raise TypeError(
        "approve_by_callback takes a plain function, and this one returned something to await: "
        "give an async function to approve_by_callback_async"
    )


async def approve_by_callback_async(
    plan: Plan, ask: Callable[[Plan], Awaitable[Answer]], at: str | None
) -> Approval:
    """Asks in the task that waits for the approval, so that both are cancelled together."""
    asked = ask(plan)
    if not inspect.isawaitable(asked):
        raise TypeError(
            f"approve_by_callback_async takes an async function, and this one returned {type(asked).__name__}: "
            "give a plain function to approve_by_callback"
        )
    answer = await asked
    return plan.approve_by_callback(lambda _: answer, at=at)
