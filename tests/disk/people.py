"""People who write to one room, and keep account of what they are told."""

import asyncio
import secrets
from dataclasses import dataclass, field
from urllib.parse import quote

import aiohttp

from kill.client import V3, Client, Refused
from kill.ledger import Ledger


@dataclass
class Person:
    """One writer. `refused` are the bodies of messages that the server has not taken."""

    client: Client
    name: str
    room: str
    ledger: Ledger
    number: int = 0
    refused: list[str] = field(default_factory=list)
    unlike: list[str] = field(default_factory=list)

    async def write(self, count: int) -> None:
        """Writes so many messages, each until it is taken."""
        for _ in range(count):
            body, path = self._next()
            answer, _ = await self.client.until_answered("PUT", path, self._content(body))
            self.ledger.acknowledge(body, answer["event_id"])

    async def write_until_refused(self, times: int) -> None:
        """Writes until so many messages were refused. None of those is tried again."""
        while times > 0:
            body, path = self._next()
            try:
                answer = await self.client.once("PUT", path, self._content(body))
                self.ledger.acknowledge(body, answer["event_id"])
            except Refused as refused:
                times -= 1
                self.refused.append(body)
                if not says_full(refused):
                    self.unlike.append(str(refused))

    def _next(self) -> tuple[str, str]:
        self.number += 1
        body = f"{self.name} says {self.number}"
        return body, f"{V3}/rooms/{quote(self.room)}/send/m.room.message/{quote(f'{self.name}-{self.number}')}"

    @staticmethod
    def _content(body: str) -> dict[str, str]:
        # Long enough that the disk is full soon.
        return {"msgtype": "m.text", "body": body, "padding": "x" * 4_000}


def says_full(refused: Refused) -> bool:
    """Whether the answer is the one of a server without space."""
    return refused.status == 507 and "no space" in str(refused)


async def register_people(session: aiohttp.ClientSession, url: str, count: int,
                          ledger: Ledger) -> tuple[list[Person], str]:
    """Registers everybody into one public room."""
    run = secrets.token_hex(3)
    clients = [Client(session, url) for _ in range(count)]
    await asyncio.gather(*(client.register(f"disk-{run}-{number}") for number, client in enumerate(clients)))
    made = await clients[0].once("POST", f"{V3}/createRoom", {"preset": "public_chat", "name": "disk test"})
    room = made["room_id"]
    await asyncio.gather(*(client.once("POST", f"{V3}/join/{quote(room)}", {}) for client in clients[1:]))
    return [Person(client, f"person {number}", room, ledger) for number, client in enumerate(clients)], room
