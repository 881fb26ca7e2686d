"""A small bridge on matrix-appservice-bridge (npm): what it makes when somebody asks for it, and what it repeats."""

import json
import secrets
from pathlib import Path
from urllib.parse import quote

from appservices.matrix import V3, Person, wait_for
from rig.process import ServerProcess, free_port

HERE = Path(__file__).resolve().parent / "echo"
GHOST = "@echo_one:localhost"
ALIAS = "#echo_place:localhost"


class EchoBridge:
    """The bridge as a child of ours."""

    def __init__(self, folder: Path, node: Path, tree: Path, url: str) -> None:
        self.registration, port = folder / "echo.json", free_port()
        registration = {
            "id": "echo",
            "url": f"http://127.0.0.1:{port}",
            "as_token": secrets.token_hex(16),
            "hs_token": secrets.token_hex(16),
            "sender_localpart": "echobot",
            "rate_limited": False,
            "protocols": ["echo"],
            "namespaces": {
                "users": [{"regex": "@echo_.*", "exclusive": True}],
                "aliases": [{"regex": "#echo_.*", "exclusive": True}],
                "rooms": [],
            },
        }
        self.registration.write_text(json.dumps(registration))
        command = [str(node), "--require", str(HERE / "without-crypto.js"), str(HERE / "main.js"),
                   str(self.registration), url, str(port)]
        # The packages are not beside the script.
        env = {"NODE_PATH": str(tree)}
        self.process = ServerProcess(command, f"http://127.0.0.1:{port}", folder / "echo.log", env=env)

    def start(self) -> None:
        """Returns once it listens."""
        self.process.start()
        wait_for("the bridge listens", 30, lambda: "listening" in self.process.log_tail())

    def stop(self) -> None:
        """Ends it."""
        self.process.stop()


def ask_for_user(visitor: Person) -> str:
    """Asks a user into a room who does not exist yet; the bridge makes it, and it comes."""
    room = visitor.talk_to(GHOST)
    wait_for(f"{GHOST} joins", 60, lambda: GHOST in visitor.joined(room))
    profile = visitor.ask("GET", f"{V3}/profile/{quote(GHOST)}")
    if profile.get("displayname") != "Echo of echo_one":
        raise AssertionError(f"the profile is {profile}")
    return room


def ask_for_room(visitor: Person) -> str:
    """Joins a room by an alias that does not exist yet; the bridge makes it."""
    room = visitor.ask("POST", f"{V3}/join/{quote(ALIAS)}", {})["room_id"]
    wait_for(f"{GHOST} is there", 60, lambda: GHOST in visitor.joined(room))
    return room


def converse(visitor: Person, room: str, words: str) -> None:
    """Says something and waits until it is repeated."""
    visitor.say(room, words)
    wait_for(f"an echo of {words!r}", 60, lambda: (GHOST, f"echo: {words}") in visitor.heard(room))
