"""Key backup: versions, keys by room and session, counts and etags."""

from typing import Any

from conformance.api import Api
from conformance.cast import Cast
from conformance.crypto import random_key
from wire.account import Account

VERSION = "/room_keys/version"
KEYS = "/room_keys/keys"
ROOM, SESSION = "/{roomId}", "/{roomId}/{sessionId}"
AUTH = {"algorithm": "m.megolm_backup.v1.curve25519-aes-sha2",
        "auth_data": {"public_key": random_key(), "signatures": {}}}


def key(first: int = 0, verified: bool = False, count: int = 0) -> dict[str, Any]:
    """A backed-up session; the server compares the three numbers and never looks inside."""
    data = {"ephemeral": random_key(), "ciphertext": random_key(), "mac": "AAAAAAAAAAA"}
    return {"first_message_index": first, "forwarded_count": count, "is_verified": verified,
            "session_data": data}


def exercise(api: Api, cast: Cast) -> None:
    """On alice's account, from no backup to no backup."""
    alice = cast.alice
    api.call(f"GET {VERSION}", 404, alice, errcode="M_NOT_FOUND")
    for path, body in ((ROOM, {"sessions": {}}), ("", {"rooms": {}})):
        api.call(f"PUT {KEYS}{path}", 404, alice, path={"roomId": "!r:localhost"}, query={"version": "1"}, body=body,
                 errcode="M_NOT_FOUND")
    old = api.need(f"POST {VERSION}", 200, alice, body=AUTH)["version"]
    api.call(f"POST {VERSION}", 400, alice, raw=b"{", errcode="M_NOT_JSON")
    current = api.need(f"POST {VERSION}", 200, alice, body=AUTH)["version"]
    versions(api, alice, current)
    sessions(api, alice, old, current)
    better(api, alice, current)
    absent(api, alice)
    endings(api, alice, current)


def versions(api: Api, alice: Account, current: str) -> None:
    """Read the newest and a named one; replace the signatures, not the algorithm."""
    one = f"{VERSION}/{{version}}"
    found = api.need(f"GET {VERSION}", 200, alice)
    api.check(f"GET {VERSION}", "not the newest", found["version"] == current and found["count"] == 0)
    api.call(f"GET {one}", 200, alice, path={"version": current})
    api.call(f"GET {one}", 404, alice, path={"version": "987654"}, errcode="M_NOT_FOUND")
    api.call(f"PUT {one}", 200, alice, path={"version": current}, body={**AUTH, "version": current})
    api.call(f"PUT {one}", 400, alice, path={"version": current},
             body={**AUTH, "algorithm": "org.example.other"}, errcode="M_INVALID_PARAM")
    api.call(f"PUT {one}", 404, alice, path={"version": "987654"}, body=AUTH, errcode="M_NOT_FOUND")


def sessions(api: Api, alice: Account, old: str, current: str) -> None:
    """Keys go into the newest version only, and come back by all three paths."""
    version = {"version": current}
    ids = {"roomId": "!r:localhost", "sessionId": "s1"}
    one = api.need(f"PUT {KEYS}{SESSION}", 200, alice, path=ids, query=version, body=key())
    api.check(f"PUT {KEYS}{SESSION}", "not counted", one["count"] == 1)
    room = {"sessions": {"s2": key(), "s3": key()}}
    two = api.need(f"PUT {KEYS}{ROOM}", 200, alice, path=ids, query=version, body=room)
    api.check(f"PUT {KEYS}{ROOM}", "not counted", two["count"] == 3)
    api.check(f"PUT {KEYS}{ROOM}", "the etag stays", two["etag"] != one["etag"])
    every = {"rooms": {"!q:localhost": {"sessions": {"s4": key()}}}}
    api.call(f"PUT {KEYS}", 200, alice, query=version, body=every)
    wrong = {"version": old}
    for path, body in ((SESSION, key()), (ROOM, room), ("", every)):
        api.call(f"PUT {KEYS}{path}", 403, alice, path=ids, query=wrong, body=body,
                 errcode="M_WRONG_ROOM_KEYS_VERSION")
    api.call(f"GET {KEYS}{SESSION}", 200, alice, path=ids, query=version)
    found = api.need(f"GET {KEYS}{ROOM}", 200, alice, path=ids, query=version)
    api.check(f"GET {KEYS}{ROOM}", "not three sessions", len(found["sessions"]) == 3)
    found = api.need(f"GET {KEYS}", 200, alice, query=version)
    api.check(f"GET {KEYS}", "not two rooms", len(found["rooms"]) == 2)


def better(api: Api, alice: Account, current: str) -> None:
    """Of two versions of a key the better one stays (specification: "Backup algorithm")."""
    version = {"version": current}
    ids = {"roomId": "!r:localhost", "sessionId": "s1"}
    put, get = f"PUT {KEYS}{SESSION}", f"GET {KEYS}{SESSION}"
    for body, kept in ((key(first=5), False), (key(verified=True, first=9), True), (key(), False),
                       (key(verified=True, first=9, count=1), False), (key(verified=True, first=3), True)):
        before = api.need(get, 200, alice, path=ids, query=version)
        api.call(put, 200, alice, path=ids, query=version, body=body)
        after = api.need(get, 200, alice, path=ids, query=version)
        api.check(put, f"{body} over {before}", after == (body if kept else before))


def absent(api: Api, alice: Account) -> None:
    """A version that does not exist: to write to it is also not to write to the current one."""
    version = {"version": "987654"}
    ids = {"roomId": "!r:localhost", "sessionId": "s1"}
    for path, body in ((SESSION, key()), (ROOM, {"sessions": {}}), ("", {"rooms": {}})):
        statuses = 403 if path == SESSION else (403, 404)
        api.call(f"PUT {KEYS}{path}", statuses, alice, path=ids, query=version, body=body,
                 errcode="M_WRONG_ROOM_KEYS_VERSION|M_NOT_FOUND")
        for method in ("GET", "DELETE"):
            api.call(f"{method} {KEYS}{path}", 404, alice, path=ids, query=version, errcode="M_NOT_FOUND")


def endings(api: Api, alice: Account, current: str) -> None:
    """Keys are deleted one, by room, all; then the version."""
    version = {"version": current}
    ids = {"roomId": "!r:localhost", "sessionId": "s1"}
    api.call(f"DELETE {KEYS}{SESSION}", 200, alice, path=ids, query=version)
    api.call(f"GET {KEYS}{SESSION}", 404, alice, path=ids, query=version, errcode="M_NOT_FOUND")
    api.call(f"DELETE {KEYS}{ROOM}", 200, alice, path=ids, query=version)
    gone = api.need(f"DELETE {KEYS}", 200, alice, query=version)
    api.check(f"DELETE {KEYS}", "keys are left", gone["count"] == 0)
    one = f"{VERSION}/{{version}}"
    api.call(f"DELETE {one}", 200, alice, path=version)
    api.call(f"DELETE {one}", 404, alice, path={"version": "987654"}, errcode="M_NOT_FOUND")
    api.call(f"GET {one}", 404, alice, path=version, errcode="M_NOT_FOUND")
