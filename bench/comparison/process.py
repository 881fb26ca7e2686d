"""Starting and stopping the processes that are measured, each by its own id."""

import os
import pwd
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 30


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(command: list, log: Path, **options) -> subprocess.Popen:
    """Starts a process of its own session, so that a Ctrl-C here reaches it only through `stop`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **options,
        )


def stop(process: subprocess.Popen, signal: int) -> None:
    """Asks a process to end; kills that one process if it does not."""
    if process.poll() is not None:
        return
    process.send_signal(signal)
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until_healthy(process: subprocess.Popen, url: str, log: Path) -> None:
    """Waits for a 200 from `url`. Raises with the end of the log when the process gives up."""
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    end = log.read_text(errors="replace")[-3000:]
    raise RuntimeError(f"{process.args[0]} does not serve {url}; the end of its log:\n{end}")


def as_user(name: str) -> list:
    """What to put before a command so that root runs it as this user; nothing for others."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={name}", f"--regid={name}", "--init-groups", "--"]


def give_to(name: str, path: Path) -> None:
    """Gives a file or folder to the user that root runs the command as."""
    if os.geteuid() == 0:
        entry = pwd.getpwnam(name)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def tree(root: int) -> list:
    """The ids of a process and of everything it started."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    found = [root]
    for pid in found:
        found.extend(child for child, parent in parents.items() if parent == pid)
    return found


def pss_bytes(root: int) -> int:
    """The proportional set size of a process and of everything it started."""
    total = 0
    for pid in tree(root):
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        line = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
        total += int(line.split()[1]) * 1024
    return total
