"""E-mail addresses: proven by a mail, used to register, to log in and to set a forgotten password."""

import email
import queue
import re
import secrets
from email.message import Message
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from conformance.api import Api
from conformance.cast import Cast, with_proof
from wire.account import Account

WAIT_S = 20.0
ADD = "POST /account/3pid/email/requestToken"
REGISTER = "POST /register/email/requestToken"
RESET = "POST /account/password/email/requestToken"


class Post:
    """An SMTP server that keeps what it is given."""

    def __init__(self, port: int) -> None:
        self.mails: queue.Queue[tuple[list[str], Message]] = queue.Queue()
        self._controller = Controller(self, hostname="127.0.0.1", port=port)
        self._controller.start()

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:  # noqa: N802
        """Called by aiosmtpd with each mail."""
        self.mails.put((envelope.rcpt_tos, email.message_from_bytes(envelope.content)))
        return "250 OK"

    def mail_to(self, address: str) -> Message:
        """The next mail, which must be for `address` alone."""
        recipients, mail = self.mails.get(timeout=WAIT_S)
        if recipients != [address] or mail["Auto-Submitted"] != "auto-generated":
            raise AssertionError(f"a mail to {recipients}: {mail.items()}")
        return mail

    def next_to(self, address: str) -> str:
        """The text of the next mail, which must be for `address` alone."""
        return text_of(self.mail_to(address))

    def close(self) -> None:
        """Nobody listens any more."""
        self._controller.stop()


def text_of(mail: Message) -> str:
    """The plain text of a mail."""
    plain = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
    return plain.get_payload(decode=True).decode()


def exercise(api: Api, cast: Cast, port: int) -> None:
    """The life of an address, on mail that really goes over SMTP."""
    post = Post(port)
    try:
        account = registration(api, post)
        adding(api, post, cast.alice)
        unread(api, post, cast)
        forgotten(api, post, account)
        refused(api, post, cast)
    finally:
        post.close()


def address_of(name: str) -> str:
    """An address that nobody has yet."""
    return f"{name}-{secrets.token_hex(4)}@example.org"


def ask(api: Api, endpoint: str, address: str) -> dict[str, str]:
    """Has a mail sent; the credentials of the proof that it begins."""
    secret = secrets.token_urlsafe(16)
    body = {"client_secret": secret, "email": address, "send_attempt": 1}
    asked = api.need(endpoint, 200, body=body)
    again = api.need(endpoint, 200, body=body)
    api.check(endpoint, "the same request began something else", again["sid"] == asked["sid"])
    return {"sid": asked["sid"], "client_secret": secret}


def follow(api: Api, endpoint: str, text: str) -> None:
    """Opens the page of the link in a mail and answers its question."""
    link = urlsplit(re.search(r"https?://\S+", text).group())
    target = f"{link.path}?{link.query}"
    page = api.connection.request("GET", target, None, {})
    api.check(endpoint, "the link has no page", page.status == 200 and b"<form" in page.body)
    fields = {name: values[0] for name, values in parse_qs(link.query).items()}
    form = urlencode(fields).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    done = api.connection.request("POST", link.path, form, kind)
    api.check(endpoint, "the link was not accepted", done.status == 200)


def prove(api: Api, post: Post, endpoint: str, address: str) -> dict[str, str]:
    """The credentials of a proof that an address is one's own."""
    credentials = ask(api, endpoint, address)
    follow(api, endpoint, post.next_to(address))
    return credentials


def identity(credentials: dict[str, str], session: str | None = None) -> dict[str, Any]:
    """The `auth` object of a proven address."""
    auth = {"type": "m.login.email.identity", "threepid_creds": credentials}
    return auth if session is None else {**auth, "session": session}


def registration(api: Api, post: Post) -> Account:
    """An account with an address from the beginning."""
    address, name = address_of("register"), f"mail-{secrets.token_hex(4)}"
    body = {"username": name, "password": secrets.token_urlsafe(12)}
    asked = api.need("POST /register", 401, body=body)
    stages = [flow["stages"] for flow in asked["flows"]]
    api.check("POST /register", "no flow with an address", ["m.login.email.identity"] in stages)
    credentials = ask(api, REGISTER, address)
    early = {**body, "auth": identity(credentials, asked["session"])}
    api.call("POST /register", 401, body=early, errcode="M_UNAUTHORIZED")
    follow(api, REGISTER, post.next_to(address))
    made = api.need("POST /register", 200, body=early)
    account = Account(made["user_id"], made["device_id"], made["access_token"], body["password"])
    listed = api.need("GET /account/3pid", 200, account)["threepids"]
    api.check("GET /account/3pid", "not the address", [one["address"] for one in listed] == [address])
    api.call(REGISTER, 400, body={"client_secret": "s", "email": address, "send_attempt": 1},
             errcode="M_THREEPID_IN_USE")
    return account


def adding(api: Api, post: Post, alice: Account) -> None:
    """Added with the password, used to log in, removed."""
    address = address_of("add")
    credentials = ask(api, ADD, address)
    api.call("POST /account/3pid/add", 403, alice, body=credentials, errcode="M_THREEPID_AUTH_FAILED")
    follow(api, ADD, post.next_to(address))
    with_proof(api, "POST /account/3pid/add", alice, credentials)
    listed = api.need("GET /account/3pid", 200, alice)["threepids"]
    api.check("GET /account/3pid", "not the address", [one["address"] for one in listed] == [address])
    who = {"type": "m.id.thirdparty", "medium": "email", "address": address.upper()}
    body = {"type": "m.login.password", "identifier": who, "password": alice.password}
    granted = api.need("POST /login", 200, body=body)
    api.check("POST /login", "somebody else", granted["user_id"] == alice.user_id)
    body = {"medium": "email", "address": address}
    for endpoint in ("POST /account/3pid/unbind", "POST /account/3pid/delete"):
        removed = api.need(endpoint, 200, alice, body=body)
        api.check(endpoint, "unbound from where?", removed["id_server_unbind_result"] == "no-support")
        api.call(endpoint, 400, alice, body={**body, "medium": "fax"}, errcode="M_INVALID_PARAM")
    left = api.need("GET /account/3pid", 200, alice)["threepids"]
    api.check("GET /account/3pid", "the address is still there", left == [])
    servers = {"id_server": "id.example.org", "id_access_token": "abc"}
    api.call("POST /account/3pid/bind", 400, alice, body={**credentials, **servers}, errcode="M_SERVER_NOT_TRUSTED")
    old = {"three_pid_creds": {**credentials, **servers}}
    api.call("POST /account/3pid", 403, alice, body=old, errcode="M_THREEPID_AUTH_FAILED")
    old = {"three_pid_creds": {**prove(api, post, ADD, address_of("old")), **servers}}
    with_proof(api, "POST /account/3pid", alice, old)


def unread(api: Api, post: Post, cast: Cast) -> None:
    """What stays unread is told by mail, until the mail is ended by its link or the address is removed."""
    reader, address = cast.carol, address_of("unread")
    with_proof(api, "POST /account/3pid/add", reader, prove(api, post, ADD, address))
    pusher = {"kind": "email", "app_id": "m.email", "pushkey": address, "lang": "en", "data": {},
              "app_display_name": "Mail", "device_display_name": address}
    api.call("POST /pushers/set", 400, cast.alice, body=pusher, errcode="M_THREEPID_NOT_FOUND")
    api.call("POST /pushers/set", 400, reader, body={**pusher, "app_id": "app"}, errcode="M_INVALID_PARAM")
    api.call("POST /pushers/set", 200, reader, body=pusher)
    room = api.need("POST /createRoom", 200, cast.alice, body={"name": "Unread <b>", "preset": "public_chat"})["room_id"]
    api.call("POST /join/{roomIdOrAlias}", 200, reader, path={"roomIdOrAlias": room}, body={})
    say(api, cast.alice, room, "is anybody <i>there</i>?")
    mail = post.mail_to(address)
    html = next(part for part in mail.walk() if part.get_content_type() == "text/html").get_payload(decode=True).decode()
    told, where = text_of(mail), "POST /pushers/set"
    api.check(where, f"the mail says {told}", "is anybody <i>there</i>?" in told and f"https://matrix.to/#/{room}" in told)
    api.check(where, "markup of users is markup of the mail", "<i>" not in html and "Unread &lt;b&gt;" in html)
    link = urlsplit(mail["List-Unsubscribe"].strip("<>"))
    target = f"{link.path}?{link.query}"
    page = api.connection.request("GET", target, None, {})
    api.check(where, "the mail's link has no page", page.status == 200 and b"<form" in page.body)
    listed = api.need("GET /pushers", 200, reader)["pushers"]
    api.check(where, "who only looks has ended it", [one["pushkey"] for one in listed] == [address])
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    for status in (200, 404):
        ended = api.connection.request("POST", target, b"List-Unsubscribe=One-Click", kind)
        api.check(where, f"one click is answered with {ended.status}", ended.status == status)
    api.check(where, "it goes on", api.need("GET /pushers", 200, reader)["pushers"] == [])
    api.call("POST /pushers/set", 200, reader, body=pusher)
    body = {"medium": "email", "address": address}
    api.call("POST /account/3pid/delete", 200, reader, body=body)
    api.check(where, "it outlives its address", api.need("GET /pushers", 200, reader)["pushers"] == [])
    say(api, cast.alice, room, "still there?")


def say(api: Api, sender: Account, room: str, text: str) -> None:
    """Sends a message."""
    path = {"roomId": room, "eventType": "m.room.message", "txnId": secrets.token_hex(4)}
    endpoint = "PUT /rooms/{roomId}/send/{eventType}/{txnId}"
    api.call(endpoint, 200, sender, path=path, body={"msgtype": "m.text", "body": text})


def forgotten(api: Api, post: Post, account: Account) -> None:
    """A new password without the old one and without a session."""
    address = api.need("GET /account/3pid", 200, account)["threepids"][0]["address"]
    credentials = prove(api, post, RESET, address)
    body = {"new_password": secrets.token_urlsafe(12)}
    asked = api.need("POST /account/password", 401, body=body)
    auth = identity(credentials, asked["session"])
    api.call("POST /account/password", 200, body={**body, "auth": auth})
    api.call("GET /account/whoami", 401, account, errcode="M_UNKNOWN_TOKEN")
    who = {"type": "m.id.user", "user": account.user_id}
    login = {"type": "m.login.password", "identifier": who, "password": body["new_password"]}
    api.call("POST /login", 200, body=login)
    api.call("POST /account/password", 401, body={**body, "auth": identity(credentials)}, errcode="M_UNAUTHORIZED")


def refused(api: Api, post: Post, cast: Cast) -> None:
    """What is no address, is not allowed here, or is nobody's."""
    body = {"client_secret": "secret", "email": "a@example.org", "send_attempt": 1}
    for endpoint in (ADD, REGISTER, RESET):
        api.call(endpoint, 400, body={**body, "email": "a@b@example.org"}, errcode="M_INVALID_PARAM")
        api.call(endpoint, 400, body={**body, "client_secret": "x" * 256}, errcode="M_INVALID_PARAM")
    for endpoint in (ADD, REGISTER):
        api.call(endpoint, 403, body={**body, "email": "a@elsewhere.example"}, errcode="M_THREEPID_DENIED")
    api.call(RESET, 400, body={**body, "email": address_of("nobody")}, errcode="M_THREEPID_NOT_FOUND")
    capabilities = api.need("GET /capabilities", 200, cast.alice)["capabilities"]
    api.check("GET /capabilities", "m.3pid_changes", capabilities["m.3pid_changes"]["enabled"] is True)
    api.check(RESET, "more mail than was asked for", post.mails.empty())
