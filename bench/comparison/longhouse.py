"""Longhouse of this tree, on PostgreSQL or on SQLite."""

import os
import secrets
import shlex
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from . import process
from .postgres import Cluster

# The tables that hold room state: what it is now, what it was, and how it came to be.
STATE_TABLES = ("current_state", "state_versions", "state_changes")
# A password hash as cheap as Synapse's bcrypt with 4 rounds: hashes are not what is compared.
CHEAP_HASH = {"LONGHOUSE_ACCOUNTS__ARGON2_MEMORY": "1MiB", "LONGHOUSE_ACCOUNTS__ARGON2_ITERATIONS": "1"}


class Longhouse:
    """One Longhouse process; `on_postgres` says with which database."""

    def __init__(self, folder: Path, binary: Path, on_postgres: bool):
        self.registration_secret = secrets.token_hex(16)
        self.version = version(binary)
        self._data = folder / "data"
        self.database = Cluster(folder) if on_postgres else None
        self._port = process.free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        try:
            self._process = self._start(folder, binary)
        except BaseException:
            self._stop_database()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def load_arguments(self) -> list:
        """What the load generator is told about this server."""
        if self.database is None:
            return ["--data-dir", self._data, *self._sqlite_state_arguments()]
        tables = ",".join(f"('{table}')" for table in STATE_TABLES)
        state = f"SELECT sum(pg_total_relation_size(name)) FROM (VALUES {tables}) AS tables (name)"
        return [
            "--database-pid", self.database.pid,
            "--database-size-command", self.database.size_command(),
            "--state-size-command", self.database.size_command(state),
        ]

    def stop(self) -> None:
        process.stop(self._process, signal.SIGTERM)
        self._stop_database()

    def _stop_database(self) -> None:
        if self.database is not None:
            self.database.stop()

    def _start(self, folder: Path, binary: Path):
        log = folder / "longhouse.log"
        address = f"127.0.0.1:{self._port}"
        command = [
            binary, "--data", self._data, "up", "--listen", address, "--server-name", "localhost",
        ]
        if self.database is not None:
            command += ["--database", self.database.url]
        clean = {name: v for name, v in os.environ.items() if not name.startswith("LONGHOUSE_")}
        settings = {
            "LONGHOUSE_REGISTRATION__MODE": "open",
            "LONGHOUSE_REGISTRATION__SHARED_SECRET": self.registration_secret,
            "LONGHOUSE_RATE_LIMITS__ENABLED": "false",
            "LONGHOUSE_LOG__FILTER": "warn",
            # The page that is previewed is on this machine, on a port of its own.
            "LONGHOUSE_URL_PREVIEWS__ENABLED": "true",
            "LONGHOUSE_URL_PREVIEWS__ALLOW": "*:*",
            "LONGHOUSE_EGRESS__ALLOW_PRIVATE": "true",
            **CHEAP_HASH,
        }
        running = process.start(command, log, cwd=folder, env=clean | settings)
        try:
            process.wait_until_healthy(running, f"{self.url}/health", log)
        except BaseException:
            process.stop(running, signal.SIGTERM)
            raise
        return running

    def _sqlite_state_arguments(self) -> list:
        """Sizes of tables from SQLite's `dbstat`, where Python's SQLite has it."""
        names = ",".join(f"'{table}'" for table in STATE_TABLES)
        query = (
            "SELECT sum(pgsize) FROM dbstat WHERE name IN "
            f"(SELECT name FROM sqlite_master WHERE tbl_name IN ({names}))"
        )
        file = self._data / "longhouse.db"
        try:
            with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
                connection.execute(query).fetchone()
        except sqlite3.Error as error:
            print(f"state storage on SQLite is not measured: {error}", file=sys.stderr)
            return []
        code = (
            "import sqlite3, sys; "
            "print(sqlite3.connect(sys.argv[1], uri=True).execute(sys.argv[2]).fetchone()[0])"
        )
        words = [sys.executable, "-c", code, f"file:{file}?mode=ro", query]
        return ["--state-size-command", shlex.join(words)]


def version(binary: Path) -> str:
    """What the program says of itself."""
    found = subprocess.run([binary, "version"], capture_output=True, text=True, check=True)
    return found.stdout.splitlines()[0].removeprefix("longhouse").strip()
