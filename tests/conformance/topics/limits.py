"""Whoever calls too often is told so, at every endpoint where the specification says that this may happen."""

from conformance.api import Api
from conformance.registry import LIMITED, Served
from conformance.table import Row
from conformance.topics.tokens import PLACEHOLDERS
from rig.longhouse import SHARED_SECRET
from wire.account import register_by_secret
from wire.http import expand

# More than the strict server of the rig allows.
CALLS_MAX = 14


def exercise(api: Api, served: list[Served]) -> None:
    """Calls each until it refuses; endpoints of a class share the allowance, so that most refuse at once."""
    token = register_by_secret(api.connection, "impatient", SHARED_SECRET).token
    # What would end the session is called when nothing is left of its class.
    for one in sorted(served, key=lambda one: "logout" in one.operation.path):
        if LIMITED not in one.documented:
            continue
        row = api.rows.setdefault(one.key, Row("Limits", *one.key, set()))
        row.wanted.add(LIMITED)
        refused(api, one, token if one.auth != "none" else None)


def refused(api: Api, one: Served, token: str | None) -> None:
    """The endpoint comes to answer 429, in the right form."""
    body = {} if one.operation.method in ("POST", "PUT") else None
    target = expand(one.operation.path, PLACEHOLDERS)
    status = 0
    for _ in range(CALLS_MAX):
        status = api.probe(one.operation.method, target, token, body)
        if status == LIMITED:
            break
    if status != LIMITED:
        api.check(one.name, f"never limited: {status} after {CALLS_MAX} calls", False)
        return
    problem = api.need(one.name, LIMITED, token, path=PLACEHOLDERS, body=body, errcode="M_LIMIT_EXCEEDED")
    wait = problem.get("retry_after_ms")
    api.check(one.name, f"retry_after_ms is {wait!r}", isinstance(wait, int) and wait > 0)
