"""Phone numbers: proven by a code in a text message, used to register, to log in and to set a forgotten password."""

import json
import queue
import secrets
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import urlsplit

from conformance.api import Api
from conformance.cast import with_proof
from wire.account import Account, register

WAIT_S = 20.0
ADD = "POST /account/3pid/msisdn/requestToken"
REGISTER = "POST /register/msisdn/requestToken"
RESET = "POST /account/password/msisdn/requestToken"


class Gateway(HTTPServer):
    """What a provider of text messages is for the server."""

    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", urlsplit(url).port or 80), Handler)
        self.messages: queue.Queue[dict[str, str]] = queue.Queue()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def code(self, number: str) -> str:
        """The code of the next message, which must be for `number`."""
        message = self.messages.get(timeout=WAIT_S)
        if message["to"] != number:
            raise AssertionError(f"a message to {message}")
        return message["text"].rsplit(" ", 1)[-1]

    def close(self) -> None:
        """Nobody listens any more."""
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Gateway

    def do_POST(self) -> None:  # noqa: N802
        """Keeps the message."""
        self.server.messages.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def exercise(api: Api, url: str) -> None:
    """The life of a phone number."""
    gateway = Gateway(url)
    try:
        alice = register(api.connection, "caller")
        number = f"4477009{secrets.randbelow(10**5):05}"
        credentials = prove(api, gateway, ADD, number)
        with_proof(api, "POST /account/3pid/add", alice, credentials)
        who = {"type": "m.id.phone", "country": "GB", "phone": "0" + number[2:]}
        body = {"type": "m.login.password", "identifier": who, "password": alice.password}
        granted = api.need("POST /login", 200, body=body)
        api.check("POST /login", "somebody else", granted["user_id"] == alice.user_id)
        registration(api, gateway)
        forgotten(api, gateway, alice, number)
        for endpoint in (ADD, REGISTER):
            api.call(endpoint, 400, body=asking(number), errcode="M_THREEPID_IN_USE")
        api.call(RESET, 400, body=asking("4477000" + "0" * 5), errcode="M_THREEPID_NOT_FOUND")
        for endpoint in (ADD, REGISTER, RESET):
            api.call(endpoint, 400, body={**asking("12"), "country": "XX"}, errcode="M_INVALID_PARAM")
    finally:
        gateway.close()


def asking(number: str) -> dict[str, Any]:
    """What a client sends."""
    secret = secrets.token_urlsafe(16)
    return {"client_secret": secret, "country": "GB", "phone_number": f"+{number}", "send_attempt": 1}


def prove(api: Api, gateway: Gateway, endpoint: str, number: str) -> dict[str, str]:
    """The credentials of a proof that a number is one's own."""
    body = asking(number)
    asked = api.need(endpoint, 200, body=body)
    credentials = {"sid": asked["sid"], "client_secret": body["client_secret"]}
    given = {**credentials, "token": gateway.code(number)}
    path = urlsplit(asked["submit_url"]).path
    kind = {"Content-Type": "application/json"}
    answer = api.connection.request("POST", path, json.dumps(given).encode(), kind)
    api.check(endpoint, "the code was not accepted", answer.status == 200 and answer.json() == {"success": True})
    return credentials


def registration(api: Api, gateway: Gateway) -> None:
    """An account with a number from the beginning."""
    number = f"4477008{secrets.randbelow(10**5):05}"
    auth = {"type": "m.login.msisdn", "threepid_creds": prove(api, gateway, REGISTER, number)}
    body = {"username": f"phone-{secrets.token_hex(4)}", "password": secrets.token_urlsafe(12), "auth": auth}
    api.call("POST /register", 200, body=body)


def forgotten(api: Api, gateway: Gateway, account: Account, number: str) -> None:
    """A new password without the old one and without a session."""
    auth = {"type": "m.login.msisdn", "threepid_creds": prove(api, gateway, RESET, number)}
    body = {"new_password": secrets.token_urlsafe(12), "auth": auth}
    api.call("POST /account/password", 200, body=body)
    api.call("GET /account/whoami", 401, account, errcode="M_UNKNOWN_TOKEN")
