"""Accounts for suites that speak plain HTTP."""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any

from wire.http import Answer, Connection


@dataclass
class Account:
    """A registered user with one session."""

    user_id: str
    device_id: str
    token: str
    password: str


class Refused(Exception):
    """A request that had to succeed was refused."""


def call(connection: Connection, method: str, target: str, body: Any = None,
         token: str | None = None) -> Answer:
    """A JSON request as `token`."""
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    return connection.request(method, target, data, headers)


def must(connection: Connection, method: str, target: str, body: Any = None,
         token: str | None = None) -> Any:
    """As `call`, but anything other than 200 is an exception; returns the JSON."""
    answer = call(connection, method, target, body, token)
    if answer.status != 200:
        raise Refused(f"{method} {target}: {answer.status} {answer.body[:300]!r}")
    return answer.json()


def register(connection: Connection, name: str) -> Account:
    """A new account under a name that no earlier run used (open registration, dummy stage)."""
    password = secrets.token_urlsafe(12)
    body = {
        "username": f"{name}-{secrets.token_hex(4)}",
        "password": password,
        "auth": {"type": "m.login.dummy"},
    }
    answer = must(connection, "POST", "/_matrix/client/v3/register", body)
    return Account(answer["user_id"], answer["device_id"], answer["access_token"], password)


def register_by_secret(connection: Connection, name: str, secret: str, admin: bool = False) -> Account:
    """A new account on a server that is closed to the public, by Synapse's shared-secret registration."""
    path, password = "/_synapse/admin/v1/register", secrets.token_urlsafe(12)
    nonce, username = must(connection, "GET", path)["nonce"], f"{name}-{secrets.token_hex(4)}"
    parts = "\0".join((nonce, username, password, "admin" if admin else "notadmin"))
    mac = hmac.new(secret.encode(), parts.encode(), hashlib.sha1).hexdigest()
    body = {"nonce": nonce, "username": username, "password": password, "admin": admin, "mac": mac}
    answer = must(connection, "POST", path, body)
    return Account(answer["user_id"], answer["device_id"], answer["access_token"], password)
