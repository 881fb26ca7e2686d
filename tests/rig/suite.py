"""Runs one suite's program with a time limit: whatever hangs ends as a failure that says so."""

import os
import signal
import subprocess
import sys
from pathlib import Path

# Seconds, several times what each takes on a loaded machine with two cores: a limit ends what hangs, not what is slow.
LIMITS = {"sdk-js": 300, "sdk-python": 240, "conformance": 180, "refusals": 120, "terms": 240, "hostile": 600, "kill": 900,
          "disk": 180, "sliding": 400, "appservices": 400, "phone": 600, "relay": 180, "storage": 400}


def run_program(line: list[str], folder: Path, limit_s: float, more: dict[str, str] | None = None) -> int:
    """Runs `line` in `folder` to its end, with `more` in its environment; its exit code. After `limit_s` it and its
    children are killed."""
    env = {**os.environ, **(more or {}), "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    child = subprocess.Popen(line, cwd=folder, env=env, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        return child.wait(limit_s)
    except subprocess.TimeoutExpired:
        print(f"FAIL the suite did not end within {limit_s:.0f} s", flush=True)
        return 1
    finally:
        end_group(child)


def end_group(child: subprocess.Popen) -> None:
    """Kills what is left of the process group that `child` leads."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.wait()


def exit_on_signals() -> None:
    """SIGTERM and SIGHUP end this program through its `finally` clauses, so that no server is left behind."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda code, _frame: sys.exit(128 + code))
