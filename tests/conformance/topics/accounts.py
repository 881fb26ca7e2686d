"""Registration, login, sessions, devices, password, deactivation."""

import secrets

from conformance.api import Api
from conformance.cast import Cast, with_proof
from wire.account import Account, register


def exercise(api: Api, cast: Cast) -> None:
    """Everything about an account's sessions, on accounts of its own."""
    registration(api, cast)
    victim = register(api.connection, "victim")
    login(api, victim)
    devices(api, victim)
    refresh(api, victim)
    endings(api, victim)


def registration(api: Api, cast: Cast) -> None:
    """The two-step registration, names that are taken or not names, tokens."""
    name = f"new-{secrets.token_hex(4)}"
    body = {"username": name, "password": secrets.token_urlsafe(12)}
    asked = api.need("POST /register", 401, body=body)
    auth = {"type": "m.login.dummy", "session": asked["session"]}
    api.call("POST /register", 200, body={**body, "auth": auth})
    dummy = {"type": "m.login.dummy"}
    api.call("POST /register", 400, body={**body, "auth": dummy}, errcode="M_USER_IN_USE")
    api.call("POST /register", 400, body={**body, "username": "not a name", "auth": dummy},
             errcode="M_INVALID_USERNAME")
    quiet = {**body, "username": f"quiet-{secrets.token_hex(4)}", "inhibit_login": True, "auth": dummy}
    made = api.need("POST /register", 200, body=quiet)
    api.check("POST /register", "inhibit_login was ignored", "access_token" not in made)
    available = "GET /register/available"
    api.call(available, 200, query={"username": f"free-{secrets.token_hex(4)}"})
    api.call(available, 400, query={"username": name}, errcode="M_USER_IN_USE")
    api.call(available, 400, query={"username": "not a name"}, errcode="M_INVALID_USERNAME")
    validity = "GET /_matrix/client/v1/register/m.login.registration_token/validity"
    found = api.need(validity, 200, query={"token": "nobody-made-this"})
    api.check(validity, "an unknown token is valid", found["valid"] is False)
    whoami = api.need("GET /account/whoami", 200, cast.alice)
    api.check("GET /account/whoami", "somebody else", whoami["user_id"] == cast.alice.user_id)
    whois = api.need("GET /admin/whois/{userId}", 200, cast.alice, path={"userId": cast.alice.user_id})
    api.check("GET /admin/whois/{userId}", "no device was seen", bool(whois["devices"]))


def login(api: Api, victim: Account) -> None:
    """Flows, by user id and by localpart, and the refusals."""
    api.call("GET /login", 200)
    api.call("GET /_matrix/client/v1/auth_metadata", 404, errcode="M_UNRECOGNIZED")
    elsewhere = {"redirectUrl": "https://app.example.org/"}
    api.call("GET /login/sso/redirect", 404, query=elsewhere, errcode="M_NOT_FOUND")
    api.call("GET /login/sso/redirect/{idpId}", 404, path={"idpId": "nobody"}, query=elsewhere, errcode="M_NOT_FOUND")
    who = {"type": "m.id.user", "user": victim.user_id}
    body = {"type": "m.login.password", "identifier": who, "password": victim.password}
    api.call("POST /login", 200, body=body)
    short = {"type": "m.id.user", "user": victim.user_id[1:].split(":")[0]}
    again = api.need("POST /login", 200, body={**body, "identifier": short, "device_id": "CHOSEN"})
    api.check("POST /login", "not the chosen device", again["device_id"] == "CHOSEN")
    api.call("POST /login", 403, body={**body, "password": "wrong"}, errcode="M_FORBIDDEN")
    nobody = {"type": "m.id.user", "user": "nobody-of-this-name"}
    api.call("POST /login", 403, body={**body, "identifier": nobody}, errcode="M_FORBIDDEN")
    api.call("POST /login", 400, body={"type": "org.example.unknown"}, errcode="M_UNKNOWN|M_UNRECOGNIZED|M_INVALID_PARAM")
    api.call("POST /login", 400, raw=b"{", errcode="M_NOT_JSON")


def devices(api: Api, victim: Account) -> None:
    """List, read, rename, delete with the password."""
    listed = api.need("GET /devices", 200, victim)["devices"]
    api.check("GET /devices", "not three devices", len(listed) == 3)
    own = {"deviceId": victim.device_id}
    absent = {"deviceId": "NOSUCHDEVICE"}
    api.call("PUT /devices/{deviceId}", 200, victim, path=own, body={"display_name": "renamed"})
    found = api.need("GET /devices/{deviceId}", 200, victim, path=own)
    api.check("GET /devices/{deviceId}", "not renamed", found.get("display_name") == "renamed")
    api.call("GET /devices/{deviceId}", 404, victim, path=absent, errcode="M_NOT_FOUND")
    api.call("PUT /devices/{deviceId}", 404, victim, path=absent, body={"display_name": "x"},
             errcode="M_NOT_FOUND")
    with_proof(api, "DELETE /devices/{deviceId}", victim, {}, path={"deviceId": "CHOSEN"})
    others = [one["device_id"] for one in listed if one["device_id"] not in (victim.device_id, "CHOSEN")]
    with_proof(api, "POST /delete_devices", victim, {"devices": others})
    left = api.need("GET /devices", 200, victim)["devices"]
    api.check("POST /delete_devices", "devices are still there", len(left) == 1)


def refresh(api: Api, victim: Account) -> None:
    """A session with a refresh token: the old pair ends once the new one is used."""
    who = {"type": "m.id.user", "user": victim.user_id}
    body = {"type": "m.login.password", "identifier": who, "password": victim.password}
    first = api.need("POST /login", 200, body={**body, "refresh_token": True})
    if "refresh_token" not in first:
        api.check("POST /refresh", "login gave no refresh token", False)
        return
    second = api.need("POST /refresh", 200, body={"refresh_token": first["refresh_token"]})
    api.call("GET /account/whoami", 200, second["access_token"])
    api.call("GET /account/whoami", 401, first["access_token"], errcode="M_UNKNOWN_TOKEN")
    third = api.need("POST /refresh", 200, body={"refresh_token": second["refresh_token"]})
    api.call("POST /logout", 200, third["access_token"], body={})
    api.call("GET /account/whoami", 401, third["access_token"], errcode="M_UNKNOWN_TOKEN")
    api.call("POST /refresh", 401, body={"refresh_token": third["refresh_token"]}, errcode="M_UNKNOWN_TOKEN")
    # A used token is worth nothing; a server may take its second use as a theft and end the session.
    api.call("POST /refresh", 401, body={"refresh_token": first["refresh_token"]}, errcode="M_UNKNOWN_TOKEN")
    api.call("POST /refresh", 401, body={"refresh_token": "nobody-made-this"}, errcode="M_UNKNOWN_TOKEN")
    stolen(api, body)


def stolen(api: Api, login: dict) -> None:
    """A refresh token that has been used is refused, also while its session lives."""
    first = api.need("POST /login", 200, body={**login, "refresh_token": True})
    second = api.need("POST /refresh", 200, body={"refresh_token": first["refresh_token"]})
    api.call("GET /account/whoami", 200, second["access_token"])
    api.call("POST /refresh", 401, body={"refresh_token": first["refresh_token"]}, errcode="M_UNKNOWN_TOKEN")


def endings(api: Api, victim: Account) -> None:
    """A new password ends the other sessions; logout/all ends all; a deactivated account is gone."""
    who = {"type": "m.id.user", "user": victim.user_id}
    body = {"type": "m.login.password", "identifier": who, "password": victim.password}
    other = api.need("POST /login", 200, body=body)["access_token"]
    changed = secrets.token_urlsafe(12)
    with_proof(api, "POST /account/password", victim, {"new_password": changed, "logout_devices": True})
    victim.password = changed
    api.call("GET /account/whoami", 401, other, errcode="M_UNKNOWN_TOKEN")
    api.call("POST /login", 403, body=body, errcode="M_FORBIDDEN")
    api.call("POST /logout/all", 200, victim, body={})
    api.call("GET /account/whoami", 401, victim, errcode="M_UNKNOWN_TOKEN")
    body["password"] = changed
    victim.token = api.need("POST /login", 200, body=body)["access_token"]
    with_proof(api, "POST /account/deactivate", victim, {})
    api.call("GET /account/whoami", 401, victim, errcode="M_UNKNOWN_TOKEN")
    api.call("POST /login", 403, body=body, errcode="M_USER_DEACTIVATED|M_FORBIDDEN")
