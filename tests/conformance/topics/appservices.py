"""Application services: as whom they act, what is theirs, and whether they can be reached."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from conformance.api import Api
from conformance.cast import Cast
from rig.appservice import AS_TOKEN, HS_TOKEN, ID, PREFIX, port
from wire.account import Account

PING = "POST /_matrix/client/v1/appservice/{appserviceId}/ping"
TYPE = "m.login.application_service"


class Bridge(HTTPServer):
    """The program of the application service: answers everything with `status`."""

    def __init__(self, file: Path) -> None:
        super().__init__(("127.0.0.1", port(file)), Handler)
        self.status = 200
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Nobody listens any more."""
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Bridge

    def answer(self) -> None:
        """Says `{}`, or 401 to whoever is not the homeserver."""
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        known = self.headers.get("Authorization") == f"Bearer {HS_TOKEN}"
        self.send_response(self.server.status if known else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_POST = do_PUT = answer

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def exercise(api: Api, cast: Cast, file: Path) -> None:
    """The application service that the rig has registered in `file`."""
    ping(api, cast.alice, file)
    accounts(api)
    acting(api, cast.alice)
    networks(api, cast)


def ping(api: Api, alice: Account, file: Path) -> None:
    """There and back, with a bridge that answers, one that refuses, and none."""
    bridge = Bridge(file)
    here = {"appserviceId": ID}
    api.call(PING, 200, AS_TOKEN, path=here, body={"transaction_id": "mautrix"})
    api.call(PING, 200, AS_TOKEN, path=here, body={})
    api.call(PING, 403, AS_TOKEN, path={"appserviceId": "other"}, body={}, errcode="M_FORBIDDEN")
    api.call(PING, 403, alice, path=here, body={}, errcode="M_FORBIDDEN")
    api.call(PING, 401, None, path=here, body={}, errcode="M_MISSING_TOKEN")
    bridge.status = 500
    api.call(PING, 502, AS_TOKEN, path=here, body={}, errcode="M_BAD_STATUS")
    bridge.close()
    api.call(PING, 502, AS_TOKEN, path=here, body={}, errcode="M_CONNECTION_FAILED")


def accounts(api: Api) -> None:
    """Users without a password, whom nobody else makes."""
    name = f"{PREFIX}one"
    api.call("POST /register", 200, AS_TOKEN, body={"type": TYPE, "username": name})
    api.call("POST /register", 400, AS_TOKEN, body={"type": TYPE, "username": name}, errcode="M_USER_IN_USE")
    api.call("POST /register", 400, AS_TOKEN, body={"type": TYPE, "username": "someone"}, errcode="M_EXCLUSIVE")
    api.call("POST /register", 401, "wrong", body={"type": TYPE, "username": name}, errcode="M_UNKNOWN_TOKEN")
    api.call("GET /register/available", 400, None, query={"username": f"{PREFIX}two"}, errcode="M_EXCLUSIVE")
    login = {"type": TYPE, "identifier": {"type": "m.id.user", "user": name}}
    api.call("POST /login", 200, AS_TOKEN, body=login)
    login["identifier"]["user"] = f"{PREFIX}unknown"
    api.call("POST /login", 403, AS_TOKEN, body=login, errcode="M_FORBIDDEN")


def acting(api: Api, alice: Account) -> None:
    """As its own users, and only as them; with devices that it makes without a login."""
    ghost = {"user_id": f"@{PREFIX}one:localhost"}
    found = api.need("GET /account/whoami", 200, AS_TOKEN, query=ghost)
    api.check("GET /account/whoami", "somebody else", found["user_id"] == ghost["user_id"])
    for other in (alice.user_id, f"@{PREFIX}unknown:localhost"):
        api.call("GET /account/whoami", 403, AS_TOKEN, query={"user_id": other}, errcode="M_FORBIDDEN")
    device = "PUT /devices/{deviceId}"
    for status in (201, 200):
        api.call(device, status, AS_TOKEN, path={"deviceId": "BOT"}, query=ghost, body={"display_name": "Bot"})
    with_device = {**ghost, "device_id": "BOT"}
    api.call("POST /keys/upload", 200, AS_TOKEN, query=with_device, body={})
    api.call("GET /sync", 200, AS_TOKEN, query={**with_device, "timeout": 0})
    api.call("DELETE /devices/{deviceId}", 200, AS_TOKEN, path={"deviceId": "BOT"}, query=ghost, body={})


def networks(api: Api, cast: Cast) -> None:
    """The room list of a network that it bridges."""
    room = api.need("POST /createRoom", 200, AS_TOKEN, body={"preset": "public_chat"})["room_id"]
    path = {"networkId": "town", "roomId": room}
    listing = "PUT /directory/list/appservice/{networkId}/{roomId}"
    api.call(listing, 200, AS_TOKEN, path=path, body={"visibility": "public"})
    body = {"third_party_instance_id": f"{ID}|town"}
    found = api.need("POST /publicRooms", 200, cast.alice, body=body)["chunk"]
    api.check("POST /publicRooms", "not the room of the network", [one["room_id"] for one in found] == [room])
    api.call(listing, 200, AS_TOKEN, path=path, body={"visibility": "private"})
