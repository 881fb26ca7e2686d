"""One server process: started, waited for, killed or stopped. Never touches any other process."""

import ctypes
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path


# Looked up here, not between fork and exec.
PRCTL = ctypes.CDLL(None).prctl


class NotServing(Exception):
    """The server ended, or did not answer its health page in time."""


def free_port() -> int:
    """A TCP port of the loopback interface that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def end_with_parent() -> None:
    """Called in a new process: it is killed when the one that started it ends, however that ends (prctl(2))."""
    PRCTL(1, signal.SIGKILL)


@dataclass
class ServerProcess:
    """A homeserver as a child process.

    `health` is the path that answers 200 once requests are served; `log` receives both output
    streams, appended over restarts. `data` is where it keeps its files, `cluster` the folder of its PostgreSQL cluster if
    it has one (see `rig.postgres.Cluster`).
    """

    command: list[str]
    url: str
    log: Path
    health: str = "/health"
    env: dict[str, str] = field(default_factory=dict)
    data: Path | None = None
    cluster: Path | None = None
    child: subprocess.Popen | None = None

    def start(self) -> None:
        """Starts the process in a group of its own, so that a signal to us never reaches it."""
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                self.command,
                env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    def wait_healthy(self, timeout_s: float = 60.0) -> float:
        """Returns after how many seconds the health page answered 200; raises `NotServing`."""
        begun = time.monotonic()
        while time.monotonic() - begun < timeout_s:
            if self.child is not None and self.child.poll() is not None:
                raise NotServing(f"ended with code {self.child.returncode}\n{self.log_tail()}")
            if self.answers():
                return time.monotonic() - begun
            time.sleep(0.02)
        raise NotServing(f"no answer within {timeout_s:.0f} s\n{self.log_tail()}")

    def answers(self) -> bool:
        """Whether the health page answers 200 now."""
        try:
            with urllib.request.urlopen(self.url + self.health, timeout=2) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def runs(self) -> bool:
        """Whether the process that was started last has not ended."""
        return self.child is not None and self.child.poll() is None

    def kill(self) -> None:
        """`kill -9`, as a power cut of the process would be."""
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(signal.SIGKILL)
            self.child.wait()

    def stop(self, timeout_s: float = 30.0) -> int:
        """Asks the process to end and returns its exit code; kills it after `timeout_s`."""
        if self.child is None:
            return 0
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.child.returncode

    def troubles(self) -> list[str]:
        """What Longhouse itself calls an error, and panics: however bad the requests were, there is none."""
        if not self.log.exists():
            return []
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if " ERROR " in line or "panicked at" in line]

    def log_tail(self, lines: int = 40) -> str:
        """The end of the server's own output, for a failure message."""
        if not self.log.exists():
            return ""
        text = self.log.read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])
