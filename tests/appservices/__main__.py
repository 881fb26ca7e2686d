"""`python -m appservices --url URL --bridge PYTHON --node NODE --packages FOLDER [options] -- COMMAND…`: two bridges on a
server started by COMMAND, heisenbridge with a real IRC server behind it, and one on matrix-appservice-bridge."""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from appservices import echo_bridge
from appservices.echo_bridge import EchoBridge
from appservices.irc import IrcServer, NoIrcServer, ngircd
from appservices.irc import Person as IrcPerson
from appservices.matrix import Person, TooLate, wait_for
from rig.hosted import server_arguments
from rig.process import ServerProcess, free_port

CHANNEL = "#town"
BOT = "@heisenbridge:localhost"
NETWORK = "testnet"
# The nick of the Matrix user on IRC, and of the one who is there.
OURS, THEIRS = "visitor", "native"
GHOST = f"@irc_{NETWORK}_{THEIRS}:localhost"


def arguments() -> argparse.Namespace:
    """The command line; everything after `--` starts the server in the foreground."""
    parser = argparse.ArgumentParser(prog="appservices", description=__doc__)
    parser.add_argument("--bridge", type=Path, required=True, help="the interpreter that has heisenbridge")
    parser.add_argument("--node", type=Path, required=True, help="the program that runs JavaScript")
    parser.add_argument("--packages", type=Path, required=True, help="node_modules with matrix-appservice-bridge")
    server_arguments(parser)
    return parser.parse_args()


class Conversation:
    """Somebody on Matrix and somebody on IRC, the servers and the bridge between them."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.url, self.folder = options.url, folder
        self.irc = IrcServer(folder)
        self.registration = folder / "heisenbridge.yaml"
        port = free_port()
        bridge = [str(options.bridge), "-m", "heisenbridge", "-c", str(self.registration)]
        subprocess.run([*bridge, "-l", "127.0.0.1", "-p", str(port), "--generate"], check=True, timeout=60,
                       stdout=subprocess.DEVNULL)
        self.echo = EchoBridge(folder, options.node, options.packages, self.url)
        env = dict(pair.split("=", 1) for pair in options.env)
        env["LONGHOUSE_APPSERVICES__REGISTRATIONS"] = f"{self.registration},{self.echo.registration}"
        log = options.log or folder / "server.log"
        self.server = ServerProcess(options.command, options.url, log, options.health, env)
        command = [*bridge, "-v", "-l", "127.0.0.1", "-p", str(port), self.url]
        self.bridge = ServerProcess(command, f"http://127.0.0.1:{port}", folder / "bridge.log")
        self.native: IrcPerson | None = None
        self.room = ""
        self.echoing: list[str] = []

    def begin(self) -> None:
        """Starts all of them."""
        self.irc.start()
        self.server.start()
        self.server.wait_healthy()
        self.bridge.start()
        self.echo.start()
        self.native = IrcPerson(self.irc.port, THEIRS, CHANNEL)
        self.visitor = Person(self.url, OURS)

    def end(self) -> None:
        """Ends all of them."""
        if self.native is not None:
            self.native.leave()
        self.bridge.stop()
        self.echo.stop()
        self.server.stop()
        self.irc.stop()

    def cross(self) -> None:
        """Lets the bridge connect the Matrix user to the channel."""
        visitor = self.visitor
        control = visitor.talk_to(BOT)
        wait_for("the bot joins", 30, lambda: BOT in visitor.joined(control))
        for command in (f"ADDNETWORK {NETWORK}", f"ADDSERVER {NETWORK} 127.0.0.1 {self.irc.port}", f"OPEN {NETWORK}"):
            before = len(visitor.heard(control))
            visitor.say(control, command)
            wait_for(f"an answer to {command}", 30, lambda: len(visitor.heard(control)) > before + 1)
        network = visitor.accept(NETWORK)
        visitor.say(network, f"NICK {OURS}")
        visitor.say(network, "CONNECT")
        try:
            wait_for("connected to IRC", 60, lambda: any("Welcome to the Internet" in words for _, words in visitor.heard(network)))
        except TooLate as why:
            raise TooLate(f"{why}; the network's room says {visitor.heard(network)}") from why
        visitor.say(network, f"JOIN {CHANNEL}")
        self.room = visitor.accept(CHANNEL)
        wait_for("the visitor is in the channel", 30, lambda: self.native is not None and OURS in self.native.present)

    def to_irc(self, words: str, seconds: float = 60) -> None:
        """Says something on Matrix and waits until it is heard on IRC."""
        self.visitor.say(self.room, words)
        self.heard_on_irc(words, seconds)

    def heard_on_irc(self, words: str, seconds: float = 60) -> None:
        """Waits until the Matrix user is heard on IRC."""
        native = self.native
        wait_for(f"{words!r} on IRC", seconds, lambda: native is not None and words in native.said_by(OURS))

    def to_matrix(self, words: str, seconds: float = 60) -> None:
        """Says something on IRC and waits until it is heard on Matrix, from the ghost of who said it."""
        if self.native is not None:
            self.native.say(words)
        self.heard_on_matrix(words, seconds)

    def heard_on_matrix(self, words: str, seconds: float = 60) -> None:
        """Waits until something is heard on Matrix."""
        def found() -> bool:
            return any(sender == GHOST and words in said for sender, said in self.visitor.heard(self.room))
        wait_for(f"{words!r} from {GHOST} on Matrix", seconds, found)

    def restart(self, gently: bool) -> None:
        """Ends the server under the bridge, lets something be said on IRC, and starts it again."""
        if gently:
            self.server.stop()
        else:
            self.server.kill()
        if self.native is not None:
            self.native.say(f"said while it was {'stopped' if gently else 'killed'}")
        self.server.start()
        self.server.wait_healthy()
        self.visitor.reconnect(self.url)

    def wanted(self) -> None:
        """Asks for a user and for a room that the bridge on matrix-appservice-bridge then makes."""
        self.echoing = [echo_bridge.ask_for_user(self.visitor), echo_bridge.ask_for_room(self.visitor)]

    def echoes(self, words: str) -> None:
        """Says something to it in each room."""
        for number, room in enumerate(self.echoing):
            echo_bridge.converse(self.visitor, room, f"{words} {number}")

    def is_whole(self) -> None:
        """Nothing was said twice, and all in order."""
        native = self.native
        said = native.said_by(OURS) if native is not None else []
        expected = [f"from Matrix {number}" for number in range(1, 13)]
        if said != expected:
            raise AssertionError(f"heard on IRC: {said}")


def steps(talk: Conversation) -> list[tuple[str, Callable[[], None]]]:
    """What is to happen, in order."""
    def many() -> None:
        for number in range(3, 13):
            talk.visitor.say(talk.room, f"from Matrix {number}")
        talk.heard_on_irc("from Matrix 12")

    return [
        ("everything starts", talk.begin),
        ("heisenbridge connects a Matrix user to an IRC channel", talk.cross),
        ("Matrix is heard on IRC", lambda: talk.to_irc("from Matrix 1")),
        ("IRC is heard on Matrix, from its own user", lambda: talk.to_matrix("from IRC 1")),
        ("a bridge on matrix-appservice-bridge makes a user and a room when they are wanted", talk.wanted),
        ("it answers", lambda: talk.echoes("hello")),
        ("the server is stopped and started", lambda: talk.restart(gently=True)),
        ("what was said meanwhile arrives", lambda: talk.heard_on_matrix("said while it was stopped", 120)),
        ("Matrix is heard on IRC after the restart", lambda: talk.to_irc("from Matrix 2")),
        ("IRC is heard on Matrix after the restart", lambda: talk.to_matrix("from IRC 2")),
        ("matrix-appservice-bridge answers after the restart", lambda: talk.echoes("again")),
        ("the server is killed and started", lambda: talk.restart(gently=False)),
        ("many messages cross", many),
        ("IRC is heard on Matrix after the kill", lambda: talk.to_matrix("from IRC 3")),
        ("nothing came twice or out of order", talk.is_whole),
    ]


def main() -> int:
    """Runs the steps up to the first that fails."""
    options = arguments()
    try:
        ngircd()
    except NoIrcServer as why:
        print(f"FAIL {why}\n0 passed, 1 failed")
        return 1
    folder = Path(tempfile.mkdtemp(prefix="longhouse-appservices-"))
    talk = Conversation(options, folder)
    passed = 0
    try:
        for name, step in steps(talk):
            try:
                step()
            except Exception as error:  # noqa: BLE001 (whatever it is, it is the verdict)
                print(f"FAIL {name}: {error}")
                for log in (talk.bridge, talk.echo.process, talk.server):
                    print(f"--- end of {log.log}\n{log.log_tail()}\n---")
                print(f"{passed} passed, 1 failed")
                return 1
            passed += 1
            print(f"ok   {name}", flush=True)
        troubles = talk.server.troubles()
        if troubles:
            print("FAIL the server's log has errors", *troubles[:10], sep="\n     ")
        print(f"{passed} passed, {int(bool(troubles))} failed")
        return int(bool(troubles))
    finally:
        talk.end()


if __name__ == "__main__":
    sys.exit(main())
