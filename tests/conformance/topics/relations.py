"""What events say of each other: relations, threads, edits."""

import secrets

from conformance.api import Api
from conformance.cast import Cast

ROOM = "/_matrix/client/v1/rooms/{roomId}"
RELATIONS = f"GET {ROOM}/relations/{{eventId}}"
THREADS = f"GET {ROOM}/threads"
SEND = "PUT /rooms/{roomId}/send/{eventType}/{txnId}"


def exercise(api: Api, cast: Cast) -> None:
    """In a room of its own."""
    made = api.need("POST /createRoom", 200, cast.alice, body={"preset": "public_chat"})
    room = {"roomId": made["room_id"]}
    api.call("POST /rooms/{roomId}/join", 200, cast.bob, path=room, body={})
    root = send(api, cast.alice, room, {})
    first, second = (send(api, cast.bob, room, related("m.thread", root)) for _ in range(2))
    edited = send(api, cast.bob, room, {**related("m.replace", second), "m.new_content": {"body": "better"}})
    send(api, cast.alice, room, related("m.reference", root))
    read(api, cast, {**room, "eventId": root}, [second, first], edited)
    threads(api, cast, room, root)
    refused(api, cast, room, root)
    nearest(api, cast, room)
    search(api, cast, room)


def send(api: Api, by: object, room: dict, content: dict) -> str:
    """Sends a message and returns its id."""
    path = {**room, "eventType": "m.room.message", "txnId": secrets.token_hex(4)}
    return api.need(SEND, 200, by, path=path, body={"msgtype": "m.text", "body": "x", **content})["event_id"]


def related(rel_type: str, event: str) -> dict:
    """The content of an event that relates to another one."""
    return {"m.relates_to": {"rel_type": rel_type, "event_id": event}}


def read(api: Api, cast: Cast, root: dict, replies: list[str], edit: str) -> None:
    """All children, those of a type, page by page; what is bundled with the root."""
    every = api.need(RELATIONS, 200, cast.bob, path=root)["chunk"]
    api.check(RELATIONS, "not three children", len(every) == 3)
    found = api.need(RELATIONS, 200, cast.bob, path=root, query={"recurse": "true"})
    api.check(RELATIONS, "the edit of a reply is missing", edit in [one["event_id"] for one in found["chunk"]])
    by_type = f"{RELATIONS}/{{relType}}"
    thread = {**root, "relType": "m.thread", "eventType": "m.room.message"}
    seen: list[str] = []
    token: dict = {}
    for _ in replies:
        page = api.need(by_type, 200, cast.bob, path=thread, query={"limit": 1, **token})
        seen += [one["event_id"] for one in page["chunk"]]
        token = {"from": page.get("next_batch", "")}
    api.check(by_type, "other replies", seen == replies)
    typed = api.need(f"{by_type}/{{eventType}}", 200, cast.bob, path=thread, query={"dir": "f"})
    api.check(by_type, "another order", [one["event_id"] for one in typed["chunk"]] == replies[::-1])
    shown = api.need("GET /rooms/{roomId}/event/{eventId}", 200, cast.bob, path=root)
    bundled = shown["unsigned"].get("m.relations", {})
    api.check(RELATIONS, "not all bundled", sorted(bundled) == ["m.reference", "m.thread"])
    for endpoint in (RELATIONS, by_type, f"{by_type}/{{eventType}}"):
        api.call(endpoint, 404, cast.stranger, path=thread, errcode="M_NOT_FOUND")


def threads(api: Api, cast: Cast, room: dict, root: str) -> None:
    """The room's threads."""
    for include in ("all", "participated"):
        listed = api.need(THREADS, 200, cast.bob, path=room, query={"include": include})
        api.check(THREADS, "not the thread", [one["event_id"] for one in listed["chunk"]] == [root])
    api.call(THREADS, 400, cast.bob, path=room, query={"from": "nowhere"}, errcode="M_INVALID_PARAM")
    api.call(THREADS, 403, cast.stranger, path=room, errcode="M_FORBIDDEN")


def nearest(api: Api, cast: Cast, room: dict) -> None:
    """The first event of all, and none after the last."""
    endpoint = f"GET {ROOM}/timestamp_to_event"
    api.call(endpoint, 200, cast.bob, path=room, query={"ts": 0, "dir": "f"})
    api.call(endpoint, 404, cast.bob, path=room, query={"ts": 0, "dir": "b"}, errcode="M_NOT_FOUND")


def search(api: Api, cast: Cast, room: dict) -> None:
    """What was said is found, with what stands around it."""
    sent = send(api, cast.alice, room, {"body": "a lighthouse at the sea"})
    criteria = {
        "search_term": "lighthouse", "order_by": "recent", "include_state": True, "filter": {"limit": 1},
        "event_context": {"before_limit": 1, "after_limit": 1, "include_profile": True},
        "groupings": {"group_by": [{"key": "room_id"}, {"key": "sender"}]},
    }
    body = {"search_categories": {"room_events": criteria}}
    found = api.need("POST /search", 200, cast.bob, body=body)["search_categories"]["room_events"]
    results = [one["result"]["event_id"] for one in found["results"]]
    api.check("POST /search", "not what was said", results == [sent])
    api.call("POST /search", 400, cast.bob, body=body, query={"next_batch": "nowhere"}, errcode="M_INVALID_PARAM")


def refused(api: Api, cast: Cast, room: dict, root: str) -> None:
    """The same reaction twice."""
    reaction = {"m.relates_to": {"rel_type": "m.annotation", "event_id": root, "key": "👍"}}
    path = {**room, "eventType": "m.reaction"}
    api.call(SEND, 200, cast.bob, path={**path, "txnId": secrets.token_hex(4)}, body=reaction)
    api.call(SEND, 400, cast.bob, path={**path, "txnId": secrets.token_hex(4)}, body=reaction,
             errcode="M_DUPLICATE_ANNOTATION")
