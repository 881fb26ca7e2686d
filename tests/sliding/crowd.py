"""The others: they write, set state, come and go, invite and remove, read and type."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from wire.account import Account, call, must, register
from wire.http import Connection, Dropped

V3 = "/_matrix/client/v3"
RETRY_S = 0.1
# The field of a profile that says what somebody is doing (MSC4426).
STATUS = "m.status"


@dataclass
class Crowd:
    """Several people, and the user whose client is tested, with a second device that acts too."""

    url: str
    user: Account
    chance: random.Random
    people: list[Account] = field(default_factory=list)
    rooms: list[str] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    actions: int = 0
    _serial: int = 0

    def __post_init__(self) -> None:
        self._connection = Connection(self.url, timeout_s=60)

    def gather(self, people: int, rooms: int) -> None:
        """Accounts, and rooms in which the user is."""
        self.people = [register(self._connection, f"crowd{number}") for number in range(people)]
        for number in range(rooms):
            creator = self.chance.choice([self.user, *self.people])
            body: dict[str, Any] = {"preset": "public_chat"}
            if number % 3:
                body["name"] = f"room {number}"
            room = must(self._connection, "POST", f"{V3}/createRoom", body, creator.token)["room_id"]
            self.rooms.append(room)
            for account in {one.user_id: one for one in (self.user, *self.people[:2])}.values():
                self._post(account, f"{V3}/join/{quote(room)}")

    def act(self) -> None:
        """Something happens."""
        self.actions += 1
        deeds = self.deeds()
        chosen = self.chance.choices([deed for deed, _ in deeds], [weight for _, weight in deeds])[0]
        chosen()

    def deeds(self) -> list[tuple[Callable[[], None], int]]:
        """What may happen, and how often it does beside the others."""
        return [(self._say, 12), (self._set_state, 4), (self._come_or_go, 3), (self._move_user, 2), (self._read, 4),
                (self._type, 2), (self._send_to_device, 4), (self._set_data, 3), (self._create, 1),
                (self._show_status, 3)]

    def _say(self) -> None:
        room, sender = self.chance.choice(self.rooms), self._anybody()
        for _ in range(self.chance.choice([1, 1, 1, 2, 5, 30])):
            body = {"msgtype": "m.text", "body": f"words {self._next()}"}
            self._put(sender, f"{V3}/rooms/{quote(room)}/send/m.room.message/{self._next()}", body)

    def _set_state(self) -> None:
        room, sender = self.chance.choice(self.rooms), self._anybody()
        kind, content = self.chance.choice([
            ("m.room.topic", {"topic": f"topic {self._next()}"}), ("m.room.name", {"name": f"name {self._next()}"}),
            ("m.room.name", {}), ("m.room.pinned_events", {"pinned": [f"${self._next()}"]}),
        ])
        self._put(sender, f"{V3}/rooms/{quote(room)}/state/{kind}", content)

    def _come_or_go(self) -> None:
        room, who = self.chance.choice(self.rooms), self.chance.choice(self.people)
        self._post(who, f"{V3}/rooms/{quote(room)}/{self.chance.choice(['join', 'leave'])}")

    def _move_user(self) -> None:
        """The user comes, goes, is invited or removed; who may not is refused, which changes nothing."""
        room, by = self.chance.choice(self.rooms), self.chance.choice(self.people)
        match self.chance.choice(["join", "join", "join", "leave", "invite", "kick"]):
            case "join" | "leave" as verb:
                self._post(self.user, f"{V3}/rooms/{quote(room)}/{verb}")
            case verb:
                self._post(by, f"{V3}/rooms/{quote(room)}/{verb}", {"user_id": self.user.user_id})

    def _read(self) -> None:
        room, reader = self.chance.choice(self.rooms), self._anybody()
        page = self._call(reader, "GET", f"{V3}/rooms/{quote(room)}/messages?dir=b&limit=1")
        if page is not None and page["chunk"]:
            kind = self.chance.choice(["m.read", "m.read.private"])
            event = quote(page["chunk"][0]["event_id"])
            self._post(reader, f"{V3}/rooms/{quote(room)}/receipt/{kind}/{event}")

    def _type(self) -> None:
        room, who = self.chance.choice(self.rooms), self.chance.choice(self.people)
        body = {"typing": self.chance.random() < 0.5, "timeout": 30_000}
        self._put(who, f"{V3}/rooms/{quote(room)}/typing/{quote(who.user_id)}", body)

    def _send_to_device(self) -> None:
        number, sender = self._next(), self.chance.choice(self.people)
        messages = {self.user.user_id: {self.user.device_id: {"number": number}}}
        if self._put(sender, f"{V3}/sendToDevice/org.example.number/{number}", {"messages": messages}) is not None:
            self.sent.append(number)

    def _set_data(self) -> None:
        own, room = f"{V3}/user/{quote(self.user.user_id)}", self.chance.choice(self.rooms)
        match self.chance.choice(["global", "room", "direct", "tag"]):
            case "global":
                self._put(self.user, f"{own}/account_data/org.example.{self.chance.randint(0, 3)}", {"x": self._next()})
            case "room":
                self._put(self.user, f"{own}/rooms/{quote(room)}/account_data/org.example.x", {"x": self._next()})
            case "direct":
                rooms = self.chance.sample(self.rooms, 3)
                self._put(self.user, f"{own}/account_data/m.direct", {self.people[0].user_id: rooms})
            case _:
                self._put(self.user, f"{own}/rooms/{quote(room)}/tags/u.work", {"order": self.chance.random()})

    def _show_status(self) -> None:
        """Somebody says what they are doing, or no longer."""
        who = self._anybody()
        path = f"{V3}/profile/{quote(who.user_id)}/{STATUS}"
        if self.chance.random() < 0.3:
            self._call(who, "DELETE", path)
        else:
            self._put(who, path, {STATUS: {"text": f"doing {self._next()}"}})

    def _create(self) -> None:
        creator = self.chance.choice(self.people)
        body = {"preset": "public_chat", "invite": [self.user.user_id], "name": f"new {self._next()}"}
        made = self._post(creator, f"{V3}/createRoom", body)
        if made is not None:
            self.rooms.append(made["room_id"])

    def _anybody(self) -> Account:
        return self.chance.choice([self.user, *self.people])

    def _next(self) -> int:
        self._serial += 1
        return self._serial

    def _put(self, account: Account, path: str, body: Any) -> Any:
        return self._call(account, "PUT", path, body)

    def _post(self, account: Account, path: str, body: Any = None) -> Any:
        return self._call(account, "POST", path, {} if body is None else body)

    def _call(self, account: Account, method: str, path: str, body: Any = None) -> Any:
        """The answer, or `None` where it was refused; asks again while the server is away."""
        while True:
            try:
                answer = call(self._connection, method, path, body, account.token)
            except Dropped:
                time.sleep(RETRY_S)
                continue
            if answer.status < 500:
                return answer.json() if answer.status == 200 else None
            time.sleep(RETRY_S)
