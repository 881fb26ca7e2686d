"""Compares what the client knows with what `/v3/sync` says from scratch."""

import json
from typing import Any
from urllib.parse import quote

from sliding.client import LISTED, Encryption, RoomList
from sliding.crowd import STATUS, V3, Crowd
from sliding.model import Room
from wire.account import call, must
from wire.http import Connection

EVENTS = 100


def verdict(connection: Connection, crowd: Crowd, room_list: RoomList, encryption: Encryption) -> dict[str, list[str]]:
    """Checks by name, each with what is wrong."""
    model, user = room_list.model, crowd.user
    wanted = quote(json.dumps({"room": {"timeline": {"limit": EVENTS}, "include_leave": False}}))
    truth = must(connection, "GET", f"{V3}/sync?filter={wanted}", token=user.token)
    joined, invited = truth["rooms"].get("join", {}), truth["rooms"].get("invite", {})
    pairs = [(room_id, model.rooms[room_id], joined[room_id]) for room_id in joined if room_id in model.rooms]
    told = {room_id: room.membership for room_id, room in model.rooms.items()}
    return {
        "the client knows the joined rooms": difference(known(told, "join"), set(joined)),
        "and the invites": difference(known(told, "invite"), set(invited)),
        "their names": unequal(pairs, lambda room: room.name, name_of),
        "their state": [fault for pair in pairs for fault in state_faults(user.user_id, *pair)],
        "how many are in them": unequal(
            pairs, lambda room: room.joined, lambda true: true["summary"].get("m.joined_member_count")),
        "how much is unread": unequal(pairs, lambda room: room.unread, unread_of),
        "which are direct": direct_faults(model.rooms, truth),
        "their latest events, without a gap": [fault for pair in pairs for fault in timeline_faults(*pair)],
        "the user's own data": data_faults(model.account_data, truth["account_data"]["events"]),
        "and that of rooms": [f"{room_id}: {fault}" for room_id, _, true in pairs for fault in data_faults(
            model.room_data.get(room_id, {}), true["account_data"]["events"])],
        "what those people show whom it knows": status_faults(connection, pairs, model.profiles),
        "messages to the device, each once and in order": [] if encryption.numbers == crowd.sent else [
            f"{len(encryption.numbers)} of {len(crowd.sent)}: {encryption.numbers[-5:]}, not {crowd.sent[-5:]}"],
        "answers that make sense": model.faults + encryption.loop.faults,
        "something was tested": [] if pairs and crowd.sent and room_list.loop.answers > 5 else ["nothing happened"],
    }


def known(told: dict[str, str], membership: str) -> set[str]:
    """The rooms in which the client takes the user for `membership`."""
    return {room_id for room_id, one in told.items() if one == membership}


def difference(client: set[str], server: set[str]) -> list[str]:
    """What only one of them has."""
    return [f"only the client: {one}" for one in client - server] + [f"only the server: {one}" for one in server - client]


def unequal(pairs: list[tuple[str, Room, Any]], client: Any, server: Any) -> list[str]:
    """Rooms of which the two say different things."""
    return [f"{room_id}: {client(room)!r}, not {server(true)!r}"
            for room_id, room, true in pairs if client(room) != server(true)]


def current_state(true: Any) -> dict[tuple[str, str], Any]:
    """The state after the timeline."""
    events = [*true["state"]["events"], *true["timeline"]["events"]]
    return {(event["type"], event["state_key"]): event for event in events if "state_key" in event}


def name_of(true: Any) -> str | None:
    """The name that the state gives; an empty one is none."""
    event = current_state(true).get(("m.room.name", ""))
    return (event["content"].get("name") or None) if event is not None else None


def unread_of(true: Any) -> tuple[int, int]:
    """Notifying and highlighting events."""
    counts = true["unread_notifications"]
    return counts["notification_count"], counts["highlight_count"]


def state_faults(user: str, room_id: str, room: Room, true: Any) -> list[str]:
    """The state that was asked for is there and current; members that are there are current."""
    state, faults = current_state(true), []
    kinds = {kind for kind, key in LISTED if key in ("", "*")}
    for (kind, key), event in state.items():
        wanted = kind in kinds or (kind == "m.room.member" and (key == user or (kind, key) in room.state))
        mine = room.state.get((kind, key))
        if wanted and (mine is None or mine["event_id"] != event["event_id"]):
            faults.append(f"{room_id} {kind} {key}: {mine and mine['event_id']}, not {event['event_id']}")
    return faults


def timeline_faults(room_id: str, room: Room, true: Any) -> list[str]:
    """What the client has since its last gap are the latest events, all of them and in their order."""
    server = [event["event_id"] for event in true["timeline"]["events"]]
    client = room.events[-len(server):] if server else []
    if not client:
        return [f"{room_id}: the client has no event"]
    return [] if server[-len(client):] == client else [f"{room_id}: {client[-3:]}, not {server[-3:]}"]


def direct_faults(rooms: dict[str, Room], truth: Any) -> list[str]:
    """The rooms of `m.direct` that the client knows are direct for it, and no others."""
    data = {event["type"]: event["content"] for event in truth["account_data"]["events"]}
    direct = {room for listed in data.get("m.direct", {}).values() for room in listed}
    return [f"{room_id}: {room.is_dm}" for room_id, room in rooms.items()
            if room.membership in ("join", "invite") and room.is_dm != (room_id in direct)]


def status_faults(connection: Connection, pairs: list[tuple[str, Room, Any]], profiles: dict[str, Any]) -> list[str]:
    """Members that the client was told of, with another status than they have."""
    known = {key for _, room, true in pairs for (kind, key), event in room.state.items() if kind == "m.room.member"
             and event["content"]["membership"] == "join" and is_current(current_state(true), event)}
    faults = []
    for user in known:
        answer = call(connection, "GET", f"{V3}/profile/{quote(user)}/{STATUS}")
        status, told = answer.json().get(STATUS), profiles.get(user, {}).get(STATUS)
        if status != told:
            faults.append(f"{user}: {told}, not {status}")
    return faults + ([] if any(profiles.values()) or not known else ["nobody shows anything"])


def is_current(state: dict[tuple[str, str], Any], event: Any) -> bool:
    """Whether this event is in the state."""
    now = state.get((event["type"], event["state_key"]))
    return now is not None and now["event_id"] == event["event_id"]


def data_faults(client: dict[str, Any], events: list[Any]) -> list[str]:
    """Data that is missing or old."""
    return [f"{event['type']}: {client.get(event['type'])!r}, not {event['content']!r}"[:300]
            for event in events if client.get(event["type"]) != event["content"]]
