"""Compares what the phone shows with what `/v3/sync` says from scratch."""

import json
from typing import Any
from urllib.parse import quote

from sliding.crowd import V3
from sliding.verdict import current_state, difference, name_of, unread_of
from wire.account import Account, must
from wire.http import Connection

# Events of each room that the truth has.
EVENTS = 60
# The events of a room that the SDK is given when its user looks at it.
SEEN = 20
# What moves a room up (MSC4186).
BUMPS = {"m.room.create", "m.room.message", "m.room.encrypted", "m.sticker", "m.call.invite"}


def verdict(connection: Connection, user: Account, entries: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Checks by name, each with what is wrong."""
    wanted = quote(json.dumps({"room": {"timeline": {"limit": EVENTS}, "include_leave": False}}))
    truth = must(connection, "GET", f"{V3}/sync?filter={wanted}", token=user.token)
    rooms = truth["rooms"]
    joined, invited, knocked = rooms.get("join", {}), rooms.get("invite", {}), rooms.get("knock", {})
    replaced = replaced_rooms(joined, invited)
    pairs = [(entry, joined[entry["room_id"]]) for entry in entries if entry["room_id"] in joined]
    previews = [(entry, preview_of(user.user_id, true)) for entry, true in pairs]
    return {
        # Whether the old version of a room is still shown is the SDK's business: it looks again when that room changes.
        "the list has the joined rooms": difference(shown(entries, "join") - replaced, set(joined) - replaced),
        "and the invites": difference(shown(entries, "invite"), set(invited)),
        "and what the user knocks at": difference(shown(entries, "knock"), set(knocked)),
        "each once": [] if len({entry["room_id"] for entry in entries}) == len(entries) else ["a room is there twice"],
        "their names": wrong(pairs, "named", name_of),
        "their topics": wrong(pairs, "topic", topic_of),
        "how many are in them": wrong(pairs, "joined", lambda true: true["summary"].get("m.joined_member_count")),
        "what notifies": wrong(pairs, "notifications", lambda true: unread_of(true)[0]),
        "what highlights": wrong(pairs, "highlights", lambda true: unread_of(true)[1]),
        "which are direct": direct_faults(entries, truth),
        "their previews": preview_faults(previews),
        "their order: the newest preview first": order_faults(previews),
        "and the server's own: the latest message first": recency_faults(user.user_id, pairs),
    }


def shown(entries: list[dict[str, Any]], membership: str) -> set[str]:
    """The rooms that the list shows with this membership."""
    return {entry["room_id"] for entry in entries if entry["membership"] == membership}


def replaced_rooms(joined: dict[str, Any], invited: dict[str, Any]) -> set[str]:
    """Joined rooms whose replacement the list has too: it shows the newest only."""
    replaced = set()
    for room_id, true in joined.items():
        tombstone = current_state(true).get(("m.room.tombstone", ""))
        successor = tombstone["content"].get("replacement_room") if tombstone is not None else None
        if successor in joined or successor in invited:
            replaced.add(room_id)
    return replaced


def wrong(pairs: list[tuple[dict[str, Any], Any]], field: str, server: Any) -> list[str]:
    """Rooms whose `field` is not what the server says."""
    return [f"{entry['room_id']}: {entry[field]!r}, not {server(true)!r}"
            for entry, true in pairs if entry[field] != server(true)]


def topic_of(true: Any) -> str | None:
    """The topic that the state gives."""
    event = current_state(true).get(("m.room.topic", ""))
    return event["content"].get("topic") if event is not None else None


def preview_of(user: str, true: Any) -> dict[str, Any] | None:
    """The event that a preview shows: the latest message, or the latest edit of it, or the user's own arrival. Not judged
    where a later one was redacted: what the SDK then shows follows from what it happens to have loaded before it, and may be
    nothing, or still that one."""
    edits: dict[str, Any] = {}
    for event in reversed(true["timeline"]["events"][-SEEN:]):
        content, relation = event["content"], event["content"].get("m.relates_to", {})
        if event["type"] == "m.room.message" and "msgtype" not in content:
            return None
        if event["type"] == "m.room.message":
            if relation.get("rel_type") == "m.replace":
                edits.setdefault(relation["event_id"], event)
                continue
            return edits.get(event["event_id"], event)
        if event["type"] == "m.room.member" and event["state_key"] == user and content["membership"] == "join":
            if event.get("unsigned", {}).get("prev_content", {}).get("membership") != "join":
                return event
    return None


def preview_faults(previews: list[tuple[dict[str, Any], Any]]) -> list[str]:
    """Previews that show another event than the latest."""
    faults = [f"{entry['room_id']}: {entry['preview']}, not {event['event_id']}"
              for entry, event in previews if event is not None and entry["preview"] != event["event_id"]]
    certain = sum(event is not None for _, event in previews)
    return faults + ([] if certain > len(previews) * 0.9 else [f"only {certain} of {len(previews)} could be judged"])


def order_faults(previews: list[tuple[dict[str, Any], Any]]) -> list[str]:
    """Neighbours of the list the lower of which is newer."""
    dated = [(entry["room_id"], event["origin_server_ts"]) for entry, event in previews if event is not None]
    return [f"{low} ({low_ts}) is below {high} ({high_ts})"
            for (high, high_ts), (low, low_ts) in zip(dated, dated[1:]) if low_ts > high_ts]


def recency_faults(user: str, pairs: list[tuple[dict[str, Any], Any]]) -> list[str]:
    """Rooms that the server's own stamps put into another order than their latest messages."""
    dated = []
    for entry, true in pairs:
        bumps = [event for event in true["timeline"]["events"] if event["type"] in BUMPS]
        arrivals = [event for event in true["timeline"]["events"]
                    if event["type"] == "m.room.member" and event["state_key"] == user]
        if bumps and (not arrivals or arrivals[-1]["origin_server_ts"] < bumps[-1]["origin_server_ts"]):
            dated.append((entry["recency"], bumps[-1]["origin_server_ts"], entry["room_id"]))
    dated.sort()
    return [f"{later[2]} ({later[1]}) has a higher stamp than {earlier[2]} ({earlier[1]})"
            for earlier, later in zip(dated, dated[1:]) if later[1] < earlier[1]]


def direct_faults(entries: list[dict[str, Any]], truth: Any) -> list[str]:
    """Joined rooms that are direct for one of the two only."""
    data = {event["type"]: event["content"] for event in truth["account_data"]["events"]}
    direct = {room for listed in data.get("m.direct", {}).values() for room in listed}
    return [f"{entry['room_id']}: {entry['direct']}" for entry in entries
            if entry["membership"] == "join" and entry["direct"] != (entry["room_id"] in direct)]
