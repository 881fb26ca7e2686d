"""Who takes part: fresh accounts, and the password proof that some endpoints want."""

from dataclasses import dataclass
from typing import Any

from conformance.api import Api
from wire.account import Account, register
from wire.http import Connection


@dataclass
class Cast:
    """Three people who know each other, and one who is in no room."""

    alice: Account
    bob: Account
    carol: Account
    stranger: Account
    room: str = ""

    @classmethod
    def gather(cls, connection: Connection) -> "Cast":
        """Registers everybody."""
        return cls(*(register(connection, name) for name in ("alice", "bob", "carol", "stranger")))


def proof(account: Account, session: str) -> dict[str, Any]:
    """The `auth` object of a user-interactive endpoint, by password."""
    return {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": account.user_id},
        "password": account.password,
        "session": session,
    }


def with_proof(api: Api, endpoint: str, account: Account, body: dict[str, Any], **options: Any) -> Any:
    """Calls an endpoint with user-interactive authentication: 401 with flows, then 200."""
    asked = api.need(endpoint, 401, account, body=body, **options)
    body = {**body, "auth": proof(account, asked["session"])}
    return api.call(endpoint, 200, account, body=body, **options)
