"""What a client knows: built from the answers of sliding sync alone, by the rules of MSC4186."""

from dataclasses import dataclass, field
from typing import Any

# The extension of profiles (MSC4262).
PROFILES = "org.matrix.msc4262.profiles"


@dataclass
class Room:
    """A room as the client shows it."""

    membership: str = ""
    name: str | None = None
    is_dm: bool = False
    joined: int | None = None
    unread: tuple[int, int] = (0, 0)
    bump: int = 0
    state: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    gap: str | None = None


@dataclass
class Model:
    """All that the client knows. `faults` are answers that no client can make sense of."""

    rooms: dict[str, Room] = field(default_factory=dict)
    count: int = 0
    account_data: dict[str, Any] = field(default_factory=dict)
    room_data: dict[str, dict[str, Any]] = field(default_factory=dict)
    receipts: dict[tuple[str, str, str], str] = field(default_factory=dict)
    typing: dict[str, list[str]] = field(default_factory=dict)
    profiles: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def take(self, answer: dict[str, Any]) -> None:
        """Applies one answer of the room list's connection."""
        for listed in answer.get("lists", {}).values():
            self.count = listed["count"]
        for room_id, told in answer.get("rooms", {}).items():
            self._take_room(room_id, told)
        self._take_extensions(answer.get("extensions", {}))

    def _take_room(self, room_id: str, told: dict[str, Any]) -> None:
        known = self.rooms.get(room_id)
        if told.get("initial"):
            known = self.rooms[room_id] = Room()
        elif known is None:
            self.faults.append(f"{room_id} was told by its changes, and never whole")
            known = self.rooms[room_id] = Room()
        known.membership = told.get("membership", known.membership)
        known.name = told["name"] if "name" in told else known.name
        known.is_dm = told.get("is_dm", known.is_dm)
        known.joined = told.get("joined_count", known.joined)
        known.bump = told.get("bump_stamp", known.bump)
        if "notification_count" in told:
            known.unread = (told["notification_count"], told["highlight_count"])
        for event in told.get("required_state", []):
            known.state[event["type"], event["state_key"]] = event
        self._take_timeline(room_id, known, told)

    def _take_timeline(self, room_id: str, known: Room, told: dict[str, Any]) -> None:
        ids = [event["event_id"] for event in told.get("timeline", [])]
        if told.get("unstable_expanded_timeline"):
            older = [one for one in known.events if one not in set(ids)]
            known.events = older + ids
            known.gap = None
            return
        twice = [one for one in ids if one in set(known.events)]
        if twice:
            self.faults.append(f"{room_id}: {len(twice)} events were told twice, as {twice[0]}")
        if told.get("limited") and not told.get("initial"):
            # There is something between what is known and this: the client begins anew with what it has got.
            known.events = []
        known.events += [one for one in ids if one not in set(known.events)]

    def _take_extensions(self, told: dict[str, Any]) -> None:
        data = told.get("account_data", {})
        for event in data.get("global", []):
            self.account_data[event["type"]] = event["content"]
        for room_id, events in data.get("rooms", {}).items():
            for event in events:
                self.room_data.setdefault(room_id, {})[event["type"]] = event["content"]
        for room_id, event in told.get("receipts", {}).get("rooms", {}).items():
            for event_id, kinds in event["content"].items():
                for kind, users in kinds.items():
                    for user in users:
                        self.receipts[room_id, kind, user] = event_id
        for room_id, event in told.get("typing", {}).get("rooms", {}).items():
            self.typing[room_id] = event["content"]["user_ids"]
        for user, news in told.get(PROFILES, {}).get("users", {}).items():
            if news is None:
                self.profiles.pop(user, None)
                continue
            known = self.profiles.setdefault(user, {})
            known.update(news.get("updated", {}))
            for name in news.get("removed", []):
                known.pop(name, None)
