"""What people agree to: when they make an account, and when a version rises."""

import json
import os
import re
import secrets
import time
import urllib.request
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from conformance.api import Api, Broken
from rig.longhouse import DEMANDING, SHARED_SECRET
from wire.account import Account, register_by_secret

WAIT_S = 60.0
POLICIES = "LONGHOUSE_TERMS__POLICIES"
REGISTER = "POST /register"
CREATE = "POST /createRoom"
SEND = "PUT /rooms/{roomId}/send/{eventType}/{txnId}"
STATE = "PUT /rooms/{roomId}/state/{eventType}/{stateKey}"
JOIN = "POST /rooms/{roomId}/join"
LEAVE = "POST /rooms/{roomId}/leave"
MESSAGES = "GET /rooms/{roomId}/messages"
SYNC = "GET /sync"
TEXT = {"msgtype": "m.text", "body": "hello"}


def exercise(api: Api) -> None:
    """Somebody who agrees from the beginning, somebody who was there before, and a version that rises."""
    alice = registration(api)
    room = api.need(CREATE, 200, alice, body={"preset": "public_chat"})["room_id"]
    api.call(SEND, 200, alice, path=message(room, "one"), body=TEXT)
    topic = {"roomId": room, "eventType": "m.room.topic", "stateKey": ""}
    api.call(STATE, 200, alice, path=topic, body={"topic": "terms"})
    bob = register_by_secret(api.connection, "bob", SHARED_SECRET)
    notice = told(api, bob)
    refused(api, bob, room)
    agree(api, notice)
    api.call(JOIN, 200, bob, path={"roomId": room}, body={})
    api.call(SEND, 200, bob, path=message(room, "two"), body=TEXT)
    restart({POLICIES: DEMANDING[POLICIES].replace("|2.1|", "|2.2|")})
    newer = told(api, alice)
    refused_to_send(api, alice, room)
    api.call(LEAVE, 200, bob, path={"roomId": room}, body={})
    agree(api, newer)
    api.call(SEND, 200, alice, path=message(room, "three"), body=TEXT)
    restart({POLICIES: DEMANDING[POLICIES]})


def message(room: str, transaction: str) -> dict[str, str]:
    """The path of a message."""
    return {"roomId": room, "eventType": "m.room.message", "txnId": transaction}


def registration(api: Api) -> Account:
    """The stage `m.login.terms`, with all documents in all languages."""
    body = {"username": f"alice-{secrets.token_hex(4)}", "password": secrets.token_urlsafe(12)}
    asked = api.need(REGISTER, 401, body=body)
    stages = [flow["stages"] for flow in asked["flows"]]
    api.check(REGISTER, "a flow without terms", all("m.login.terms" in flow for flow in stages))
    terms = asked["params"]["m.login.terms"]
    api.check_definition(REGISTER, "m.login.terms_params.yaml", terms)
    policies = terms["policies"]
    api.check(REGISTER, "not all documents", set(policies) == {"terms_of_service", "privacy_policy"})
    api.check(REGISTER, "not all languages", {"version", "en", "fr"} == set(policies["terms_of_service"]))
    without = {**body, "auth": {"type": "m.login.dummy", "session": asked["session"]}}
    api.call(REGISTER, 401, body=without)
    auth = {"type": "m.login.terms", "session": asked["session"]}
    made = api.need(REGISTER, 200, body={**body, "auth": auth})
    return Account(made["user_id"], made["device_id"], made["access_token"], body["password"])


def refused(api: Api, user: Account, room: str) -> None:
    """Whoever has not agreed reads, and leaves, but no more."""
    for endpoint, path, body in (
        (CREATE, {}, {}),
        (JOIN, {"roomId": room}, {}),
        (SEND, message(room, "x"), TEXT),
        (STATE, {"roomId": room, "eventType": "m.room.topic", "stateKey": ""}, {"topic": "x"}),
    ):
        check_refusal(api, endpoint, api.need(endpoint, 403, user, path=path, body=body, errcode="M_CONSENT_NOT_GIVEN"))


def refused_to_send(api: Api, user: Account, room: str) -> None:
    """Whoever agreed to an older version reads the room that they are in, and says nothing."""
    refusal = api.need(SEND, 403, user, path=message(room, "late"), body=TEXT, errcode="M_CONSENT_NOT_GIVEN")
    check_refusal(api, SEND, refusal)
    page = api.need(MESSAGES, 200, user, path={"roomId": room}, query={"dir": "b"})
    api.check(MESSAGES, "the room is not shown", len(page["chunk"]) > 1)


def check_refusal(api: Api, endpoint: str, refusal: dict[str, Any]) -> None:
    """It says where to agree."""
    link = refusal.get("consent_uri", "")
    api.check(endpoint, "no page to agree on", link.startswith("http") and link in refusal["error"])


def told(api: Api, user: Account) -> str:
    """What the server tells a user in the room that is for that; they join it, although they have not agreed."""
    since = None
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        query = {"timeout": 5000} if since is None else {"timeout": 5000, "since": since}
        answer = api.need(SYNC, 200, user, query=query)
        since = answer["next_batch"]
        rooms = answer.get("rooms", {})
        for room in rooms.get("invite", {}):
            api.call(JOIN, 200, user, path={"roomId": room}, body={})
        for room in rooms.get("join", {}).values():
            for event in room["timeline"]["events"]:
                text = event.get("content", {}).get("body", "")
                if "/_longhouse/client/v1/terms?" in text:
                    return text
    raise Broken("nobody was told of the terms")


def agree(api: Api, text: str) -> None:
    """Opens the page of the link in a text, and answers its question."""
    link = urlsplit(re.search(r"https?://\S+", text).group())
    page = api.connection.request("GET", f"{link.path}?{link.query}", None, {})
    html = page.body.decode()
    api.check(SYNC, "the link has no page", page.status == 200 and "<form" in html and "Privacy policy" in html)
    shown = re.search(r'name="terms" value="([^"]+)"', html).group(1)
    fields = {name: values[0] for name, values in parse_qs(link.query).items()}
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    older = api.connection.request("POST", link.path, urlencode({**fields, "terms": "older"}).encode(), kind)
    api.check(SYNC, "agreed to what was not shown", older.status == 409)
    form = urlencode({**fields, "terms": shown}).encode()
    done = api.connection.request("POST", link.path, form, kind)
    api.check(SYNC, "the agreement was not taken", done.status == 200)


def restart(changes: dict[str, str]) -> None:
    """Ends the server, and starts it with other settings."""
    asked = urllib.request.Request(os.environ["SERVER_CONTROL"] + "/restart", json.dumps(changes).encode(), method="POST")
    with urllib.request.urlopen(asked, timeout=60) as answer:
        answer.read()
