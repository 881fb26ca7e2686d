"""One person's connection to a server that may be dead at any moment."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

import aiohttp

V3 = "/_matrix/client/v3"
PAUSE_S = 0.05

# All that a client sees of a dead or half-dead server.
GONE = (aiohttp.ClientError, asyncio.TimeoutError, OSError)


class Refused(Exception):
    """An answer that is an error although the server is up."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Client:
    """Requests that are repeated, unchanged, until an answer has come."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str = "", user: str = "") -> None:
        self._session = session
        self._url = url
        self.token = token
        self.user = user

    async def once(self, method: str, path: str, body: Any = None, timeout_s: float = 60.0) -> Any:
        """One request; raises one of `GONE`, or `Refused`."""
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body)
        timeout = aiohttp.ClientTimeout(total=timeout_s)
        async with self._session.request(method, self._url + path, data=data, headers=headers,
                                         timeout=timeout) as answer:
            text = await answer.read()
            if answer.status != 200:
                raise Refused(answer.status, f"{method} {path}: {answer.status} {text[:200]!r}")
            return json.loads(text)

    async def until_answered(self, method: str, path: str, body: Any = None) -> tuple[Any, int]:
        """Repeats the same request until it is answered; the answer and how often it was tried.

        A server that is going down may answer 5xx: that promises nothing and is repeated too.
        """
        tries = 0
        while True:
            tries += 1
            try:
                return await self.once(method, path, body), tries
            except Refused as error:
                if error.status < 500:
                    raise
            except GONE:
                pass
            await asyncio.sleep(PAUSE_S)

    async def register(self, name: str) -> None:
        """Makes the account and keeps its token."""
        body = {"username": name, "password": f"password of {name}", "auth": {"type": "m.login.dummy"}}
        answer = await self.once("POST", f"{V3}/register", body)
        self.token, self.user = answer["access_token"], answer["user_id"]

    async def history(self, room: str) -> list[tuple[str, str]]:
        """Every message of the room as (event id, body), oldest first."""
        found: list[tuple[str, str]] = []
        token = ""
        while True:
            path = f"{V3}/rooms/{quote(room)}/messages?dir=b&limit=500{token}"
            page, _ = await self.until_answered("GET", path)
            found += [(event["event_id"], event["content"].get("body", ""))
                      for event in page["chunk"] if event["type"] == "m.room.message"]
            if "end" not in page or not page["chunk"]:
                return found[::-1]
            token = f"&from={quote(page['end'])}"
