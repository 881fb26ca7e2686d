"""A room's life: made, entered, written in, looked at, left."""

import secrets

from conformance.api import Api
from conformance.cast import Cast

NOWHERE = "!nobody-made-this:localhost"
ROOM = "/rooms/{roomId}"


def exercise(api: Api, cast: Cast) -> None:
    """Runs in this order: later parts use the room that the first makes (`cast.room`)."""
    create(api, cast)
    enter(api, cast)
    write(api, cast)
    look(api, cast)
    state(api, cast)
    directory(api, cast)
    remove(api, cast)
    knock(api, cast)
    upgrade(api, cast)


def text(body: str) -> dict:
    """A text message's content."""
    return {"msgtype": "m.text", "body": body}


def create(api: Api, cast: Cast) -> None:
    """Presets, versions and the refusals of createRoom."""
    made = api.need("POST /createRoom", 200, cast.alice, body={"preset": "private_chat", "name": "Salon"})
    cast.room = made["room_id"]
    for preset in ("public_chat", "trusted_private_chat"):
        api.call("POST /createRoom", 200, cast.alice, body={"preset": preset})
    for version in map(str, range(3, 13)):
        api.call("POST /createRoom", 200, cast.alice, body={"room_version": version})
    api.call("POST /createRoom", 400, cast.alice, body={"room_version": "no-such-version"},
             errcode="M_UNSUPPORTED_ROOM_VERSION")
    api.call("POST /createRoom", 400, cast.alice, raw=b"{", errcode="M_NOT_JSON")
    api.call("POST /createRoom", 400, cast.alice, body={"name": 7}, errcode="M_BAD_JSON|M_INVALID_PARAM")
    alias = f"taken-{secrets.token_hex(4)}"
    api.call("POST /createRoom", 200, cast.alice, body={"room_alias_name": alias})
    api.call("POST /createRoom", 400, cast.alice, body={"room_alias_name": alias}, errcode="M_ROOM_IN_USE")
    found = api.need("GET /joined_rooms", 200, cast.alice)
    api.check("GET /joined_rooms", "the room is not there", cast.room in found["joined_rooms"])


def enter(api: Api, cast: Cast) -> None:
    """Invites and joins, allowed and not."""
    room = {"roomId": cast.room}
    bob = {"user_id": cast.bob.user_id}
    api.call(f"POST {ROOM}/join", 403, cast.bob, path=room, body={}, errcode="M_FORBIDDEN")
    api.call("POST /join/{roomIdOrAlias}", 403, cast.bob, path={"roomIdOrAlias": cast.room}, body={},
             errcode="M_FORBIDDEN")
    api.call("POST /join/{roomIdOrAlias}", 404, cast.bob, body={},
             path={"roomIdOrAlias": "#nobody-made-this:localhost"}, errcode="M_NOT_FOUND")
    api.call(f"POST {ROOM}/invite", 200, cast.alice, path=room, body=bob)
    api.call(f"POST {ROOM}/invite", 403, cast.bob, path=room, body={"user_id": cast.carol.user_id},
             errcode="M_FORBIDDEN")
    api.call(f"POST {ROOM}/invite", 400, cast.alice, path=room, body={},
             errcode="M_MISSING_PARAM|M_BAD_JSON")
    api.call(f"POST {ROOM}/invite", 400, cast.alice, path=room, body={"user_id": "nobody"},
             errcode="M_INVALID_PARAM|M_BAD_JSON")
    api.call(f"POST {ROOM}/join", 200, cast.bob, path=room, body={})
    api.call(f"POST {ROOM}/invite", 200, cast.alice, path=room, body={"user_id": cast.carol.user_id})
    api.call("POST /join/{roomIdOrAlias}", 200, cast.carol, path={"roomIdOrAlias": cast.room}, body={})


def write(api: Api, cast: Cast) -> None:
    """Messages, the same transaction twice, redactions."""
    send = f"PUT {ROOM}/send/{{eventType}}/{{txnId}}"
    room = {"roomId": cast.room}
    message = {**room, "eventType": "m.room.message", "txnId": secrets.token_hex(4)}
    first = api.need(send, 200, cast.bob, path=message, body=text("once"))
    again = api.need(send, 200, cast.bob, path=message, body=text("once"))
    api.check(send, "a repeated transaction made another event", first == again)
    api.call(send, 400, cast.bob, path={**message, "txnId": "bad"}, raw=b"{", errcode="M_NOT_JSON")
    api.call(send, 400, cast.bob, path={**message, "txnId": "list"}, body=[], errcode="M_BAD_JSON")
    api.call(send, 400, cast.bob, path={**message, "txnId": "float"}, body={"n": 1.5}, errcode="M_BAD_JSON")
    api.call(send, 403, cast.stranger, path={**message, "txnId": "foreign"}, body=text("let me in"),
             errcode="M_FORBIDDEN")
    redact = f"PUT {ROOM}/redact/{{eventId}}/{{txnId}}"
    once = {**room, "eventId": first["event_id"], "txnId": secrets.token_hex(4)}
    api.call(redact, 403, cast.carol, path={**once, "txnId": "carol"}, body={}, errcode="M_FORBIDDEN")
    done = api.need(redact, 200, cast.bob, path=once, body={"reason": "regret"})
    again = api.need(redact, 200, cast.bob, path=once, body={"reason": "regret"})
    api.check(redact, "a repeated transaction made another event", done == again)


def look(api: Api, cast: Cast) -> None:
    """Every way to read a room, as a member and as a stranger."""
    room = {"roomId": cast.room}
    send = f"PUT {ROOM}/send/{{eventType}}/{{txnId}}"
    message = {**room, "eventType": "m.room.message", "txnId": secrets.token_hex(4)}
    sent = api.need(send, 200, cast.alice, path=message, body=text("look at this"))["event_id"]
    event = {**room, "eventId": sent}
    api.call(f"GET {ROOM}/event/{{eventId}}", 200, cast.bob, path=event)
    api.call(f"GET {ROOM}/event/{{eventId}}", 404, cast.stranger, path=event, errcode="M_NOT_FOUND")
    api.call(f"GET {ROOM}/context/{{eventId}}", 200, cast.bob, path=event, query={"limit": 4})
    absent = {**room, "eventId": "$nobody-sent-this"}
    api.call(f"GET {ROOM}/context/{{eventId}}", 404, cast.bob, path=absent, errcode="M_NOT_FOUND")
    paging(api, cast)
    api.call(f"GET {ROOM}/initialSync", 200, cast.bob, path=room, query={"limit": 5})
    api.call(f"GET {ROOM}/initialSync", 403, cast.stranger, path=room, errcode="M_FORBIDDEN")
    for part in ("members", "joined_members", "state", "aliases"):
        api.call(f"GET {ROOM}/{part}", 200, cast.bob, path=room)
        api.call(f"GET {ROOM}/{part}", 403, cast.stranger, path=room, errcode="M_FORBIDDEN")
    api.call(f"GET {ROOM}/aliases", 400, cast.bob, path={"roomId": "no room"}, errcode="M_INVALID_PARAM")
    joined = api.need(f"GET {ROOM}/members", 200, cast.bob, path=room, query={"membership": "join"})
    api.check(f"GET {ROOM}/members", "not three members", len(joined["chunk"]) == 3)


def paging(api: Api, cast: Cast) -> None:
    """Backwards to the room's creation, then forwards again over the same events."""
    room = {"roomId": cast.room}
    messages = f"GET {ROOM}/messages"
    seen: list[str] = []
    token: dict = {}
    last = ""
    for _ in range(60):
        page = api.need(messages, 200, cast.bob, path=room, query={"dir": "b", "limit": 5, **token})
        seen += [event["event_id"] for event in page["chunk"]]
        if "end" not in page or not page["chunk"]:
            break
        last = page["end"]
        token = {"from": last}
    api.check(messages, "an event twice", len(seen) == len(set(seen)))
    api.check(messages, "the creation is not reached", bool(seen) and "end" not in page or not page["chunk"])
    forward = api.need(messages, 200, cast.bob, path=room, query={"dir": "f", "limit": 100, "from": last})
    order = [event["event_id"] for event in forward["chunk"]]
    wanted = [one for one in reversed(seen) if one in order]
    api.check(messages, "another order forwards", bool(order) and order == wanted)
    narrow = '{"types":["m.room.message"]}'
    page = api.need(messages, 200, cast.bob, path=room, query={"dir": "b", "filter": narrow, "limit": 50})
    kinds = {event["type"] for event in page["chunk"]}
    api.check(messages, f"the filter let {kinds} through", kinds == {"m.room.message"})
    api.call(messages, 403, cast.stranger, path=room, query={"dir": "b"}, errcode="M_FORBIDDEN")


def state(api: Api, cast: Cast) -> None:
    """State set and read back, with and without a state key."""
    put = f"PUT {ROOM}/state/{{eventType}}/{{stateKey}}"
    get = f"GET {ROOM}/state/{{eventType}}/{{stateKey}}"
    topic = {"roomId": cast.room, "eventType": "m.room.topic", "stateKey": ""}
    api.call(put, 200, cast.alice, path=topic, body={"topic": "Everything"})
    found = api.need(get, 200, cast.bob, path=topic)
    api.check(get, "another topic", found.get("topic") == "Everything")
    own = {**topic, "eventType": "org.example.state", "stateKey": "some key/with a slash"}
    api.call(put, 200, cast.alice, path=own, body={"n": 1})
    api.call(get, 200, cast.bob, path=own)
    api.call(get, 404, cast.bob, path={**own, "stateKey": "other"}, errcode="M_NOT_FOUND")
    api.call(get, 403, cast.stranger, path=topic, errcode="M_FORBIDDEN")
    api.call(put, 403, cast.carol, path=topic, body={"topic": "x"}, errcode="M_FORBIDDEN")
    api.call(put, 400, cast.alice, path=topic, raw=b"{", errcode="M_NOT_JSON")
    alias = {**topic, "eventType": "m.room.canonical_alias"}
    api.call(put, 400, cast.alice, path=alias, body={"alias": "#nobody-made-this:localhost"},
             errcode="M_BAD_ALIAS")


def directory(api: Api, cast: Cast) -> None:
    """Aliases and the public room list."""
    alias = {"roomAlias": f"#salon-{secrets.token_hex(4)}:localhost"}
    one = "/directory/room/{roomAlias}"
    body = {"room_id": cast.room}
    api.call(f"PUT {one}", 200, cast.alice, path=alias, body=body)
    api.call(f"PUT {one}", 409, cast.alice, path=alias, body=body, errcode="M_UNKNOWN")
    api.call(f"PUT {one}", 400, cast.alice, path={"roomAlias": "no alias"}, body=body,
             errcode="M_INVALID_PARAM")
    found = api.need(f"GET {one}", 200, path=alias)
    api.check(f"GET {one}", "another room", found["room_id"] == cast.room)
    api.call(f"GET {one}", 400, path={"roomAlias": "no alias"}, errcode="M_INVALID_PARAM")
    api.call(f"GET {one}", 404, path={"roomAlias": "#nobody-made-this:localhost"}, errcode="M_NOT_FOUND")
    listed = api.need(f"GET {ROOM}/aliases", 200, cast.alice, path={"roomId": cast.room})
    api.check(f"GET {ROOM}/aliases", "not the alias", listed["aliases"] == [alias["roomAlias"]])
    api.call(f"DELETE {one}", 200, cast.alice, path=alias)
    api.call(f"DELETE {one}", 404, cast.alice, path=alias, errcode="M_NOT_FOUND")
    public_rooms(api, cast)


def public_rooms(api: Api, cast: Cast) -> None:
    """A room is listed, searched for, paged over."""
    visibility = "/directory/list/room/{roomId}"
    for count in range(3):
        name = f"Listed {count} {secrets.token_hex(4)}"
        body = {"preset": "public_chat", "name": name, "visibility": "public", "topic": "listed"}
        room = api.need("POST /createRoom", 200, cast.alice, body=body)["room_id"]
    found = api.need(f"GET {visibility}", 200, path={"roomId": room})
    api.check(f"GET {visibility}", "not public", found.get("visibility") == "public")
    api.call(f"GET {visibility}", 404, path={"roomId": NOWHERE}, errcode="M_NOT_FOUND")
    api.call("GET /publicRooms", 200)
    page = api.need("GET /publicRooms", 200, query={"limit": 1})
    api.check("GET /publicRooms", "the limit was ignored", len(page["chunk"]) == 1)
    api.call("GET /publicRooms", 200, query={"limit": 1, "since": page.get("next_batch", "")})
    search = {"filter": {"generic_search_term": name}, "limit": 10}
    hits = api.need("POST /publicRooms", 200, cast.bob, body=search)["chunk"]
    api.check("POST /publicRooms", "not found by its name", [one["room_id"] for one in hits] == [room])
    body = {"visibility": "private"}
    api.call(f"PUT {visibility}", 200, cast.alice, path={"roomId": room}, body=body)
    api.call(f"PUT {visibility}", 404, cast.alice, path={"roomId": NOWHERE}, body=body, errcode="M_NOT_FOUND")


def remove(api: Api, cast: Cast) -> None:
    """Kick, ban, unban, leave, forget, on a room of their own."""
    made = api.need("POST /createRoom", 200, cast.alice, body={"preset": "public_chat"})
    room = {"roomId": made["room_id"]}
    bob = {"user_id": cast.bob.user_id, "reason": "as agreed"}
    for account in (cast.bob, cast.carol):
        api.call(f"POST {ROOM}/join", 200, account, path=room, body={})
    for act in ("kick", "ban", "unban"):
        api.call(f"POST {ROOM}/{act}", 403, cast.carol, path=room, body=bob, errcode="M_FORBIDDEN|M_BAD_STATE")
    api.call(f"POST {ROOM}/forget", 400, cast.bob, path=room, body={}, errcode="M_UNKNOWN")
    api.call(f"POST {ROOM}/kick", 200, cast.alice, path=room, body=bob)
    api.call(f"POST {ROOM}/ban", 200, cast.alice, path=room, body=bob)
    api.call(f"POST {ROOM}/join", 403, cast.bob, path=room, body={}, errcode="M_FORBIDDEN|M_BAD_STATE")
    api.call(f"POST {ROOM}/unban", 200, cast.alice, path=room, body=bob)
    api.call(f"POST {ROOM}/join", 200, cast.bob, path=room, body={})
    api.call(f"POST {ROOM}/leave", 200, cast.bob, path=room, body={"reason": "bed time"})
    api.call(f"POST {ROOM}/forget", 200, cast.bob, path=room, body={})


def knock(api: Api, cast: Cast) -> None:
    """A door that can be knocked at, one that cannot, one that does not exist."""
    endpoint = "POST /knock/{roomIdOrAlias}"
    rule = {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "knock"}}
    made = api.need("POST /createRoom", 200, cast.alice, body={"initial_state": [rule]})
    door = {"roomIdOrAlias": made["room_id"]}
    api.call(endpoint, 200, cast.stranger, path=door, body={"reason": "please"})
    api.call(f"POST {ROOM}/leave", 200, cast.stranger, path={"roomId": made["room_id"]}, body={})
    api.call(endpoint, 403, cast.stranger, path={"roomIdOrAlias": cast.room}, body={}, errcode="M_FORBIDDEN")
    api.call(endpoint, 404, cast.stranger, path={"roomIdOrAlias": "#nobody-made-this:localhost"}, body={},
             errcode="M_NOT_FOUND")


def upgrade(api: Api, cast: Cast) -> None:
    """A room is replaced by one of another version, by who may."""
    endpoint = f"POST {ROOM}/upgrade"
    made = api.need("POST /createRoom", 200, cast.alice, body={"room_version": "10", "preset": "public_chat"})
    room = {"roomId": made["room_id"]}
    api.call(f"POST {ROOM}/join", 200, cast.bob, path=room, body={})
    api.call(endpoint, 403, cast.bob, path=room, body={"new_version": "11"}, errcode="M_FORBIDDEN")
    api.call(endpoint, 400, cast.alice, path=room, body={"new_version": "no-such-version"},
             errcode="M_UNSUPPORTED_ROOM_VERSION")
    new = api.need(endpoint, 200, cast.alice, path=room, body={"new_version": "12"})["replacement_room"]
    get = f"GET {ROOM}/state/{{eventType}}/{{stateKey}}"
    create = {"roomId": new, "eventType": "m.room.create", "stateKey": ""}
    found = api.need(get, 200, cast.alice, path=create)
    api.check(endpoint, "another predecessor", found["predecessor"]["room_id"] == made["room_id"])
