"""A private PostgreSQL cluster in a temporary folder, reached over a unix socket only."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote


def newest_bin() -> Path:
    """Debian's PostgreSQL programs of the newest version that is installed."""
    versions = Path("/usr/lib/postgresql")
    found = sorted(versions.glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if not found:
        raise SystemExit("PostgreSQL is missing: apt install postgresql")
    return found[-1].parent


def children(parent: int) -> list[int]:
    """The processes whose parent is `parent`."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name, in parentheses, may hold anything.
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found


@dataclass
class Cluster:
    """A cluster of ours; `make` creates and starts it, `remove` stops it and deletes its folder."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "Cluster":
        """Creates the cluster in `folder` (made here, parents must be traversable) and starts it."""
        cluster = cls(folder)
        folder.mkdir(parents=True)
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            folder.parent.chmod(folder.parent.stat().st_mode | 0o055)
        initdb = ["initdb", "-D", str(folder / "data"), "-U", "postgres", "--auth=trust"]
        cluster._run([*initdb, "--encoding=UTF8", "--locale=C", "--no-sync"])
        cluster.start()
        return cluster

    def start(self) -> None:
        """Starts the server. Durability settings stay PostgreSQL's own: a kill test relies on them."""
        options = f"-k {self.folder} -c listen_addresses='' -c shared_buffers=128MB"
        self._run(["pg_ctl", "-D", str(self.folder / "data"), "-w", "-o", options, "-l",
                   str(self.folder / "log"), "start"])

    def kill(self) -> None:
        """`kill -9` of the server and of everything it has started, as a power cut would be."""
        server = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        for process in [server, *children(server)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        while any(Path(f"/proc/{process}").exists() for process in [server, *children(server)]):
            time.sleep(0.01)

    def create_database(self, name: str) -> str:
        """Creates a database and returns its URL."""
        self._run(["createdb", "-h", str(self.folder), "-U", "postgres", "-T", "template0", name])
        return f"postgres://postgres@/{name}?host={quote(str(self.folder), safe='')}"

    def remove(self) -> None:
        """Stops the server and deletes the folder."""
        self._run(["pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop"])
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, command: list[str]) -> None:
        program = [str(newest_bin() / command[0]), *command[1:]]
        if os.geteuid() == 0:
            program = ["runuser", "-u", "postgres", "--", *program]
        done = subprocess.run(program, cwd="/", stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: {done.stderr.decode(errors='replace').strip()}")
