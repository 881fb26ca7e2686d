"""Finding rooms and people: spaces, summaries, the user directory, mutual rooms, other networks."""

import secrets

from conformance.api import Api
from conformance.cast import Cast

V1 = "/_matrix/client/v1"
HIERARCHY = f"GET {V1}/rooms/{{roomId}}/hierarchy"
SUMMARY = f"GET {V1}/room_summary/{{roomIdOrAlias}}"
NOWHERE = "!nobody-made-this:localhost"


def exercise(api: Api, cast: Cast) -> None:
    """After the rooms: `cast.room` is a closed room of alice, bob and carol."""
    spaces(api, cast)
    people(api, cast)
    networks(api, cast)


def spaces(api: Api, cast: Cast) -> None:
    """A space of two rooms, page by page; what a room shows of itself."""
    body = {"preset": "public_chat", "name": "Space", "creation_content": {"type": "m.space"}}
    space = api.need("POST /createRoom", 200, cast.alice, body=body)["room_id"]
    put = "PUT /rooms/{roomId}/state/{eventType}/{stateKey}"
    for _ in range(2):
        child = api.need("POST /createRoom", 200, cast.alice, body={"preset": "public_chat"})["room_id"]
        path = {"roomId": space, "eventType": "m.space.child", "stateKey": child}
        api.call(put, 200, cast.alice, path=path, body={"via": ["localhost"], "suggested": True})
    whole = api.need(HIERARCHY, 200, cast.stranger, path={"roomId": space})
    api.check(HIERARCHY, "not three rooms", len(whole["rooms"]) == 3)
    page = api.need(HIERARCHY, 200, cast.stranger, path={"roomId": space}, query={"limit": 1})
    rest = api.need(HIERARCHY, 200, cast.stranger, path={"roomId": space}, query={"from": page["next_batch"]})
    api.check(HIERARCHY, "the pages are not the whole", page["rooms"] + rest["rooms"] == whole["rooms"])
    changed = {"from": page["next_batch"], "suggested_only": "true"}
    api.call(HIERARCHY, 400, cast.stranger, path={"roomId": space}, query=changed, errcode="M_INVALID_PARAM")
    for hidden in (cast.room, NOWHERE):
        api.call(HIERARCHY, 403, cast.stranger, path={"roomId": hidden}, errcode="M_FORBIDDEN")
        api.call(SUMMARY, 404, cast.stranger, path={"roomIdOrAlias": hidden}, errcode="M_NOT_FOUND")
    own = api.need(SUMMARY, 200, cast.alice, path={"roomIdOrAlias": cast.room})
    api.check(SUMMARY, "not joined", own.get("membership") == "join")
    by_nobody = api.need(SUMMARY, 200, path={"roomIdOrAlias": space})
    api.check(SUMMARY, "nobody has a membership", "membership" not in by_nobody)


def people(api: Api, cast: Cast) -> None:
    """Found by those who share a room, and not by others."""
    search = "POST /user_directory/search"
    name = cast.bob.user_id[1:].split(":")[0]
    found = api.need(search, 200, cast.alice, body={"search_term": name, "limit": 5})
    api.check(search, "bob is not found", any(one["user_id"] == cast.bob.user_id for one in found["results"]))
    nobody = api.need(search, 200, cast.alice, body={"search_term": secrets.token_hex(12)})
    api.check(search, "somebody is found", nobody == {"results": [], "limited": False})
    mutual = f"GET {V1}/mutual_rooms"
    shared = api.need(mutual, 200, cast.alice, query={"user_id": cast.bob.user_id})
    api.check(mutual, "the room is not there", cast.room in shared["joined"])
    for query in ({"user_id": cast.alice.user_id}, {"user_id": "nobody"}):
        api.call(mutual, 400, cast.alice, query=query, errcode="M_INVALID_PARAM")
    api.call(mutual, 400, cast.alice, errcode="M_MISSING_PARAM|M_INVALID_PARAM")


def networks(api: Api, cast: Cast) -> None:
    """There are no bridges."""
    api.call("GET /thirdparty/protocols", 200, cast.alice)
    absent = {"protocol": "irc"}
    for kind in ("protocol", "location", "user"):
        api.call(f"GET /thirdparty/{kind}/{{protocol}}", 404, cast.alice, path=absent, errcode="M_NOT_FOUND")
    api.call("GET /thirdparty/location", 404, cast.alice, query={"alias": "#irc:localhost"}, errcode="M_NOT_FOUND")
    api.call("GET /thirdparty/user", 404, cast.alice, query={"userid": "@irc:localhost"}, errcode="M_NOT_FOUND")
