"""`python -m kill --url URL [options] -- COMMAND…`: the kill test on a server started by COMMAND.

With `--victim database` it is the server's PostgreSQL (`--cluster`) that is killed.
"""

import argparse
import asyncio
import random
import secrets
import sys
import time
from pathlib import Path

import aiohttp

from kill.client import V3, Client
from kill.killer import DatabaseKiller, ServerKiller
from kill.ledger import Ledger
from kill.reader import Reader
from kill.writer import write
from rig.hosted import host, report, server_arguments
from rig.postgres import Cluster
from rig.process import ServerProcess


# How long the last messages, and the last syncs, may take once nothing is killed any more.
ENDING_S = 120


def arguments() -> argparse.Namespace:
    """The command line; everything after `--` starts the server in the foreground."""
    parser = argparse.ArgumentParser(prog="kill", description=__doc__)
    parser.add_argument("--victim", choices=("server", "database"), default="server")
    parser.add_argument("--cluster", type=Path, help="the folder of the server's PostgreSQL cluster")
    parser.add_argument("--outage", type=float, default=20.0, help="seconds without a database after the last kill of it")
    parser.add_argument("--clients", type=int, default=100, help="people who write")
    parser.add_argument("--readers", type=int, default=10, help="people who follow with /sync")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--pause", type=float, default=0.5, help="mean seconds between a client's messages")
    parser.add_argument("--shortest", type=float, default=0.2, help="least seconds between two kills")
    parser.add_argument("--longest", type=float, default=4.0, help="most seconds between two kills")
    parser.add_argument("--timeline", type=int, default=50, help="events a reader takes from one sync")
    parser.add_argument("--serving-within", type=float, default=5.0, help="seconds allowed after a kill")
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    server_arguments(parser)
    options = parser.parse_args()
    if options.victim == "database" and options.cluster is None:
        parser.error("there is no database to kill: --victim database needs --engine postgres")
    return options


async def people(session: aiohttp.ClientSession, options: argparse.Namespace) -> tuple[list[Client], str]:
    """Registers everybody into one public room; the clients (the first is its creator) and the room."""
    run = secrets.token_hex(3)
    gate = asyncio.Semaphore(8)
    clients = [Client(session, options.url) for _ in range(options.clients + options.readers)]

    async def arrive(number: int, client: Client) -> None:
        async with gate:
            await client.register(f"kill-{run}-{number}")

    async def enter(client: Client) -> None:
        async with gate:
            await client.once("POST", f"{V3}/join/{room}", {})

    await asyncio.gather(*(arrive(number, client) for number, client in enumerate(clients)))
    made = await clients[0].once("POST", f"{V3}/createRoom", {"preset": "public_chat", "name": "kill test"})
    room = made["room_id"]
    await asyncio.gather(*(enter(client) for client in clients[1:]))
    return clients, room


async def run(options: argparse.Namespace, server: ServerProcess) -> int:
    """The whole test on a server that is serving."""
    ledger, chance = Ledger(), random.Random(options.seed)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        clients, room = await people(session, options)
        writers, watchers = clients[:options.clients], clients[options.clients:]
        readers = [Reader(client, f"reader {number}", room, ledger, options.timeline)
                   for number, client in enumerate(watchers)]
        await asyncio.gather(*(reader.begin() for reader in readers))
        print(f"{len(writers)} writers, {len(readers)} readers, {options.kills} kills, seed {options.seed}", flush=True)
        stop, done = asyncio.Event(), asyncio.Event()
        begun = time.monotonic()
        following = [asyncio.create_task(reader.follow(done)) for reader in readers]
        writing = [asyncio.create_task(write(client, room, f"writer {number}", ledger, options.pause, stop,
                                             random.Random(chance.random())))
                   for number, client in enumerate(writers)]
        killer = make_killer(options, server, writers[0], room, chance)
        await killer.run(options.kills, options.shortest, options.longest)
        await asyncio.sleep(1)
        stop.set()
        await asyncio.wait_for(asyncio.gather(*writing), ENDING_S)
        done.set()
        await asyncio.wait_for(asyncio.gather(*following), ENDING_S)
        took = time.monotonic() - begun
        history = await writers[0].history(room)
    print(f"{ledger.attempts} messages in {took:.0f} s, {ledger.retries} retries, {len(history)} in the history, "
          f"{sum(reader.gaps for reader in readers)} gaps filled", flush=True)
    checks = ledger.verdict(history, [reader.name for reader in readers])
    checks |= killer.verdict()
    late = [f"{answered:.2f} s" for answered in killer.times if answered > options.serving_within]
    checks[f"serving within {options.serving_within:.0f} s of every kill"] = late
    checks["every reader follows"] = [] if readers and ledger.acknowledged else ["nothing was tested"]
    tell_times(killer)
    return report(checks)


def make_killer(options: argparse.Namespace, server: ServerProcess, client: Client, room: str,
                chance: random.Random) -> ServerKiller | DatabaseKiller:
    """The killer of the wanted victim."""
    if options.victim == "server":
        return ServerKiller(server, client, chance)
    return DatabaseKiller(server, Cluster(options.cluster), client, room, chance, options.outage)


def tell_times(killer: ServerKiller | DatabaseKiller) -> None:
    """How long it took until the server served again."""
    answered = sorted(killer.times)
    if answered:
        print(f"serving again: median {answered[len(answered) // 2]:.2f} s, worst {answered[-1]:.2f} s")


def main() -> int:
    """Runs the suite on a server of its own."""
    options = arguments()
    return host("kill", options, lambda server: asyncio.run(run(options, server)))


if __name__ == "__main__":
    sys.exit(main())
