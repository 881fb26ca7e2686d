"""Ends the server, or its database, at random moments, and measures how long they are gone."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from kill.client import GONE, PAUSE_S, V3, Client, Refused
from rig.postgres import Cluster
from rig.process import ServerProcess

# What the end of a connection, or an answer that does not come, counts as among the statuses.
NO_ANSWER = 0


@dataclass
class ServerKiller:
    """Kills the server. `times` holds, for each kill, the seconds until the first answered request."""

    server: ServerProcess
    client: Client
    chance: random.Random
    times: list[float] = field(default_factory=list)

    async def run(self, kills: int, shortest_s: float, longest_s: float) -> None:
        """Waits, kills, starts, waits until it serves; `kills` times."""
        for number in range(1, kills + 1):
            await asyncio.sleep(self.chance.uniform(shortest_s, longest_s))
            self.server.kill()
            begun = time.monotonic()
            self.server.start()
            healthy_s = await asyncio.to_thread(self.server.wait_healthy)
            await until(lambda: self.client.once("GET", f"{V3}/account/whoami", timeout_s=10))
            self.times.append(time.monotonic() - begun)
            print(f"kill {number}: healthy after {healthy_s:.2f} s, serving after {self.times[-1]:.2f} s", flush=True)

    def verdict(self) -> dict[str, list[str]]:
        """No checks of its own."""
        return {}


@dataclass
class DatabaseKiller:
    """Kills PostgreSQL under a server that is to live on.

    `times` holds, for each kill, the seconds from PostgreSQL's being back until a write was acknowledged.
    """

    server: ServerProcess
    cluster: Cluster
    client: Client
    room: str
    chance: random.Random
    longest_outage_s: float
    times: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    async def run(self, kills: int, shortest_s: float, longest_s: float) -> None:
        """Waits, kills, watches, starts, waits until the server writes again; `kills` times."""
        for number in range(1, kills + 1):
            await asyncio.sleep(self.chance.uniform(shortest_s, longest_s))
            process = self.server.child.pid if self.server.child else 0
            await asyncio.to_thread(self.cluster.kill)
            # The last time for longer than any request waits.
            outage_s = self.longest_outage_s if number == kills else self.chance.uniform(0, 2)
            await self._watch(number, outage_s)
            await asyncio.to_thread(self.cluster.start)
            begun = time.monotonic()
            path = f"{V3}/user/{quote(self.client.user)}/account_data/kill.test"
            await until(lambda: self.client.once("PUT", path, {"number": number}, timeout_s=10))
            self.times.append(time.monotonic() - begun)
            if not self.server.runs() or self.server.child is None or self.server.child.pid != process:
                self.ended.append(f"after kill {number}")
            print(f"kill {number}: gone for {outage_s:.2f} s, then writing after {self.times[-1]:.2f} s", flush=True)

    async def _watch(self, number: int, outage_s: float) -> None:
        """Asks the server all the time how it does without a database."""
        until_then = time.monotonic() + outage_s
        read = f"{V3}/rooms/{quote(self.room)}/messages?dir=b&limit=1"
        write = f"{V3}/user/{quote(self.client.user)}/account_data/kill.test"
        asked: list[asyncio.Task[int]] = []
        while (left := until_then - time.monotonic()) > 0:
            asked += [asyncio.create_task(self._status("GET", read, None)),
                      asyncio.create_task(self._status("PUT", write, {"number": -number}))]
            if not await asyncio.to_thread(self.server.answers):
                self.wrong.append(f"kill {number}: no answer from the health page")
            await asyncio.sleep(min(0.25, left))
        for one in asked:
            # What has waited until PostgreSQL was back is as good as refused.
            if one.done():
                self.statuses.append(one.result())
            else:
                one.cancel()

    async def _status(self, method: str, path: str, body: object) -> int:
        try:
            await self.client.once(method, path, body, timeout_s=60)
        except Refused as refused:
            return refused.status
        except GONE:
            return NO_ANSWER
        return 200

    def verdict(self) -> dict[str, list[str]]:
        """What the server is to do while its database is gone."""
        odd = [f"status {status}" for status in set(self.statuses) if status != 503]
        refused = ["nothing was"] if not self.statuses else odd
        print(f"without a database: {len(self.statuses)} requests refused")
        return {
            "the server outlives every kill of its database": self.ended,
            "its health page answers all the time": self.wrong,
            "what needs the database is refused with 503 meanwhile": refused,
        }


async def until(ask: Callable[[], Awaitable[object]]) -> None:
    """Asks again and again until the answer is a good one."""
    while True:
        try:
            await ask()
            return
        except (*GONE, Refused):
            await asyncio.sleep(PAUSE_S)
