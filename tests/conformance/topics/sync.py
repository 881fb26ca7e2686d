"""Both syncs, over rooms in every membership."""

import json

from conformance.api import Api
from conformance.cast import Cast

SLIDING = "POST /_matrix/client/unstable/org.matrix.simplified_msc3575/sync"
SYNC = "GET /sync"


def exercise(api: Api, cast: Cast) -> None:
    """Initial, incremental, filtered; then the sliding window with its extensions."""
    memberships(api, cast)
    first = api.need(SYNC, 200, cast.bob)
    api.check(SYNC, "the room is not there", cast.room in first["rooms"]["join"])
    noise(api, cast)
    second = api.need(SYNC, 200, cast.bob, query={"since": first["next_batch"], "timeout": 1000})
    news = second.get("rooms", {}).get("join", {}).get(cast.room, {})
    counts = news.get("unread_notifications", {})
    api.check(SYNC, f"a mention is not counted: {counts}", counts.get("highlight_count") == 1)
    passing = news.get("ephemeral", {}).get("events", [])
    kinds = {event["type"] for event in passing}
    api.check(SYNC, f"of what passes by only {kinds}", kinds == {"m.typing", "m.receipt"})
    api.check(SYNC, "a private receipt is shown to others", "m.read.private" not in json.dumps(passing))
    api.check(SYNC, "no message to the device", bool(second.get("to_device", {}).get("events")))
    since = {"since": second["next_batch"]}
    empty = api.need(SYNC, 200, cast.bob, query=since)
    api.check(SYNC, "a room without news", not empty.get("rooms", {}).get("join"))
    api.call(SYNC, 200, cast.bob, query={**since, "full_state": "true"})
    after = api.need(SYNC, 200, cast.bob, query={"use_state_after": "true"})
    joined = after["rooms"]["join"][cast.room]
    api.check(SYNC, "no state_after", "state_after" in joined and "state" not in joined)
    narrow = {"room": {"timeline": {"limit": 2}, "state": {"lazy_load_members": True}}}
    limited = api.need(SYNC, 200, cast.bob, query={"filter": json.dumps(narrow)})
    timeline = limited["rooms"]["join"][cast.room]["timeline"]
    api.check(SYNC, "the timeline is not limited", timeline["limited"] and len(timeline["events"]) == 2)
    page = api.need("GET /rooms/{roomId}/messages", 200, cast.bob, path={"roomId": cast.room},
                    query={"dir": "b", "from": timeline["prev_batch"], "limit": 3})
    shown = {event["event_id"] for event in timeline["events"]}
    older = {event["event_id"] for event in page["chunk"]}
    api.check(SYNC, "prev_batch leads to the same events", len(older) == 3 and not shown & older)
    sliding(api, cast)


def memberships(api: Api, cast: Cast) -> None:
    """Bob: invited to one room, knocking at one, gone from one."""
    bob = {"user_id": cast.bob.user_id}
    invite = {"preset": "private_chat", "name": "Come in", "invite": [cast.bob.user_id]}
    api.call("POST /createRoom", 200, cast.alice, body=invite)
    rule = {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "knock"}}
    door = api.need("POST /createRoom", 200, cast.alice, body={"initial_state": [rule]})["room_id"]
    api.call("POST /knock/{roomIdOrAlias}", 200, cast.bob, path={"roomIdOrAlias": door}, body={})
    left = api.need("POST /createRoom", 200, cast.alice, body={"preset": "public_chat"})["room_id"]
    api.call("POST /rooms/{roomId}/join", 200, cast.bob, path={"roomId": left}, body={})
    api.call("POST /rooms/{roomId}/kick", 200, cast.alice, path={"roomId": left}, body=bob)
    found = api.need(SYNC, 200, cast.bob, query={"filter": '{"room":{"include_leave":true}}'})["rooms"]
    api.check(SYNC, "no invite", bool(found.get("invite")))
    api.check(SYNC, "no knock", door in found.get("knock", {}))
    api.check(SYNC, "no left room", left in found.get("leave", {}))


def noise(api: Api, cast: Cast) -> None:
    """Something of every kind happens in the room: message, typing, receipt, to-device."""
    room = {"roomId": cast.room}
    body = {"msgtype": "m.text", "body": f"hello {cast.bob.user_id}",
            "m.mentions": {"user_ids": [cast.bob.user_id]}}
    send = "PUT /rooms/{roomId}/send/{eventType}/{txnId}"
    path = {**room, "eventType": "m.room.message", "txnId": "noise"}
    event = api.need(send, 200, cast.alice, path=path, body=body)["event_id"]
    typing = "PUT /rooms/{roomId}/typing/{userId}"
    own = {**room, "userId": cast.alice.user_id}
    api.call(typing, 200, cast.alice, path=own, body={"typing": True, "timeout": 20000})
    api.call(typing, 403, cast.bob, path=own, body={"typing": True, "timeout": 20000}, errcode="M_FORBIDDEN")
    receipt = "POST /rooms/{roomId}/receipt/{receiptType}/{eventId}"
    read = {**room, "receiptType": "m.read", "eventId": event}
    api.call(receipt, 200, cast.carol, path=read, body={})
    api.call(receipt, 200, cast.carol, path={**read, "receiptType": "m.read.private"}, body={})
    api.call(receipt, 200, cast.carol, path=read, body={"thread_id": "main"})
    api.call(receipt, 400, cast.carol, path=read, body={"thread_id": 7}, errcode="M_INVALID_PARAM|M_BAD_JSON")
    api.call(receipt, 400, cast.carol, path={**read, "receiptType": "no.such.type"}, body={},
             errcode="M_INVALID_PARAM|M_UNRECOGNIZED")
    markers = {"m.fully_read": event, "m.read": event}
    api.call("POST /rooms/{roomId}/read_markers", 200, cast.carol, path=room, body=markers)
    to_device = "PUT /sendToDevice/{eventType}/{txnId}"
    path = {"eventType": "org.example.hello", "txnId": "noise"}
    api.call(to_device, 200, cast.alice, path=path, body={"messages": {cast.bob.user_id: {"*": {"n": 1}}}})
    api.call(to_device, 400, cast.alice, path={**path, "txnId": "bad"}, raw=b"{", errcode="M_NOT_JSON")
    api.call(to_device, 400, cast.alice, path={**path, "txnId": "none"}, body={},
             errcode="M_MISSING_PARAM|M_BAD_JSON")


def sliding(api: Api, cast: Cast) -> None:
    """The window of Element X, then what is new since its `pos`, then an unknown `pos`."""
    extensions = {name: {"enabled": True} for name in ("account_data", "receipts", "typing", "to_device", "e2ee")}
    window = {
        "ranges": [[0, 19]],
        "timeline_limit": 3,
        "required_state": [["m.room.name", ""], ["m.room.member", "$LAZY"], ["m.room.member", "$ME"]],
    }
    body = {"conn_id": "room-list", "lists": {"all_rooms": window}, "extensions": extensions}
    first = api.need(SLIDING, 200, cast.bob, body=body)
    api.check(SLIDING, "the room is not there", cast.room in first["rooms"])
    path = {"roomId": cast.room, "eventType": "m.room.message", "txnId": "sliding"}
    api.call("PUT /rooms/{roomId}/send/{eventType}/{txnId}", 200, cast.alice, path=path,
             body={"msgtype": "m.text", "body": "news"})
    query = {"pos": first["pos"], "timeout": 1000}
    second = api.need(SLIDING, 200, cast.bob, query=query, body=body)
    room = second["rooms"].get(cast.room, {"timeline": []})
    bodies = [event["content"].get("body") for event in room.get("timeline", [])]
    api.check(SLIDING, f"not the news but {bodies}", bodies == ["news"])
    subscribed = {"room_subscriptions": {cast.room: {"timeline_limit": 5, "required_state": [["*", "*"]]}}}
    third = api.need(SLIDING, 200, cast.bob, query={"pos": second["pos"]}, body={**body, **subscribed})
    state = third["rooms"].get(cast.room, {}).get("required_state", [])
    api.check(SLIDING, "no state for the subscription", "m.room.create" in {event["type"] for event in state})
    api.call(SLIDING, 400, cast.bob, query={"pos": "1234567/nobody-made-this"}, body=body,
             errcode="M_UNKNOWN_POS")
    api.call(SLIDING, 400, cast.bob, raw=b"{", errcode="M_NOT_JSON")
