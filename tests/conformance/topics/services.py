"""What a server does beside talking: proofs of identity, other clients, relays, presence, reports, unwanted invites."""

from conformance.api import Api
from conformance.cast import Cast, with_proof
from rig.longhouse import SHARED_SECRET
from wire.account import register, register_by_secret

ROOM = "/rooms/{roomId}"
NOWHERE = "!nobody-made-this:localhost"


def exercise(api: Api, cast: Cast) -> None:
    """After the rooms: alice, bob and carol are in `cast.room`, the stranger is not."""
    proofs(api, cast)
    api.call("GET /voip/turnServer", 200, cast.alice)
    presence = {"userId": cast.alice.user_id}
    api.call("PUT /presence/{userId}/status", 200, cast.alice, path=presence, body={"presence": "online"})
    api.call("GET /presence/{userId}/status", 200, cast.alice, path=presence)
    retention = "GET /_matrix/client/unstable/org.matrix.msc1763/retention/configuration"
    api.call(retention, 200, cast.alice)
    api.call(retention, 401, errcode="M_MISSING_TOKEN")
    reports(api, cast)
    invites(api, cast)
    standings(api, cast)


def standings(api: Api, cast: Cast) -> None:
    """An administrator looks at accounts, locks and suspends them."""
    admin = register_by_secret(api.connection, "admin", SHARED_SECRET, admin=True)
    subject = register(api.connection, "subject")
    for verb, field in (("suspend", "suspended"), ("lock", "locked")):
        endpoint = f"/_matrix/client/v1/admin/{verb}/{{userId}}"
        body = {field: True}
        for status, errcode, caller, user in (
            (200, None, admin, subject.user_id), (403, "M_FORBIDDEN", cast.alice, subject.user_id),
            (404, "M_NOT_FOUND", admin, "@nobody:localhost"),
            (400, "M_INVALID_PARAM", admin, "@somebody:elsewhere.example"),
        ):
            path = {"userId": user}
            api.call(f"GET {endpoint}", status, caller, path=path, errcode=errcode)
            api.call(f"PUT {endpoint}", status, caller, path=path, body=body, errcode=errcode)
    api.call("GET /account/whoami", 401, subject, errcode="M_USER_LOCKED")


def proofs(api: Api, cast: Cast) -> None:
    """A token for another service, and one for another client."""
    asked = api.need("POST /user/{userId}/openid/request_token", 200, cast.alice, body={},
                     path={"userId": cast.alice.user_id})
    userinfo = "GET /_matrix/federation/v1/openid/userinfo"
    found = api.need(userinfo, 200, query={"access_token": asked["access_token"]})
    api.check(userinfo, "somebody else", found["sub"] == cast.alice.user_id)
    api.call(userinfo, 401, query={"access_token": "nobody-was-given-this"}, errcode="M_UNKNOWN_TOKEN")
    get_token = "POST /_matrix/client/v1/login/get_token"
    api.call(get_token, 400, cast.alice, raw=b"{", errcode="M_NOT_JSON")
    token = with_proof(api, get_token, cast.alice, {})["login_token"]
    body = {"type": "m.login.token", "token": token}
    api.call("POST /login", 200, body=body)
    api.call("POST /login", 403, body=body, errcode="M_FORBIDDEN")


def reports(api: Api, cast: Cast) -> None:
    """An event, a room, a user; and what is not there."""
    send = f"PUT {ROOM}/send/{{eventType}}/{{txnId}}"
    message = {"roomId": cast.room, "eventType": "m.room.message", "txnId": "reported"}
    rude = {"msgtype": "m.text", "body": "rude"}
    sent = api.need(send, 200, cast.bob, path=message, body=rude)["event_id"]
    event = {"roomId": cast.room, "eventId": sent}
    why = {"reason": "rude"}
    api.call(f"POST {ROOM}/report/{{eventId}}", 200, cast.alice, path=event, body=why)
    api.call(f"POST {ROOM}/report/{{eventId}}", 404, cast.stranger, path=event, body=why, errcode="M_NOT_FOUND")
    api.call(f"POST {ROOM}/report", 200, cast.stranger, path={"roomId": cast.room}, body=why)
    api.call(f"POST {ROOM}/report", 404, cast.stranger, path={"roomId": NOWHERE}, body=why, errcode="M_NOT_FOUND")
    report = "POST /users/{userId}/report"
    api.call(report, 200, cast.alice, path={"userId": cast.bob.user_id}, body=why)
    api.call(report, 404, cast.alice, path={"userId": "@nobody:localhost"}, body=why, errcode="M_NOT_FOUND")


def invites(api: Api, cast: Cast) -> None:
    """Whoever wants no invites gets none."""
    shy = register(api.connection, "shy")
    kind = {"userId": shy.user_id, "type": "m.invite_permission_config"}
    api.call("PUT /user/{userId}/account_data/{type}", 200, shy, path=kind, body={"default_action": "block"})
    api.call(f"POST {ROOM}/invite", 403, cast.alice, path={"roomId": cast.room}, body={"user_id": shy.user_id},
             errcode="M_INVITE_BLOCKED")
    api.call("POST /createRoom", 403, cast.alice, body={"invite": [shy.user_id]}, errcode="M_INVITE_BLOCKED")
