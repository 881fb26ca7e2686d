"""What shows that the other is there: typing notices and read receipts."""

import asyncio

from nio import Receipt, ReceiptEvent, ReceiptType, TypingNoticeEvent
from person import Person, ok
from report import Report
from topics.talk import text
from until import until


async def notice(report: Report, room_id: str, alice: Person, bob: Person) -> None:
    """Typing and receipts between two people who are in the room."""

    async def typing() -> None:
        ok(await bob.client.room_typing(room_id, True, timeout=20_000))
        await until("bob typing", lambda: last_typing(alice, room_id) == [bob.id])
        ok(await bob.client.room_typing(room_id, False))
        await until("bob no longer typing", lambda: last_typing(alice, room_id) == [])

    async def read() -> None:
        event_id = await alice.send(room_id, text("read this"))
        await bob.sees(room_id, event_id)
        ok(await bob.client.update_receipt_marker(room_id, event_id))
        await until("the receipt", lambda: receipt(alice, room_id, event_id, bob.id))

    async def private() -> None:
        event_id = await alice.send(room_id, text("nobody knows who read this"))
        await bob.sees(room_id, event_id)
        kind = ReceiptType.read_private
        ok(await bob.client.update_receipt_marker(room_id, event_id, kind))
        await until("bob's own receipt", lambda: receipt(bob, room_id, event_id, bob.id))
        await alice.sees(room_id, await bob.send(room_id, text("the next event")))
        await asyncio.sleep(0.2)
        assert receipt(alice, room_id, event_id, bob.id) is None

    await report.step("bob types and stops, alice sees both", typing)
    await report.step("alice sees how far bob has read", read)
    await report.step("a private receipt stays private", private)


def last_typing(person: Person, room_id: str) -> list[str] | None:
    """Who was typing according to the last notice; None before the first."""
    notices = [event for event in person.ephemeral[room_id] if isinstance(event, TypingNoticeEvent)]
    return notices[-1].users if notices else None


def receipt(person: Person, room_id: str, event_id: str, user: str) -> Receipt | None:
    """The receipt of `user` at `event_id` that `person` saw."""
    for event in person.ephemeral[room_id]:
        if isinstance(event, ReceiptEvent):
            for one in event.receipts:
                if (one.event_id, one.user_id) == (event_id, user):
                    return one
    return None
