"""Event contents at and beyond the limits of canonical JSON and of the event format."""

import json
from typing import Any
from urllib.parse import quote

from hostile.judge import Judge
from hostile.stage import V3, Stage

# Integers are within ±(2^53 - 1), and there are no fractions (specification: appendices).
RANGE = {
    b'{"n":9007199254740991}': (200,), b'{"n":-9007199254740991}': (200,), b'{"n":0}': (200,),
    b'{"n":9007199254740992}': (400,), b'{"n":-9007199254740992}': (400,), b'{"n":1.5}': (400,),
    b'{"n":1e400}': (400,), b'{"n":1e20}': (400,), b'{"n":18446744073709551616}': (400,),
    b'{"a":{"b":[1,2,{"n":0.1}]}}': (400,), b'{"a":[9007199254740992]}': (400,),
}

ALLOWED_DEPTH = 10


def attack(judge: Judge, stage: Stage) -> None:
    """Sends them as messages and as state; what is refused leaves no trace."""
    before = count(stage)
    accepted = 0
    for number, (body, wanted) in enumerate(RANGE.items()):
        accepted += send(judge, stage, f"content {body[:40]!r}", body, f"range-{number}", wanted)
    accepted += sizes(judge, stage)
    deep = b'{"a":' * ALLOWED_DEPTH + b"1" + b"}" * ALLOWED_DEPTH
    accepted += send(judge, stage, f"content {ALLOWED_DEPTH} deep", deep, "deep", (200,))
    ids(judge, stage)
    now = count(stage)
    judge.score("what was refused left no trace",
                [] if now - before == accepted else [f"{now - before} events for {accepted} accepted"])


def send(judge: Judge, stage: Stage, name: str, body: bytes, txn: str, wanted: tuple[int, ...]) -> int:
    """Sends one content; 1 where the server accepted it."""
    path = f"{V3}/rooms/{quote(stage.room)}/send/org.example.limits/{quote(txn)}"
    answer = judge.send(name, "PUT", path, body, headers(stage), wanted)
    return int(answer is not None and answer.status == 200)


def headers(stage: Stage) -> dict[str, str]:
    """Mallory's, with a JSON body."""
    return {"Authorization": f"Bearer {stage.mallory.token}", "Content-Type": "application/json"}


def sizes(judge: Judge, stage: Stage) -> int:
    """An event is at most 65,536 bytes of canonical JSON with everything that the server adds."""
    fits = json.dumps({"a": "x" * 60_000}).encode()
    above = json.dumps({"a": "x" * 65_536}).encode()
    return (send(judge, stage, "an event of 60,000 bytes", fits, "fits", (200,))
            + send(judge, stage, "an event of 65,536 bytes and its frame", above, "above", (413,)))


def ids(judge: Judge, stage: Stage) -> None:
    """Types and state keys are at most 255 bytes, counted as bytes."""
    for what, kind, key in (("type of 256 bytes", "t" * 256, "k"), ("state key of 256 bytes", "t", "k" * 256),
                            ("state key of 128 two-byte letters", "t", "é" * 128)):
        path = f"{V3}/rooms/{quote(stage.room)}/state/{quote(kind)}/{quote(key)}"
        judge.send(what, "PUT", path, b"{}", headers(stage), (400, 413))
    power: dict[str, Any]
    for power in ({"users": {stage.mallory.user_id: "100"}}, {"users": {"nobody": 1}}, {"events": 7},
                  {"users": {stage.mallory.user_id: 2**53}}, {"ban": 1.5}, {"users": []}):
        path = f"{V3}/rooms/{quote(stage.room)}/state/m.room.power_levels/"
        judge.send(f"power levels {power}"[:80], "PUT", path, json.dumps(power).encode(), headers(stage),
                   (400, 403))
    member = f"{V3}/rooms/{quote(stage.room)}/state/m.room.member/{quote(stage.mallory.user_id)}"
    for content in ({"membership": 7}, {"membership": "king"}, {}, {"membership": None}):
        judge.send(f"membership {content}", "PUT", member, json.dumps(content).encode(), headers(stage),
                   (400, 403))
    for name in ("m.room.create", "m.room.create/x"):
        path = f"{V3}/rooms/{quote(stage.room)}/state/{name}"
        judge.send(f"another {name}", "PUT", path, b"{}", headers(stage), (400, 403))


def count(stage: Stage) -> int:
    """How many `org.example.limits` events the room holds, by paging to its start."""
    found, token = 0, ""
    while True:
        query = f"dir=b&limit=100{token}"
        path = f"{V3}/rooms/{quote(stage.room)}/messages?{query}"
        auth = {"Authorization": f"Bearer {stage.bob.token}"}
        page = stage.connection.request("GET", path, None, auth).json()
        found += sum(event["type"] == "org.example.limits" for event in page["chunk"])
        if "end" not in page or not page["chunk"]:
            return found
        token = f"&from={quote(page['end'])}"
