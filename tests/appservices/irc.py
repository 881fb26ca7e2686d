"""A real IRC server (ngIRCd) on the loopback interface, and somebody who talks there."""

import contextlib
import shutil
import socket
import threading
import time
from pathlib import Path

from rig.process import ServerProcess, free_port

CONFIGURATION = """\
[Global]
    Name = irc.test
    Info = An IRC server for a test
    Listen = 127.0.0.1
    Ports = {port}
    {user}
[Limits]
    ConnectRetry = 5
    MaxConnectionsIP = 0
    MaxNickLength = 30
    MaxPenaltyTime = 0
[Options]
    DNS = no
    Ident = no
    PAM = no
    SyslogFacility = local1
"""


class NoIrcServer(Exception):
    """ngIRCd is not installed, or did not start."""


def ngircd() -> str:
    """The program. Debian keeps it where only root looks."""
    found = shutil.which("ngircd") or shutil.which("ngircd", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise NoIrcServer("ngircd is missing: apt install ngircd")
    return found


class IrcServer:
    """ngIRCd in the foreground, as a child of ours."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        configuration = folder / "ngircd.conf"
        configuration.write_text(CONFIGURATION.format(port=self.port, user=""))
        configuration.chmod(0o644)
        command = [ngircd(), "--nodaemon", "--config", str(configuration)]
        self._process = ServerProcess(command, f"irc://127.0.0.1:{self.port}", folder / "ngircd.log")

    def start(self) -> None:
        """Returns once it accepts connections."""
        self._process.start()
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            if not self._process.runs():
                break
            time.sleep(0.05)
        raise NoIrcServer(f"ngircd did not start\n{self._process.log_tail()}")

    def stop(self) -> None:
        """Ends it."""
        self._process.stop()


class Person(threading.Thread):
    """Somebody on IRC: joins a channel, says something, and remembers what others say."""

    def __init__(self, port: int, nick: str, channel: str) -> None:
        super().__init__(daemon=True)
        self.nick, self.channel = nick, channel
        self.heard: list[tuple[str, str]] = []
        self.present: set[str] = set()
        self._lock = threading.Lock()
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._socket.settimeout(None)
        self._send(f"NICK {nick}")
        self._send(f"USER {nick} 0 * :{nick}")
        self.start()

    def run(self) -> None:
        """Reads until the connection ends."""
        with contextlib.suppress(OSError), self._socket.makefile("r", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                self._read(line.rstrip("\r\n"))

    def say(self, words: str) -> None:
        """Says something in the channel."""
        self._send(f"PRIVMSG {self.channel} :{words}")

    def leave(self) -> None:
        """Leaves the network."""
        with contextlib.suppress(OSError):
            self._send("QUIT :bye")
            self._socket.close()

    def said_by(self, nick: str) -> list[str]:
        """What `nick` has said in the channel."""
        with self._lock:
            return [words for sender, words in self.heard if sender == nick]

    def _send(self, line: str) -> None:
        self._socket.sendall(f"{line}\r\n".encode())

    def _read(self, line: str) -> None:
        source, _, rest = line[1:].partition(" ") if line.startswith(":") else ("", "", line)
        command, _, parameters = rest.partition(" ")
        sender = source.split("!")[0]
        if command == "PING":
            self._send(f"PONG {parameters}")
        elif command == "001":
            self._send(f"JOIN {self.channel}")
        elif command == "JOIN":
            self.present.add(sender)
        elif command in ("PART", "QUIT"):
            self.present.discard(sender)
        elif command == "PRIVMSG":
            target, _, words = parameters.partition(" :")
            if target.lower() == self.channel.lower():
                with self._lock:
                    self.heard.append((sender, words))
