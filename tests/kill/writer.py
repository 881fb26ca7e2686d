"""A person who writes: each message has a body and a transaction id that nobody else has."""

import asyncio
import random
from urllib.parse import quote

from kill.client import V3, Client
from kill.ledger import Ledger


async def write(client: Client, room: str, name: str, ledger: Ledger, pause_s: float,
                stop: asyncio.Event, chance: random.Random) -> None:
    """Writes until `stop`; an unanswered message is sent again under its own transaction id."""
    number = 0
    while not stop.is_set():
        number += 1
        body = f"{name} says {number}"
        path = f"{V3}/rooms/{quote(room)}/send/m.room.message/{quote(f'{name}-{number}')}"
        answer, tries = await client.until_answered("PUT", path, {"msgtype": "m.text", "body": body})
        ledger.attempts += 1
        ledger.retries += tries - 1
        ledger.acknowledge(body, answer["event_id"])
        if chance.random() < 0.05:
            # An answer that is asked for again, perhaps by a server that was started since.
            again, _ = await client.until_answered("PUT", path, {"msgtype": "m.text", "body": body})
            ledger.acknowledge(body, again["event_id"])
        await asyncio.sleep(chance.uniform(0.5, 1.5) * pause_s)
