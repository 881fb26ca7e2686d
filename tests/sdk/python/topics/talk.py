"""Two people talk: messages both ways, edit, reaction, reply, redaction."""

from nio import ReactionEvent, RedactionEvent
from person import Person, ok
from report import Report
from until import until


def text(body: str, **more: object) -> dict:
    """A text message's content."""
    return {"msgtype": "m.text", "body": body, **more}


async def talk(report: Report, room_id: str, alice: Person, bob: Person) -> None:
    """Runs the conversation; each step asserts what the other side's sync brought."""

    async def say(sender: Person, reader: Person, body: str) -> str:
        event_id = await sender.send(room_id, text(body))
        event = await reader.sees(room_id, event_id)
        assert event.body == body
        assert event.sender == sender.id
        assert event.decrypted == reader.client.rooms[room_id].encrypted
        return event_id

    hello = await report.need("alice writes, bob reads", lambda: say(alice, bob, "Hello, bob"))
    answer = await report.need("bob writes, alice reads", lambda: say(bob, alice, "Hello, alice ☕"))

    async def order() -> None:
        sent = [await alice.send(room_id, text(f"number {count}")) for count in range(10)]
        await bob.sees(room_id, sent[-1])
        seen = [event.event_id for event in bob.timeline[room_id]]
        assert [event_id for event_id in seen if event_id in sent] == sent

    async def edit() -> None:
        relation = {"rel_type": "m.replace", "event_id": hello}
        content = text("* Hello, Bob!", **{"m.new_content": text("Hello, Bob!"), "m.relates_to": relation})
        event = await bob.sees(room_id, await alice.send(room_id, content))
        assert event.source["content"]["m.new_content"]["body"] == "Hello, Bob!"
        assert event.source["content"]["m.relates_to"] == relation

    async def react() -> None:
        relation = {"rel_type": "m.annotation", "event_id": hello, "key": "👍"}
        event_id = await bob.send(room_id, {"m.relates_to": relation}, kind="m.reaction")
        event = await alice.sees(room_id, event_id)
        assert isinstance(event, ReactionEvent)
        assert (event.reacts_to, event.key, event.sender) == (hello, "👍", bob.id)

    async def reply() -> None:
        relation = {"m.in_reply_to": {"event_id": answer}}
        event_id = await alice.send(room_id, text("And how are you?", **{"m.relates_to": relation}))
        event = await bob.sees(room_id, event_id)
        assert event.source["content"]["m.relates_to"] == relation

    async def redact() -> None:
        event_id = await say(alice, bob, "I should not have said this")
        ok(await alice.client.room_redact(room_id, event_id, reason="regret"))
        found = await until("the redaction", lambda: redaction(bob, room_id, event_id))
        assert (found.sender, found.reason) == (alice.id, "regret")
        again = ok(await bob.client.room_get_event(room_id, event_id)).event
        assert again.source["content"] == {}

    await report.step("ten messages arrive in the order they were sent", order)
    await report.step("bob sees alice's edit", edit)
    await report.step("alice sees bob's reaction", react)
    await report.step("bob sees what alice replies to", reply)
    await report.step("bob sees that alice took a message back", redact)


def redaction(person: Person, room_id: str, event_id: str) -> RedactionEvent | None:
    """The redaction of `event_id` that `person` saw."""
    for event in person.timeline[room_id]:
        if isinstance(event, RedactionEvent) and event.redacts == event_id:
            return event
    return None
