"""A client with the two connections of Element X: `room-list` and `encryption`."""

import threading
import time
from typing import Any
from urllib.parse import quote

from sliding.crowd import STATUS
from sliding.model import PROFILES, Model
from wire.account import Account, Refused, call
from wire.http import Connection, Dropped

PATH = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync"
BATCH = 20
LONG_MS = 2_000
PAUSE_S = 0.1

# What Element X asks of every room, and of the rooms that are on the screen.
LISTED = [
    ["m.room.name", ""], ["m.room.encryption", ""], ["m.room.member", "$LAZY"], ["m.room.member", "$ME"],
    ["m.room.topic", ""], ["m.room.avatar", ""], ["m.room.canonical_alias", ""], ["m.room.power_levels", ""],
    ["org.matrix.msc3401.call.member", "*"], ["m.room.join_rules", ""], ["m.room.tombstone", ""],
    ["m.room.create", ""], ["m.room.history_visibility", ""], ["io.element.functional_members", ""],
    ["m.space.parent", "*"], ["m.space.child", "*"], ["m.beacon_info", "*"],
]
SUBSCRIBED = [*LISTED, ["m.room.pinned_events", ""]]


class Loop:
    """One connection: asks again and again with the position of the last answer."""

    def __init__(self, url: str, account: Account, conn_id: str) -> None:
        self._connection = Connection(url, timeout_s=60)
        self._token = account.token
        self._conn_id = conn_id
        self.pos: str | None = None
        self.answers = 0
        self.restarts = 0
        self.faults: list[str] = []

    def ask(self, body: dict[str, Any], timeout_ms: int) -> dict[str, Any] | None:
        """One answer; `None` where the server was away or does not know the position."""
        pos = f"&pos={quote(self.pos)}" if self.pos is not None else ""
        whole = {"conn_id": self._conn_id, **body}
        try:
            answer = call(self._connection, "POST", f"{PATH}?timeout={timeout_ms}{pos}", whole, self._token)
        except Dropped:
            time.sleep(PAUSE_S)
            return None
        if answer.status == 400 and answer.json().get("errcode") == "M_UNKNOWN_POS":
            self.pos = None
            self.restarts += 1
            return None
        if answer.status >= 500:
            # A server that is going down may say so.
            time.sleep(PAUSE_S)
            return None
        if answer.status != 200:
            raise Refused(f"{self._conn_id}: {answer.status} {answer.body[:300]!r}")
        told = answer.json()
        self.pos = told["pos"]
        self.answers += 1
        return told


class RoomList:
    """The connection `room-list`: a list whose window grows, and a subscription to the room on the screen."""

    def __init__(self, url: str, account: Account) -> None:
        self.loop = Loop(url, account, "room-list")
        self.model = Model()
        self._end = BATCH - 1
        self._opened: set[str] = set()
        self._lock = threading.Lock()

    def open(self, room_id: str) -> None:
        """The user looks at a room."""
        with self._lock:
            self._opened.add(room_id)

    def step(self, waits: bool) -> bool:
        """One request; whether it brought anything."""
        complete = self._end >= self.model.count and self.loop.pos is not None
        fresh = self.loop.pos is None
        answer = self.loop.ask(self._body(), LONG_MS if waits and complete else 0)
        if answer is None:
            if self.loop.pos is None and not fresh:
                # The position is not known any more: everything again, from a small window on.
                faults = self.model.faults
                self.model, self._end = Model(faults=faults), BATCH - 1
            return True
        if fresh and any(not room.get("initial") for room in answer["rooms"].values()):
            self.model.faults.append("the first answer has a room that is not told whole")
        self.model.take(answer)
        grows = self._end < self.model.count
        if grows:
            self._end += BATCH
        return grows or bool(answer["rooms"]) or bool(answer.get("extensions"))

    def _body(self) -> dict[str, Any]:
        with self._lock:
            opened = sorted(self._opened)
        return {
            "lists": {"all_rooms": {
                "ranges": [[0, self._end]], "timeline_limit": 1, "required_state": LISTED,
                "filters": {"is_invite": None},
            }},
            "room_subscriptions": {room: {"timeline_limit": 20, "required_state": SUBSCRIBED} for room in opened},
            "extensions": {
                "account_data": {"enabled": True},
                "receipts": {"enabled": True, "rooms": ["*"]},
                "typing": {"enabled": True},
                PROFILES: {"enabled": True, "fields": [STATUS]},
            },
        }


class Encryption:
    """The connection `encryption`: messages to the device, and whose keys have changed."""

    def __init__(self, url: str, account: Account) -> None:
        self.loop = Loop(url, account, "encryption")
        self.numbers: list[int] = []
        self.changed: set[str] = set()
        self._since: str | None = None

    def step(self, waits: bool) -> bool:
        """One request; whether it brought anything."""
        body = {"extensions": {
            "e2ee": {"enabled": True},
            "to_device": {"enabled": True, "limit": 10, **({"since": self._since} if self._since else {})},
        }}
        answer = self.loop.ask(body, LONG_MS if waits else 0)
        if answer is None:
            return True
        told = answer["extensions"]
        if answer["rooms"]:
            self.loop.faults.append("the connection of encryption was told of rooms")
        self._since = told["to_device"]["next_batch"]
        messages = told["to_device"]["events"]
        self.numbers += [message["content"]["number"] for message in messages]
        lists = told["e2ee"].get("device_lists", {})
        self.changed |= set(lists.get("changed", []))
        return bool(messages) or bool(lists)
