"""Profiles, account data, tags, filters."""

from conformance.api import Api
from conformance.cast import Cast
from wire.account import Account

DATA = "/user/{userId}/account_data/{type}"
ROOM_DATA = "/user/{userId}/rooms/{roomId}/account_data/{type}"
TAGS = "/user/{userId}/rooms/{roomId}/tags"


def exercise(api: Api, cast: Cast) -> None:
    """What a person keeps about themselves."""
    profile(api, cast.alice, cast.bob)
    own = {"userId": cast.alice.user_id}
    foreign = {"userId": cast.bob.user_id}
    account_data(api, cast.alice, DATA, own, foreign)
    room = {"roomId": cast.room}
    account_data(api, cast.alice, ROOM_DATA, {**own, **room}, {**foreign, **room})
    api.call(f"GET {ROOM_DATA}", 400, cast.alice, errcode="M_INVALID_PARAM",
             path={**own, "roomId": "no room", "type": "org.example.data"})
    tags(api, cast.alice, {**own, **room}, {**foreign, **room})
    filters(api, cast.alice, own, foreign)


def profile(api: Api, alice: Account, bob: Account) -> None:
    """Fields are set, read by anybody, deleted; nobody sets another's."""
    key = "/profile/{userId}/{keyName}"
    name = {"userId": alice.user_id, "keyName": "displayname"}
    api.call(f"PUT {key}", 200, alice, path=name, body={"displayname": "Alice"})
    found = api.need(f"GET {key}", 200, path=name)
    api.check(f"GET {key}", "another name", found == {"displayname": "Alice"})
    avatar = {**name, "keyName": "avatar_url"}
    api.call(f"PUT {key}", 200, alice, path=avatar, body={"avatar_url": "mxc://localhost/abc"})
    api.call("GET /profile/{userId}", 200, path={"userId": alice.user_id})
    api.call("GET /profile/{userId}", 404, path={"userId": "@nobody-of-this-name:localhost"},
             errcode="M_NOT_FOUND")
    api.call(f"GET {key}", 404, path={**name, "userId": "@nobody-of-this-name:localhost"},
             errcode="M_NOT_FOUND")
    api.call(f"PUT {key}", 403, bob, path=name, body={"displayname": "x"}, errcode="M_FORBIDDEN")
    api.call(f"PUT {key}", 400, alice, path=name, body={}, errcode="M_MISSING_PARAM|M_BAD_JSON")
    api.call(f"PUT {key}", 400, alice, path=name, raw=b"nothing", errcode="M_NOT_JSON")
    api.call(f"DELETE {key}", 403, bob, path=avatar, errcode="M_FORBIDDEN")
    api.call(f"DELETE {key}", 400, alice, path={**name, "keyName": "k" * 256},
             errcode="M_KEY_TOO_LARGE|M_INVALID_PARAM|M_UNKNOWN")
    api.call(f"DELETE {key}", 200, alice, path=avatar)
    api.call(f"GET {key}", 404, path=avatar, errcode="M_NOT_FOUND")


def account_data(api: Api, alice: Account, where: str, own: dict, foreign: dict) -> None:
    """Read back as written, absent, of another user, and the types that only the server writes."""
    kind = {"type": "org.example.data"}
    api.call(f"PUT {where}", 200, alice, path={**own, **kind}, body={"answer": 42})
    found = api.need(f"GET {where}", 200, alice, path={**own, **kind})
    api.check(f"GET {where}", "other data", found == {"answer": 42})
    absent = {"type": "org.example.absent"}
    api.call(f"GET {where}", 404, alice, path={**own, **absent}, errcode="M_NOT_FOUND")
    api.call(f"PUT {where}", 403, alice, path={**foreign, **kind}, body={}, errcode="M_FORBIDDEN")
    api.call(f"GET {where}", 403, alice, path={**foreign, **kind}, errcode="M_FORBIDDEN")
    api.call(f"PUT {where}", 400, alice, path={**own, **kind}, raw=b"{", errcode="M_NOT_JSON")
    api.call(f"PUT {where}", 400, alice, path={**own, **kind}, body=[1], errcode="M_BAD_JSON")
    forbidden = {"type": "m.fully_read"}
    api.call(f"PUT {where}", 405, alice, path={**own, **forbidden}, body={}, errcode="M_BAD_JSON")
    rules = {"type": "m.push_rules"}
    api.call(f"PUT {where}", 405, alice, path={**own, **rules}, body={}, errcode="M_BAD_JSON")


def tags(api: Api, alice: Account, own: dict, foreign: dict) -> None:
    """A tag with an order is set, listed, deleted."""
    tag = {"tag": "m.favourite"}
    api.call(f"PUT {TAGS}/{{tag}}", 200, alice, path={**own, **tag}, body={"order": 0.25})
    found = api.need(f"GET {TAGS}", 200, alice, path=own)
    api.check(f"GET {TAGS}", "not the tag", found.get("tags") == {"m.favourite": {"order": 0.25}})
    api.call(f"DELETE {TAGS}/{{tag}}", 200, alice, path={**own, **tag})
    found = api.need(f"GET {TAGS}", 200, alice, path=own)
    api.check(f"DELETE {TAGS}/{{tag}}", "still tagged", found.get("tags") == {})
    api.call(f"GET {TAGS}", 403, alice, path=foreign, errcode="M_FORBIDDEN")
    api.call(f"PUT {TAGS}/{{tag}}", 403, alice, path={**foreign, **tag}, body={}, errcode="M_FORBIDDEN")
    api.call(f"DELETE {TAGS}/{{tag}}", 403, alice, path={**foreign, **tag}, errcode="M_FORBIDDEN")


def filters(api: Api, alice: Account, own: dict, foreign: dict) -> None:
    """A filter is stored and read back."""
    wanted = {"room": {"timeline": {"limit": 7, "types": ["m.room.message"]}}}
    made = api.need("POST /user/{userId}/filter", 200, alice, path=own, body=wanted)
    one = "GET /user/{userId}/filter/{filterId}"
    found = api.need(one, 200, alice, path={**own, "filterId": made["filter_id"]})
    api.check(one, "another limit", found.get("room", {}).get("timeline", {}).get("limit") == 7)
    api.call(one, 404, alice, path={**own, "filterId": "987654321"}, errcode="M_NOT_FOUND")
    api.call("POST /user/{userId}/filter", 403, alice, path=foreign, body=wanted, errcode="M_FORBIDDEN")
