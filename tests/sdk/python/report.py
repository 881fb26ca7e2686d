"""Counts steps and prints one line for each."""

import time
import traceback
from collections.abc import Awaitable, Callable
from typing import TypeVar

Result = TypeVar("Result")


class Report:
    """The tally of a run; the last line is `N passed, N failed`."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    async def step(self, name: str, body: Callable[[], Awaitable[Result]]) -> Result | None:
        """Runs one step; a failure is printed and counted, and the steps after it still run."""
        begun = time.monotonic()
        try:
            value = await body()
        except Exception:  # whatever the step's code or the library raises is this step's failure
            self.failed += 1
            print(f"FAIL {name}\n{traceback.format_exc()}", flush=True)
            return None
        self.passed += 1
        print(f"ok   {name} ({(time.monotonic() - begun) * 1000:.0f} ms)", flush=True)
        return value

    async def topic(self, name: str, body: Callable[[], Awaitable[None]]) -> None:
        """A group of steps that cannot go on once its first part is broken."""
        print(f"# {name}", flush=True)
        try:
            await body()
        except Exception:
            self.failed += 1
            print(f"FAIL {name} broke off\n{traceback.format_exc()}", flush=True)

    def finish(self) -> int:
        """Prints the closing line and returns the exit code."""
        print(f"{self.passed} passed, {self.failed} failed")
        return 0 if self.failed == 0 else 1
