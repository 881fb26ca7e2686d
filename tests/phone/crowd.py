"""The crowd of `sliding`, and what else changes a room list: mentions, edits, redactions, mutes, upgrades."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from sliding.crowd import V3, Crowd


class Others(Crowd):
    """People who make a room list move."""

    def deeds(self) -> list[tuple[Callable[[], None], int]]:
        return [*super().deeds(), (self._mention, 4), (self._edit, 3), (self._redact, 2), (self._mute, 1),
                (self._mark_unread, 1), (self._upgrade, 1)]

    def invite(self, rooms: int) -> None:
        """Rooms to which the user is invited."""
        for number in range(rooms):
            body = {"preset": "private_chat", "name": f"invite {number}", "invite": [self.user.user_id],
                    "is_direct": number % 2 == 0}
            self.rooms.append(self._post(self.chance.choice(self.people), f"{V3}/createRoom", body)["room_id"])

    def _mention(self) -> None:
        content = {"msgtype": "m.text", "body": f"you {self._next()}", "m.mentions": {"user_ids": [self.user.user_id]}}
        self._send(self.chance.choice(self.people), self.chance.choice(self.rooms), "m.room.message", content)

    def _edit(self) -> None:
        room, who = self.chance.choice(self.rooms), self._anybody()
        for event in self._latest(who, room):
            if event["type"] == "m.room.message" and event["sender"] == who.user_id and "body" in event["content"]:
                new = {"msgtype": "m.text", "body": f"better {self._next()}"}
                relation = {"rel_type": "m.replace", "event_id": event["event_id"]}
                content = {**new, "body": f"* {new['body']}", "m.new_content": new, "m.relates_to": relation}
                self._send(who, room, "m.room.message", content)
                return

    def _redact(self) -> None:
        room, who = self.chance.choice(self.rooms), self._anybody()
        for event in self._latest(who, room):
            if event["type"] == "m.room.message" and event["sender"] == who.user_id:
                target = quote(event["event_id"])
                self._put(who, f"{V3}/rooms/{quote(room)}/redact/{target}/{self._next()}", {})
                return

    def _mute(self) -> None:
        room = self.chance.choice(self.rooms)
        self._put(self.user, f"{V3}/pushrules/global/room/{quote(room)}",
                  {"actions": self.chance.choice([[], ["notify"]])})

    def _mark_unread(self) -> None:
        room, own = self.chance.choice(self.rooms), f"{V3}/user/{quote(self.user.user_id)}"
        self._put(self.user, f"{own}/rooms/{quote(room)}/account_data/m.marked_unread", {"unread": True})

    def _upgrade(self) -> None:
        room, who = self.chance.choice(self.rooms), self._anybody()
        made = self._post(who, f"{V3}/rooms/{quote(room)}/upgrade", {"new_version": "12"})
        if made is not None:
            self.rooms.append(made["replacement_room"])
            self._post(self.user, f"{V3}/join/{quote(made['replacement_room'])}")

    def _latest(self, who: Any, room: str) -> list[Any]:
        page = self._call(who, "GET", f"{V3}/rooms/{quote(room)}/messages?dir=b&limit=5")
        return page["chunk"] if page is not None else []

    def _send(self, who: Any, room: str, kind: str, content: Any) -> None:
        self._put(who, f"{V3}/rooms/{quote(room)}/send/{kind}/{self._next()}", content)
