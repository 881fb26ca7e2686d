"""A person who reads: follows the room with `/sync`, through every restart."""

import asyncio
from typing import Any
from urllib.parse import quote

from kill.client import GONE, PAUSE_S, V3, Client, Refused
from kill.ledger import Ledger

class Reader:
    """Keeps its token over restarts; fills a limited timeline's gap by paging, as clients do.

    `limit` is how many events a sync may bring; fewer than come in during a restart make gaps.
    """

    def __init__(self, client: Client, name: str, room: str, ledger: Ledger, limit: int) -> None:
        self.name = name
        self._client = client
        self._room = room
        self._ledger = ledger
        self._since = ""
        self._filter = quote(f'{{"room":{{"timeline":{{"limit":{limit}}}}}}}')
        self.gaps = 0

    async def begin(self) -> None:
        """The first sync; what happened before it does not count."""
        self._since = (await self._sync(0))["next_batch"]

    async def follow(self, done: asyncio.Event) -> None:
        """Long-polls until `done` is set and a sync has then brought nothing more."""
        while True:
            finishing = done.is_set()
            try:
                answer = await self._sync(0 if finishing else 10_000)
            except (*GONE, Refused):
                await asyncio.sleep(PAUSE_S)
                continue
            news = await self._take(answer)
            self._since = answer["next_batch"]
            if finishing and not news:
                return

    async def _sync(self, timeout_ms: int) -> Any:
        since = f"&since={quote(self._since)}" if self._since else ""
        path = f"{V3}/sync?timeout={timeout_ms}&filter={self._filter}{since}"
        return await self._client.once("GET", path, timeout_s=timeout_ms / 1000 + 30)

    async def _take(self, answer: Any) -> bool:
        joined = answer.get("rooms", {}).get("join", {}).get(self._room)
        if joined is None:
            return False
        timeline = joined["timeline"]
        if timeline.get("limited"):
            await self._fill(timeline["prev_batch"])
        self._note(timeline["events"], by_sync=True)
        return True

    async def _fill(self, start: str) -> None:
        """Pages back from the gap's newer end to where the last sync ended."""
        self.gaps += 1
        token = start
        while True:
            path = (f"{V3}/rooms/{quote(self._room)}/messages?dir=b&limit=100"
                    f"&from={quote(token)}&to={quote(self._since)}")
            page, _ = await self._client.until_answered("GET", path)
            self._note(page["chunk"], by_sync=False)
            if "end" not in page or not page["chunk"]:
                return
            token = page["end"]

    def _note(self, events: list[Any], by_sync: bool) -> None:
        for event in events:
            if event["type"] == "m.room.message":
                self._ledger.saw(self.name, event["event_id"], by_sync)
