"""Longhouse from a built binary, on SQLite or on a given PostgreSQL database."""

from pathlib import Path

from rig.process import ServerProcess, free_port

SHARED_SECRET = "shared-secret-of-the-test-rig"


def longhouse(binary: Path, folder: Path, database: str | None = None) -> ServerProcess:
    """A Longhouse that keeps everything in `folder` and takes registrations from anybody."""
    port = free_port()
    command = [str(binary), "--data", str(folder / "data"), "up"]
    command += ["--listen", f"127.0.0.1:{port}", "--server-name", "localhost"]
    if database is not None:
        command += ["--database", database]
    env = {
        "LONGHOUSE_REGISTRATION__MODE": "open",
        "LONGHOUSE_REGISTRATION__SHARED_SECRET": SHARED_SECRET,
        "LONGHOUSE_RATE_LIMITS__ENABLED": "false",
        "LONGHOUSE_EGRESS__ALLOW_PRIVATE": "true",
    }
    return ServerProcess(command, f"http://127.0.0.1:{port}", folder / "server.log", env=env)
