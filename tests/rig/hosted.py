"""What suites share that start, stop and kill their server themselves."""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from rig.process import ServerProcess


def server_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds how the server is started; everything after `--` starts it in the foreground."""
    parser.add_argument("--url", required=True, help="where the server started by COMMAND listens")
    parser.add_argument("--health", default="/health", help="path that answers 200 when serving")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--log", type=Path, help="the server's output (default: a temporary file)")
    parser.add_argument("command", nargs="+")


def host(name: str, options: argparse.Namespace, run: Callable[[ServerProcess], int]) -> int:
    """Starts the server, runs the suite `name` on it, ends the server."""
    env = dict(pair.split("=", 1) for pair in options.env)
    log = options.log or Path(tempfile.mkdtemp(prefix=f"longhouse-{name}-")) / "server.log"
    server = ServerProcess(options.command, options.url, log, options.health, env)
    server.start()
    try:
        server.wait_healthy()
        return run(server)
    finally:
        server.stop()


def restart(server: ServerProcess, gently: bool) -> None:
    """Ends the server, and starts it again."""
    if gently:
        server.stop()
    else:
        server.kill()
    server.start()
    took = server.wait_healthy()
    print(f"{'stopped' if gently else 'killed'}, serving again after {took:.2f} s", flush=True)


def report(checks: dict[str, list[str]]) -> int:
    """The checks with what is wrong with each, and the closing line; the exit code."""
    for name, problems in checks.items():
        print(f"{'FAIL' if problems else 'ok  '} {name}")
        for problem in problems[:10]:
            print(f"     {problem}")
    failed = sum(bool(problems) for problems in checks.values())
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 0 if failed == 0 else 1
