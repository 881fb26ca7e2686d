"""A private PostgreSQL cluster in a temporary folder, the same for every server."""

import secrets
import signal
import subprocess
import time
from pathlib import Path

from . import process

# Everything else as PostgreSQL ships it: fsync, synchronous_commit and full_page_writes are on.
SETTINGS = {"shared_buffers": "256MB", "max_connections": "200"}
SYSTEM_USER = "postgres"


def folder_of_programs() -> Path:
    """The newest installed version's programs, as Debian lays them out, or those on the path."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    if versions:
        return versions[-1]
    found = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)
    return Path(found.stdout.strip())


def version() -> str:
    """Such as `15.8`."""
    command = [folder_of_programs() / "postgres", "--version"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[2]


class Cluster:
    """A running cluster with one empty database, reachable on loopback with a password."""

    def __init__(self, folder: Path):
        self.user = "benchmark"
        self.password = secrets.token_hex(16)
        self.database = "benchmark"
        self.port = process.free_port()
        self._programs = folder_of_programs()
        self._data = folder / "postgresql"
        self._log = folder / "postgresql.log"
        self._create()
        self._process = self._start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def url(self) -> str:
        return self._url(self.database)

    def size_command(self, query: str = "SELECT pg_database_size(current_database())") -> str:
        """A shell command that prints what the query answers."""
        return f'{self._programs}/psql -X -A -t -c "{query}" "{self.url}"'

    def stop(self) -> None:
        process.stop(self._process, signal.SIGINT)

    def _url(self, database: str) -> str:
        return f"postgres://{self.user}:{self.password}@127.0.0.1:{self.port}/{database}"

    def _create(self) -> None:
        self._data.mkdir(mode=0o700)
        process.give_to(SYSTEM_USER, self._data)
        secret = self._data.parent / "postgresql.password"
        secret.touch(mode=0o600)
        secret.write_text(self.password)
        process.give_to(SYSTEM_USER, secret)
        initdb = [
            self._programs / "initdb", "--pgdata", self._data, "--username", self.user,
            "--pwfile", secret, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C",
        ]
        self._run(initdb)
        secret.unlink()

    def _start(self):
        settings = SETTINGS | {
            "listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "",
        }
        flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [self._programs / "postgres", "-D", self._data, *flags]
        running = process.start([*process.as_user(SYSTEM_USER), *command], self._log, cwd="/")
        try:
            self._wait(running)
            self._run([
                self._programs / "createdb", "--maintenance-db", self._url("postgres"),
                self.database,
            ])
        except BaseException:
            process.stop(running, signal.SIGINT)
            raise
        return running

    def _wait(self, running) -> None:
        probe = [self._programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        deadline = time.monotonic() + process.START_SECONDS_MAX
        while time.monotonic() < deadline and running.poll() is None:
            if subprocess.run(probe).returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError(f"no PostgreSQL: {self._log.read_text(errors='replace')[-3000:]}")

    def _run(self, command: list) -> None:
        words = [str(word) for word in [*process.as_user(SYSTEM_USER), *command]]
        done = subprocess.run(words, capture_output=True, text=True, cwd="/")
        if done.returncode != 0:
            raise RuntimeError(f"{words}: {done.stdout}{done.stderr}")
