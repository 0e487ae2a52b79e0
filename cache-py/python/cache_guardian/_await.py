"""Awaitables that the native half waits for."""

from __future__ import annotations

import asyncio
import contextvars
from concurrent.futures import Future
from typing import Any, Awaitable


def start(awaitable: Awaitable[Any], loop: asyncio.AbstractEventLoop, context: contextvars.Context) -> Future[Any]:
    """Runs it in that loop, which another thread runs, with the variables of that context. Cancelling what this returns
    cancels it there."""

    async def awaited() -> Any:
        return await awaitable

    # A context can be entered once at a time, and two gates may begin together.
    return context.copy().run(asyncio.run_coroutine_threadsafe, awaited(), loop)
