"""Waiting for what another client's sync brings."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

TIMEOUT_S = 15.0
PAUSE_S = 0.02

Seen = TypeVar("Seen")


async def until(what: str, probe: Callable[[], Seen | None], timeout_s: float = TIMEOUT_S) -> Seen:
    """Polls `probe` until it returns something true, and returns that."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"not seen within {timeout_s:.0f} s: {what}")
        await asyncio.sleep(PAUSE_S)
