"""Somebody on Matrix, who waits for things to happen."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlencode

from wire.account import Account, must, register
from wire.http import Connection

V3 = "/_matrix/client/v3"


class TooLate(Exception):
    """What was waited for has not come."""


def wait_for(what: str, seconds: float, look: Callable[[], Any]) -> Any:
    """The first true value of `look`; raises `TooLate`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise TooLate(f"not within {seconds:.0f} s: {what}")


class Person:
    """A user with one session."""

    def __init__(self, url: str, name: str) -> None:
        self._connection = Connection(url, timeout_s=60)
        self.account: Account = register(self._connection, name)
        self._serial = 0

    @property
    def user_id(self) -> str:
        """The whole user id."""
        return self.account.user_id

    def reconnect(self, url: str) -> None:
        """Goes on after a restart of the server."""
        self._connection.close()
        self._connection = Connection(url, timeout_s=60)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """A request that has to succeed."""
        return must(self._connection, method, path, body, self.account.token)

    def talk_to(self, user_id: str) -> str:
        """A room with somebody who is asked in."""
        body = {"preset": "trusted_private_chat", "is_direct": True, "invite": [user_id]}
        return self.ask("POST", f"{V3}/createRoom", body)["room_id"]

    def say(self, room: str, words: str) -> str:
        """Sends a text message."""
        self._serial += 1
        path = f"{V3}/rooms/{quote(room)}/send/m.room.message/say{self._serial}"
        return self.ask("PUT", path, {"msgtype": "m.text", "body": words})["event_id"]

    def heard(self, room: str) -> list[tuple[str, str]]:
        """Who has said what in a room, oldest first."""
        query = urlencode({"dir": "b", "limit": 200})
        chunk = self.ask("GET", f"{V3}/rooms/{quote(room)}/messages?{query}")["chunk"]
        return [(event["sender"], event["content"].get("body", "")) for event in reversed(chunk)
                if event["type"] == "m.room.message"]

    def joined(self, room: str) -> set[str]:
        """Who is in a room."""
        return set(self.ask("GET", f"{V3}/rooms/{quote(room)}/joined_members")["joined"])

    def invitations(self) -> Iterator[tuple[str, str]]:
        """The rooms into which the user is asked, and their names."""
        invited = self.ask("GET", f"{V3}/sync?timeout=0").get("rooms", {}).get("invite", {})
        for room, about in invited.items():
            events = about["invite_state"]["events"]
            names = [event["content"].get("name", "") for event in events if event["type"] == "m.room.name"]
            yield room, (names or [""])[0]

    def accept(self, named: str, seconds: float = 30.0) -> str:
        """Joins the room with `named` in its name into which the user is asked, once they are."""
        def find() -> str | None:
            return next((room for room, name in self.invitations() if named in name), None)
        room = wait_for(f"an invitation into {named}", seconds, find)
        self.ask("POST", f"{V3}/join/{quote(room)}", {})
        return room
