"""main.py URL: two people with matrix-nio clients hold a conversation on any Matrix homeserver."""

import asyncio
import logging
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from interlude import interlude
from person import Person
from report import Report
from topics.media import share
from topics.notices import notice
from topics.rooms import knock, meet
from topics.talk import talk
from topics.verification import verify, verify_own


async def session(report: Report, url: str, store: Path, people: list[Person]) -> None:
    """The whole scenario; everyone who is started is appended to `people`."""

    async def come(name: str, arriving: Callable[[Path], Awaitable[Person]]) -> Person:
        folder = store / name
        folder.mkdir()
        person = await report.need(f"{name} comes and syncs", lambda: arriving(folder))
        people.append(person)
        return person

    async def arrive(name: str) -> Person:
        return await come(name, lambda folder: Person.register(url, name, folder))

    alice = await arrive("alice")
    bob = await arrive("bob")

    async def in_room(name: str, encrypted: bool) -> str:
        room_id = await meet(report, alice, bob, name, encrypted)
        await talk(report, room_id, alice, bob)
        await interlude(report)
        await notice(report, room_id, alice, bob)
        await share(report, room_id, alice, bob, encrypted)
        return room_id

    async def clear() -> None:
        await in_room("In the open", encrypted=False)

    async def secret() -> None:
        room_id = await in_room("Between us", encrypted=True)
        await verify(report, room_id, alice, bob)
        await interlude(report)
        second = await come("alice's second device", alice.another_device)
        await verify_own(report, alice, second)

    async def door() -> None:
        await knock(report, alice, await arrive("carol"))

    await report.topic("a clear room", clear)
    await report.topic("an encrypted room", secret)
    await report.topic("knocking", door)


async def run(url: str) -> int:
    """Runs the scenario and closes every client, whatever happened."""
    report = Report()
    people: list[Person] = []
    with tempfile.TemporaryDirectory(prefix="longhouse-nio-") as store:
        await report.topic("a session", lambda: session(report, url, Path(store), people))
        for person in people:
            await asyncio.wait_for(person.stop(), 10)
    return report.finish()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: main.py URL")
    logging.getLogger("nio").setLevel(logging.ERROR)
    sys.exit(asyncio.run(run(sys.argv[1])))
