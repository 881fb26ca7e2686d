"""`python -m disk --url URL --disk FOLDER [options] -- COMMAND…`: a server, started by COMMAND, whose disk runs full.

FOLDER is a small file system with everything that the server keeps.
"""

import argparse
import asyncio
import sys
import time
from pathlib import Path

import aiohttp

from disk.people import Person, register_people
from disk.probes import Probes
from kill.ledger import Ledger
from rig.disk import fill
from rig.hosted import host, report, server_arguments
from rig.process import NotServing, ServerProcess

# How long a server may take to write again once there is room.
WRITING_WITHIN_S = 30


def arguments() -> argparse.Namespace:
    """The command line; everything after `--` starts the server in the foreground."""
    parser = argparse.ArgumentParser(prog="disk", description=__doc__)
    parser.add_argument("--disk", type=Path, required=True, help="a file system that may be filled")
    parser.add_argument("--clients", type=int, default=8, help="people who write")
    parser.add_argument("--rounds", type=int, default=3, help="how often the disk runs full")
    server_arguments(parser)
    return parser.parse_args()


async def run(options: argparse.Namespace, server: ServerProcess) -> int:
    """The whole test on a server that is serving."""
    ballast, ledger, checks = options.disk / "ballast", Ledger(), {}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        people, room = await register_people(session, options.url, options.clients, ledger)
        probes = Probes(session, options.url, people[0].client, room)
        await asyncio.gather(*(person.write(5) for person in people))
        await probes.prepare()
        process = server.child.pid if server.child else 0
        late, unlike, unread, left = [], [], [], []
        for number in range(1, options.rounds + 1):
            taken = fill(ballast)
            await asyncio.gather(*(person.write_until_refused(10) for person in people))
            unread += await probes.failed_reads()
            unlike += await probes.failed_refusals()
            left += probes.left_overs(options.disk)
            ballast.unlink()
            begun = time.monotonic()
            await asyncio.gather(*(person.write(3) for person in people))
            await probes.upload()
            took = time.monotonic() - begun
            print(f"round {number}: {taken >> 20} MiB of ballast, everybody writes again after {took:.2f} s", flush=True)
            if took > WRITING_WITHIN_S:
                late.append(f"round {number}: {took:.1f} s")
        checks["reads go on while the disk is full"] = unread
        checks["writes fail with 507, and say that there is no space"] = \
            [one for person in people for one in person.unlike] + unlike
        checks["what is refused leaves no file behind"] = left
        checks[f"everybody writes again within {WRITING_WITHIN_S} s, without a restart"] = late
        same = server.runs() and server.child is not None and server.child.pid == process
        checks["the server lives through all of it"] = [] if same else ["it ended"]
        history = await people[0].client.history(room)
        checks |= verdict(ledger, people, history)
        checks |= await restarts(options, server, people, room, ballast)
    return report(checks)


def verdict(ledger: Ledger, people: list[Person], history: list[tuple[str, str]]) -> dict[str, list[str]]:
    """What was acknowledged is there, what was refused is not."""
    bodies = {body for _, body in history}
    refused = [body for person in people for body in person.refused if body in bodies]
    print(f"{len(ledger.acknowledged)} messages acknowledged, "
          f"{sum(len(person.refused) for person in people)} refused, {len(history)} in the history")
    # Nobody reads here: what concerns readers is shown by the kill suite.
    checks = {name: problems for name, problems in ledger.verdict(history, []).items()
              if "reader" not in name and "sync" not in name}
    return {**checks, "no refused message is in the history": refused,
            "some were refused": [] if any(person.refused for person in people) else ["none was"]}


async def restarts(options: argparse.Namespace, server: ServerProcess, people: list[Person], room: str,
                   ballast: Path) -> dict[str, list[str]]:
    """A server that is killed on a full disk says why it does not start, and starts when there is room."""
    before = await people[0].client.history(room)
    fill(ballast)
    await asyncio.gather(*(person.write_until_refused(2) for person in people))
    server.kill()
    said: list[str] = []
    server.start()
    try:
        await asyncio.to_thread(server.wait_healthy, 20)
        said.append("it started")
    except NotServing:
        tail = server.log_tail(3)
        if server.runs() or "free" not in tail:
            said.append(f"it said: {tail}")
        else:
            print(f"on a full disk: {tail.splitlines()[-1]}")
    server.kill()
    ballast.unlink()
    server.start()
    await asyncio.to_thread(server.wait_healthy)
    after = await people[0].client.history(room)
    acknowledged = set(people[0].ledger.acknowledged.values())
    lost = sorted(acknowledged - {event_id for event_id, _ in after})
    if after[:len(before)] != before:
        lost.append("the history is another one")
    return {"on a full disk it says why it does not start": said,
            "killed on a full disk, it loses nothing that was acknowledged": lost}


def main() -> int:
    """Runs the suite on a server of its own."""
    options = arguments()
    return host("disk", options, lambda server: asyncio.run(run(options, server)))


if __name__ == "__main__":
    sys.exit(main())
