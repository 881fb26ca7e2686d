"""Ends the server at random moments and starts it again, and measures how long it is gone."""

import asyncio
import random
import time
from dataclasses import dataclass, field

from kill.client import GONE, PAUSE_S, V3, Client, Refused
from rig.process import ServerProcess


@dataclass
class Killer:
    """`times` holds, for each kill, the seconds until health and until the first answered request."""

    server: ServerProcess
    client: Client
    chance: random.Random
    times: list[tuple[float, float]] = field(default_factory=list)

    async def run(self, kills: int, shortest_s: float, longest_s: float) -> None:
        """Waits, kills, starts, waits until it serves; `kills` times."""
        for number in range(1, kills + 1):
            await asyncio.sleep(self.chance.uniform(shortest_s, longest_s))
            self.server.kill()
            begun = time.monotonic()
            self.server.start()
            healthy_s = await asyncio.to_thread(self.server.wait_healthy)
            await self._first_answer()
            answered_s = time.monotonic() - begun
            self.times.append((healthy_s, answered_s))
            print(f"kill {number}: healthy after {healthy_s:.2f} s, serving after {answered_s:.2f} s", flush=True)

    async def _first_answer(self) -> None:
        while True:
            try:
                await self.client.once("GET", f"{V3}/account/whoami", timeout_s=10)
                return
            except (*GONE, Refused):
                await asyncio.sleep(PAUSE_S)
