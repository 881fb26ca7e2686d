"""Accounts for suites that speak plain HTTP."""

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
