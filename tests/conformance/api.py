"""Calls an endpoint of the table, validates the answer, keeps the score."""

import json
from typing import Any

from conformance.spec import Operation, Spec
from conformance.table import Row
from wire.account import Account
from wire.http import Answer, Connection, Dropped, expand

V3 = "/_matrix/client/v3"
JSON = "application/json"
# No browser asks for these.
FOR_SERVERS = ("/.well-known/matrix/server", "/_matrix/federation/v1/version",
               "/_matrix/federation/v1/openid/userinfo")


class Broken(Exception):
    """A call that the next ones need did not bring what it should."""


class Api:
    """One server under test."""

    def __init__(self, connection: Connection, spec: Spec, rows: dict[tuple[str, str], Row]) -> None:
        self.connection = connection
        self.rows = rows
        self.passed = 0
        self.failed = 0
        self._spec = spec

    def call(self, endpoint: str, status: int | tuple[int, ...], by: Account | str | None = None, *,
             path: dict[str, str] | None = None, query: dict[str, Any] | None = None,
             body: Any = None, raw: bytes | None = None, content_type: str = JSON,
             errcode: str | None = None) -> Any:
        """Sends a request and validates everything about the answer.

        `endpoint` is `METHOD /template` (below `/_matrix/client/v3` unless it starts with `/_matrix`
        or `/.well-known`); several statuses where the specification leaves the choice; `by` is an
        account, a bare token or nobody; `body` goes out as JSON, `raw` as it is. Returns the parsed JSON, or None where the answer was not usable.
        """
        method, template = split(endpoint)
        operation = self._spec.operation(method, template)
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        target = expand(template, path or {}, query)
        try:
            answer = self.connection.request(method, target, data, headers(by, data, content_type))
        except Dropped as error:
            self._score(operation, None, [str(error)])
            return None
        wanted = status if isinstance(status, tuple) else (status,)
        problems, value = self.judge(operation, answer, wanted, errcode)
        self._score(operation, answer.status, problems, target)
        return value

    def need(self, endpoint: str, status: int | tuple[int, ...], *args: Any, **options: Any) -> Any:
        """As `call`, but raises `Broken` where nothing usable came back."""
        value = self.call(endpoint, status, *args, **options)
        if value is None:
            raise Broken(endpoint)
        return value

    def judge(self, operation: Operation, answer: Answer, wanted: tuple[int, ...],
              errcode: str | None) -> tuple[list[str], Any]:
        """What is wrong with an answer, and its JSON where it is JSON."""
        problems = [] if operation.path in FOR_SERVERS else cors_problems(answer)
        status = answer.status
        if status not in wanted:
            problems.append(f"{status} instead of {wanted}: {answer.body[:200]!r}")
            return problems, None
        if answer.content_type != JSON:
            documented = operation.definition["responses"].get(str(status), {}).get("content", {JSON: {}})
            # A stored file comes back with the type it was uploaded with, whatever that is.
            if JSON in documented or status >= 400:
                problems.append(f"Content-Type {answer.headers.get('content-type')!r}")
            return problems, answer
        try:
            value = answer.json()
        except ValueError as error:
            return [*problems, f"not JSON: {error}"], None
        problems += self._spec.problems(operation, status, JSON, value)
        problems += errcode_problems(value, errcode) if status >= 400 else []
        return problems, value

    def probe(self, method: str, target: str, token: str | None, body: Any) -> int:
        """Sends a request whose answer does not matter; its status, or 0 where none came."""
        data = None if body is None else json.dumps(body).encode()
        try:
            return self.connection.request(method, target, data, headers(token, data, JSON)).status
        except Dropped:
            return 0

    def check(self, endpoint: str, what: str, holds: bool) -> None:
        """Something about an answer that no schema says."""
        method, template = split(endpoint)
        self._score(self._spec.operation(method, template), None, [] if holds else [what])

    def check_definition(self, endpoint: str, name: str, value: Any) -> None:
        """A part of an answer that has a schema of its own."""
        method, template = split(endpoint)
        self._score(self._spec.operation(method, template), None, self._spec.definition_problems(name, value))

    def preflight(self, row: Row, path: dict[str, str]) -> None:
        """A browser asks before it calls: `OPTIONS` answers with the CORS headers."""
        operation = self._spec.operation(row.method, row.path)
        asked = {"Origin": "https://app.example.org", "Access-Control-Request-Method": row.method}
        try:
            answer = self.connection.request("OPTIONS", expand(row.path, path), None, asked)
        except Dropped as error:
            self._score(operation, None, [str(error)])
            return
        problems = cors_problems(answer)
        if answer.status not in (200, 204):
            problems.append(f"OPTIONS answers {answer.status}")
        methods = answer.headers.get("access-control-allow-methods", "").upper()
        if row.method not in methods:
            problems.append(f"OPTIONS allows {methods!r}")
        if "authorization" not in answer.headers.get("access-control-allow-headers", "").lower():
            problems.append("OPTIONS does not allow the Authorization header")
        self._score(operation, None, problems)

    def needs_token(self, row: Row) -> bool:
        """Whether the specification wants a token for this endpoint."""
        return self._spec.operation(row.method, row.path).needs_token

    def _score(self, operation: Operation, status: int | None, problems: list[str], target: str = "") -> None:
        row = self.rows.get((operation.method, operation.path))
        if problems:
            self.failed += 1
            print(f"FAIL {operation.method} {operation.path}", flush=True)
            for problem in problems:
                print(f"     {problem}", flush=True)
            if target:
                print(f"     at {target[:200]}", flush=True)
            if row is not None:
                row.problems += problems
            return
        self.passed += 1
        if row is not None and status is not None:
            row.validated[status] += 1


def split(endpoint: str) -> tuple[str, str]:
    """Method and full path template of `METHOD /template`."""
    method, template = endpoint.split(" ", 1)
    absolute = template.startswith(("/_matrix", "/.well-known"))
    return method, template if absolute else V3 + template


def headers(by: Account | str | None, data: bytes | None, content_type: str) -> dict[str, str]:
    """The request's headers; an `Origin` as a browser sends it."""
    found = {"Origin": "https://app.example.org"}
    if data is not None:
        found["Content-Type"] = content_type
    token = by.token if isinstance(by, Account) else by
    if token is not None:
        found["Authorization"] = f"Bearer {token}"
    return found


def cors_problems(answer: Answer) -> list[str]:
    """Any web client may read any answer (specification: "Web Browser Clients")."""
    allowed = answer.headers.get("access-control-allow-origin")
    return [] if allowed == "*" else [f"Access-Control-Allow-Origin is {allowed!r}"]


def errcode_problems(value: Any, errcode: str | None) -> list[str]:
    """The standard error's shape, and the code that the specification names for the case."""
    if not isinstance(value, dict):
        return ["an error that is not an object"]
    if "flows" in value and errcode is None:
        return []
    found = value.get("errcode")
    problems = [] if isinstance(value.get("error"), str) else ["`error` is not text"]
    if not isinstance(found, str) or not found.isupper():
        problems.append(f"errcode {found!r}")
    elif errcode is not None and found not in errcode.split("|"):
        problems.append(f"{found} instead of {errcode}")
    return problems
