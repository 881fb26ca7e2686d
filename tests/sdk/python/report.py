"""Counts steps and prints one line for each."""

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable
from typing import TypeVar

Result = TypeVar("Result")


# Longer than all that a step waits for by itself: this limit is for what waits without one.
STEP_S = 60.0


class BrokenOff(Exception):
    """A step failed without which the rest of its topic means nothing."""


class Report:
    """The tally of a run; the last line is `N passed, N failed`."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    async def step(self, name: str, body: Callable[[], Awaitable[Result]]) -> Result | None:
        """Runs one step; a failure is printed and counted, and the steps after it still run."""
        begun = time.monotonic()
        try:
            value = await asyncio.wait_for(body(), STEP_S)
        except Exception:  # whatever the step's code or the library raises is this step's failure
            self.failed += 1
            print(f"FAIL {name}\n{traceback.format_exc()}", flush=True)
            return None
        self.passed += 1
        print(f"ok   {name} ({(time.monotonic() - begun) * 1000:.0f} ms)", flush=True)
        return value

    async def need(self, name: str, body: Callable[[], Awaitable[Result]]) -> Result:
        """As `step`, but a failure also ends the topic: what comes after needs what this step makes."""
        before = self.failed
        value = await self.step(name, body)
        if self.failed > before:
            raise BrokenOff(name)
        return value

    async def topic(self, name: str, body: Callable[[], Awaitable[None]]) -> None:
        """A group of steps that cannot go on once one that it needs is broken."""
        print(f"# {name}", flush=True)
        try:
            await body()
        except BrokenOff as needed:
            print(f'     the rest of "{name}" is left out: it needs "{needed}"', flush=True)
        except Exception:
            self.failed += 1
            print(f"FAIL {name} broke off\n{traceback.format_exc()}", flush=True)

    def finish(self) -> int:
        """Prints the closing line and returns the exit code."""
        print(f"{self.passed} passed, {self.failed} failed")
        return 0 if self.failed == 0 else 1
