"""What the clients of calls need (events that are sent later, events that stick), and subscriptions to threads."""

import json

from conformance.api import Api
from conformance.cast import Cast

UNSTABLE = "/_matrix/client/unstable/org.matrix.msc4140"
SCHEDULE = f"PUT {UNSTABLE}/rooms/{{roomId}}/delayed_event/{{eventType}}/{{txnId}}"
LIST = f"GET {UNSTABLE}/delayed_events"
ONE = f"{UNSTABLE}/delayed_events/{{delayId}}"
SEND = "PUT /rooms/{roomId}/send/{eventType}/{txnId}"
DELAY = "org.matrix.msc4140.delay"
STICKY = "org.matrix.msc4354.sticky_duration_ms"
THREAD = "/_matrix/client/unstable/io.element.msc4306/rooms/{roomId}/thread/{threadId}/subscription"
PAGES = "GET /_matrix/client/unstable/io.element.msc4308/thread_subscriptions"
SLIDING = "POST /_matrix/client/unstable/org.matrix.simplified_msc3575/sync"


def exercise(api: Api, cast: Cast) -> None:
    """After the rooms: alice, bob and carol are in `cast.room`."""
    delayed(api, cast)
    sticky(api, cast)
    threads(api, cast)


def delayed(api: Api, cast: Cast) -> None:
    """Scheduled in both ways, listed, put off, sent, cancelled; and what is refused."""
    message = {"roomId": cast.room, "eventType": "m.room.message", "txnId": "delayed"}
    body = {"msgtype": "m.text", "body": "later"}
    api.call(SEND, 400, cast.alice, path=message, body=body, query={DELAY: 10 ** 12}, errcode="M_UNKNOWN")
    api.call(SCHEDULE, 400, cast.alice, path=message, body={"delay_ms": 0, "content": body}, errcode="M_INVALID_PARAM")
    api.call(SCHEDULE, 400, cast.alice, path=message, body={"delay_ms": 5}, errcode="M_MISSING_PARAM")
    asked = {"delay_ms": 600_000, "content": body}
    api.call(SCHEDULE, 403, cast.stranger, path=message, body=asked, errcode="M_FORBIDDEN")
    first = api.need(SCHEDULE, 200, cast.alice, path=message, body=asked)["delay_id"]
    state = {"delay_ms": 600_000, "state_key": "x", "content": {"x": 1}}
    second = api.need(SCHEDULE, 200, cast.alice, path={**message, "eventType": "org.example", "txnId": "state"},
                      body=state)["delay_id"]
    listed = api.need(LIST, 200, cast.alice)
    ids = {event["delay_id"] for event in listed["scheduled"]}
    api.check(LIST, f"not the two but {ids}", ids == {first, second})
    api.call(LIST, 400, cast.alice, query={"status": "lost"}, errcode="M_INVALID_PARAM")
    shown = api.need(f"GET {ONE}", 200, cast.alice, path={"delayId": first})
    api.check(f"GET {ONE}", "another content", shown["content"] == body)
    api.call(f"GET {ONE}", 404, cast.bob, path={"delayId": first}, errcode="M_NOT_FOUND")
    act = f"POST {ONE}/{{action}}"
    api.call(f"POST {ONE}", 200, path={"delayId": first}, body={"action": "restart"})
    api.call(f"POST {ONE}", 400, path={"delayId": first}, body={"action": "explode"}, errcode="M_INVALID_PARAM")
    api.call(f"POST {ONE}", 404, path={"delayId": "none"}, body={"action": "send"}, errcode="M_NOT_FOUND")
    for delay_id, action in ((first, "restart"), (first, "send"), (first, "send"), (second, "cancel")):
        api.call(act, 200, path={"delayId": delay_id, "action": action}, body={})
    api.call(act, 409, path={"delayId": first, "action": "cancel"}, body={}, errcode="M_UNKNOWN")
    api.call(act, 404, path={"delayId": "none", "action": "send"}, body={}, errcode="M_NOT_FOUND")
    ended = api.need(LIST, 200, cast.alice)["finalised"]
    outcomes = {event["delayed_event"]["delay_id"]: event["outcome"] for event in ended}
    api.check(LIST, f"they ended so: {outcomes}", outcomes == {first: "send", second: "cancel"})


def sticky(api: Api, cast: Cast) -> None:
    """Told by both syncs, however much was sent since."""
    message = {"roomId": cast.room, "eventType": "m.room.message", "txnId": "sticky"}
    body = {"msgtype": "m.text", "body": "I stick"}
    api.call(SEND, 400, cast.alice, path=message, body=body, query={STICKY: -1}, errcode="M_INVALID_PARAM")
    event = api.need(SEND, 200, cast.alice, path=message, body=body, query={STICKY: 600_000})["event_id"]
    for number in range(25):
        api.call(SEND, 200, cast.bob, path={**message, "txnId": f"chatter-{number}"}, body={"body": "…"})
    found = api.need("GET /sync", 200, cast.carol, query={"filter": json.dumps({"room": {"timeline": {"limit": 5}}})})
    told = found["rooms"]["join"][cast.room].get("msc4354_sticky", {"events": []})["events"]
    api.check("GET /sync", "the sticky event is not told", event in {one["event_id"] for one in told})
    extensions = {"org.matrix.msc4354.sticky_events": {"enabled": True}}
    answer = api.need(SLIDING, 200, cast.carol, body={"conn_id": "sticky", "extensions": extensions})
    rooms = answer["extensions"]["org.matrix.msc4354.sticky_events"]["rooms"]
    told = rooms.get(cast.room, {"events": []})["events"]
    api.check(SLIDING, "the sticky event is not told", event in {one["event_id"] for one in told})


def threads(api: Api, cast: Cast) -> None:
    """Subscribed to, left, and told by sliding sync and in pages."""
    message = {"roomId": cast.room, "eventType": "m.room.message"}
    root = api.need(SEND, 200, cast.alice, path={**message, "txnId": "root"}, body={"body": "root"})["event_id"]
    relation = {"rel_type": "m.thread", "event_id": root}
    reply = api.need(SEND, 200, cast.alice, path={**message, "txnId": "reply"},
                     body={"body": "reply", "m.relates_to": relation})["event_id"]
    thread = {"roomId": cast.room, "threadId": root}
    api.call(f"GET {THREAD}", 404, cast.bob, path=thread, errcode="M_NOT_FOUND")
    api.call(f"PUT {THREAD}", 200, cast.bob, path=thread, body={"automatic": reply})
    found = api.need(f"GET {THREAD}", 200, cast.bob, path=thread)
    api.check(f"GET {THREAD}", "it was not the user", found["automatic"] is True)
    extensions = {"io.element.msc4308.thread_subscriptions": {"enabled": True}}
    answer = api.need(SLIDING, 200, cast.bob, body={"conn_id": "threads", "extensions": extensions})
    told = answer["extensions"]["io.element.msc4308.thread_subscriptions"]["subscribed"]
    api.check(SLIDING, "the subscription is not told", root in told.get(cast.room, {}))
    page = api.need(PAGES, 200, cast.bob, query={"dir": "b"})
    api.check(PAGES, "the subscription is not there", root in page["subscribed"].get(cast.room, {}))
    api.call(PAGES, 400, cast.bob, query={"dir": "b", "limit": 0}, errcode="M_INVALID_PARAM")
    api.call(f"DELETE {THREAD}", 200, cast.bob, path=thread)
    conflict = "IO.ELEMENT.MSC4306.M_CONFLICTING_UNSUBSCRIPTION"
    api.call(f"PUT {THREAD}", 409, cast.bob, path=thread, body={"automatic": reply}, errcode=conflict)
    outside = "IO.ELEMENT.MSC4306.M_NOT_IN_THREAD"
    api.call(f"PUT {THREAD}", 400, cast.bob, path=thread, body={"automatic": root}, errcode=outside)
    nowhere = {**thread, "threadId": "$nobody-sent-this"}
    api.call(f"PUT {THREAD}", 404, cast.bob, path=nowhere, body={}, errcode="M_NOT_FOUND")
    api.call(f"DELETE {THREAD}", 404, cast.bob, path=nowhere, errcode="M_NOT_FOUND")
