"""Accounts that end: what is refused then, and how they are renewed."""

import argparse
import re
import secrets
import subprocess
from urllib.parse import urlencode, urlsplit

from conformance.api import Api
from conformance.cast import proof
from conformance.topics.threepids import ADD, Post, address_of, prove
from rig.longhouse import SHARED_SECRET
from wire.account import Account, call, register_by_secret

EXPIRED = "ORG_MATRIX_EXPIRED_ACCOUNT"
WHOAMI = "GET /account/whoami"
SEND_MAIL = "/_matrix/client/unstable/account_validity/send_mail"


def exercise(api: Api, options: argparse.Namespace) -> None:
    """Ended and renewed by the command line, and by a mail."""
    post = Post(options.smtp_port)
    try:
        alice = register_by_secret(api.connection, "alice", SHARED_SECRET)
        address = address_of("validity")
        add(api, alice, prove(api, post, ADD, address))
        api.call(WHOAMI, 200, alice)
        renew(options, alice, "--until", "2020-01-01")
        ended(api, alice)
        # The server writes by itself, too; the mail that was asked for is the last one.
        asked = call(api.connection, "POST", SEND_MAIL, {}, alice.token)
        api.check(WHOAMI, "no mail was sent", asked.status == 200)
        follow(api, alice, post, address)
        api.call(WHOAMI, 200, alice)
        renew(options, alice, "--until", "2020-01-01")
        ended(api, alice)
        renew(options, alice, "--for", "1d")
        api.call(WHOAMI, 200, alice)
        renew(options, alice, "--until", "2020-01-01")
        api.call("POST /logout", 200, alice, body={})
        again = {"type": "m.login.password", "password": alice.password,
                 "identifier": {"type": "m.id.user", "user": alice.user_id}}
        token = api.need("POST /login", 200, body=again)["access_token"]
        api.call(WHOAMI, 403, token, errcode=EXPIRED)
        api.call("POST /logout", 200, token, body={})
        administrator = register_by_secret(api.connection, "root", SHARED_SECRET, admin=True)
        renew(options, administrator, "--until", "2020-01-01")
        api.call(WHOAMI, 200, administrator)
    finally:
        post.close()


def add(api: Api, account: Account, credentials: dict[str, str]) -> None:
    """Puts a proven address into the account."""
    path = "/_matrix/client/v3/account/3pid/add"
    asked = call(api.connection, "POST", path, credentials, account.token).json()
    body = {**credentials, "auth": proof(account, asked["session"])}
    added = call(api.connection, "POST", path, body, account.token)
    api.check(WHOAMI, "the address was not added", added.status == 200)


def renew(options: argparse.Namespace, account: Account, *more: str) -> None:
    """`longhouse user renew`."""
    line = [str(options.program), "--data", str(options.data), "user", "renew", account.user_id, *more]
    subprocess.run(line, check=True, timeout=30, stdout=subprocess.DEVNULL)


def ended(api: Api, account: Account) -> None:
    """Nothing but logging out."""
    api.call(WHOAMI, 403, account, errcode=EXPIRED)
    api.call("GET /joined_rooms", 403, account, errcode=EXPIRED)


def follow(api: Api, account: Account, post: Post, address: str) -> None:
    """Renews the account by the link of a mail, once."""
    while True:
        text = post.next_to(address)
        link = urlsplit(re.search(r"https?://\S+/account_validity/renew\S+", text).group())
        page = api.connection.request("GET", f"{link.path}?{link.query}", None, {})
        api.check(WHOAMI, "the link has no page", page.status == 200 and b"<form" in page.body)
        api.call(WHOAMI, 403, account, errcode=EXPIRED)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        done = api.connection.request("POST", link.path, link.query.encode(), kind)
        if done.status == 200:
            break
        # A newer mail has taken its place.
    again = api.connection.request("POST", link.path, link.query.encode(), kind)
    api.check(WHOAMI, "a link was good twice", again.status == 400)
    wrong = urlencode({"token": secrets.token_urlsafe(32)}).encode()
    guessed = api.connection.request("POST", link.path, wrong, kind)
    api.check(WHOAMI, "a made-up link was good", guessed.status == 400)
