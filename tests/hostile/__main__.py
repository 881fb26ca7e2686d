"""`python -m hostile URL [--registry FILE]`: attacks every endpoint, then looks whether others noticed."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from hostile import events, examples, tokens
from hostile.bodies import NOT_AN_OBJECT, NOT_JSON, ODD, huge, nested, wrong_inside, wrong_types
from hostile.endpoints import Endpoint, endpoints, specification
from hostile.judge import Judge, Late
from hostile.stage import V3, Stage
from hostile.targets import bad_queries, bad_targets, target
from wire.account import Refused, must
from wire.http import Connection, Dropped

# Many times what an endpoint takes on a loaded machine.
ENDPOINT_S = 90.0
REFUSED = tuple(status for status in range(400, 500))


def main() -> int:
    """Attacks and reports; 0 where every answer was as it must be."""
    parser = argparse.ArgumentParser(prog="hostile", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--registry", type=Path, help="the server's endpoints as JSON: [{method, path, auth}]")
    options = parser.parse_args()
    connection = Connection(options.url, timeout_s=30)
    judge, stage = Judge(connection), Stage.build(connection)
    since = must(connection, "GET", f"{V3}/sync", token=stage.bob.token)["next_batch"]
    skipped = 0 if specification() else 1
    if skipped:
        print("skipped: wrong types of body fields (no specification data to know the fields by)")
    for endpoint in endpoints(options.registry):
        in_time(judge, endpoint.name, lambda endpoint=endpoint: attack(judge, stage, endpoint))
    in_time(judge, "events", lambda: events.attack(judge, stage))
    in_time(judge, "unknown paths", lambda: unknown_paths(judge))
    in_time(judge, "bystanders", lambda: bystanders(judge, stage, since))
    rest = f", {skipped} skipped" if skipped else ""
    print(f"{judge.passed} passed, {judge.failed} failed{rest}")
    return 0 if judge.failed == 0 else 1


def in_time(judge: Judge, name: str, body: Callable[[], None]) -> None:
    """One attack; where it takes too long or breaks off, that is one failure and the next one follows."""
    judge.allow(ENDPOINT_S)
    try:
        body()
    except Late as late:
        judge.score(name, [f"not done within {ENDPOINT_S:.0f} s, at {late}"])
    except (Refused, Dropped, LookupError, ValueError) as error:
        judge.score(name, [f"broke off: {error!r}"])


def attack(judge: Judge, stage: Stage, endpoint: Endpoint) -> None:
    """Everything that is wrong with one endpoint's requests."""
    begun, before = time.monotonic(), judge.failed
    good = target(endpoint.path, stage.parameters())
    if endpoint.private:
        tokens.attack(judge, endpoint.name, endpoint.method, good)
    if endpoint.takes_body and not endpoint.is_alias:
        bodies(judge, stage, endpoint)
    for what, path in (*bad_targets(endpoint.path, stage.parameters()),
                       *bad_queries(endpoint.path, stage.parameters())):
        body = b"{}" if endpoint.takes_body else None
        judge.send(f"{endpoint.name} {what}", endpoint.method, path, body, headers(stage))
    stage.revive()
    took = time.monotonic() - begun
    verdict = "ok  " if judge.failed == before else "BAD "
    print(f"{verdict} {endpoint.name} ({took:.1f} s)", flush=True)


def bodies(judge: Judge, stage: Stage, endpoint: Endpoint) -> None:
    """All the bad bodies; where a body is required, what is not a JSON object must be refused."""
    path = target(endpoint.path, stage.parameters()) + examples.query(stage, endpoint.path)
    strict = REFUSED if endpoint.takes_json and endpoint.body_required else None
    for kinds, wanted in ((NOT_JSON, strict), (NOT_AN_OBJECT, strict), (ODD, None),
                          (dict(nested()), None), (dict(huge()), None)):
        for what, body in kinds.items():
            judge.send(f"{endpoint.name} body: {what}", endpoint.method, path, body, headers(stage), wanted)
    example = {**endpoint.example, **examples.of(stage, endpoint.method, endpoint.path)}
    for what, value in (*wrong_types({**endpoint.fields, **example}, example), *wrong_inside(example)):
        body = json.dumps(value).encode()
        judge.send(f"{endpoint.name} {what}", endpoint.method, path, body, headers(stage))


def headers(stage: Stage) -> dict[str, str]:
    """Mallory's, with a JSON body."""
    return {"Authorization": f"Bearer {stage.mallory.token}", "Content-Type": "application/json"}


def unknown_paths(judge: Judge) -> None:
    """What is not there, and methods that are not meant."""
    for path in ("/_matrix/client/v3/no-such-thing", "/_matrix/client/v99/sync", "/_matrix/no-such-api",
                 "/_matrix/client/v3/rooms//send//", "/_matrix/client/v3/../../etc/passwd", "/_matrix/%00"):
        judge.send(f"GET {path}", "GET", path, wanted=(400, 404, 405))
    for method in ("DELETE", "PATCH", "PUT"):
        judge.send(f"{method} versions", method, "/_matrix/client/versions", wanted=(404, 405))


def bystanders(judge: Judge, stage: Stage, since: str) -> None:
    """Bob and carol were in the room all the time: their syncs, and the room's history, are whole."""
    token = stage.bob.token
    said = stage.say(stage.carol, "are you all right?")
    news = must(stage.connection, "GET", f"{V3}/sync?since={quote(since)}", token=token)
    # A filter of its own: a server may answer a repeated initial sync from a cache.
    recent = quote('{"room":{"timeline":{"limit":20}}}')
    initial = must(stage.connection, "GET", f"{V3}/sync?filter={recent}", token=token)
    for name, answer in (("incremental sync", news), ("initial sync", initial)):
        timeline = answer["rooms"]["join"][stage.room]["timeline"]["events"]
        judge.score(f"bob's {name}", [] if said in {event["event_id"] for event in timeline} else ["no message"])
    body = {"lists": {"all": {"ranges": [[0, 99]], "timeline_limit": 5, "required_state": [["*", "*"]]}}}
    path = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync"
    window = must(stage.connection, "POST", path, body, token)
    timeline = window["rooms"][stage.room]["timeline"]
    judge.score("bob's sliding sync", [] if said in {one["event_id"] for one in timeline} else ["no message"])
    judge.score("the room's history ends at its creation", history_problems(stage))


def history_problems(stage: Stage) -> list[str]:
    """Pages back over all that was accepted: one event that cannot be shown must not end the paging."""
    kinds, token = [], ""
    for _ in range(1000):
        path = f"{V3}/rooms/{quote(stage.room)}/messages?dir=b&limit=100{token}"
        page = must(stage.connection, "GET", path, token=stage.bob.token)
        kinds += [event["type"] for event in page["chunk"]]
        if "end" not in page or not page["chunk"]:
            return [] if kinds and kinds[-1] == "m.room.create" else [f"ends at {kinds[-1:]}"]
        token = f"&from={quote(page['end'])}"
    return ["has no end"]


if __name__ == "__main__":
    sys.exit(main())
