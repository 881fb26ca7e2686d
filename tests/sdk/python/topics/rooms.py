"""A room is made, the other is invited and joins; a third knocks."""

from nio import RoomMemberEvent, RoomPreset
from person import Person, ok
from report import Report
from until import until

ENCRYPTION = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}


async def meet(report: Report, alice: Person, bob: Person, name: str, encrypted: bool) -> str:
    """Alice's private room with bob in it; its id."""

    async def create() -> str:
        state = [ENCRYPTION] if encrypted else []
        answer = await alice.client.room_create(
            name=name, preset=RoomPreset.private_chat, initial_state=state
        )
        room = await alice.joined(ok(answer).room_id)
        await until("its name", lambda: room.name == name)
        assert room.encrypted == encrypted
        return room.room_id

    room_id = await report.need(f'alice creates "{name}"', create)

    async def invite() -> None:
        ok(await alice.client.room_invite(room_id, bob.id))
        room = await bob.invited(room_id)
        assert room.inviter == alice.id

    async def join() -> None:
        ok(await bob.client.join(room_id))
        own = await bob.joined(room_id)
        assert own.encrypted == encrypted
        assert own.name == name
        room = await alice.joined(room_id)
        await until("the join", lambda: bob.id in room.users and bob.id not in room.invited_users)

    await report.need("bob is invited and sees by whom", invite)
    await report.need("bob joins and alice sees it", join)
    return room_id


async def knock(report: Report, alice: Person, carol: Person) -> None:
    """Carol knocks at a room of alice's and is let in."""

    async def create() -> str:
        rule = {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "knock"}}
        answer = await alice.client.room_create(name="Behind a door", initial_state=[rule])
        room_id = ok(answer).room_id
        await alice.joined(room_id)
        return room_id

    room_id = await report.need("alice makes a room to knock at", create)

    async def ask() -> None:
        ok(await carol.client.room_knock(room_id, reason="I have cake"))
        await until("the knock", lambda: membership(alice, room_id, carol.id, "knock"))
        event = membership(alice, room_id, carol.id, "knock")
        assert event is not None and event.content["reason"] == "I have cake"

    async def enter() -> None:
        ok(await alice.client.room_invite(room_id, carol.id))
        await carol.invited(room_id)
        ok(await carol.client.join(room_id))
        await carol.joined(room_id)
        await until("the join", lambda: membership(alice, room_id, carol.id, "join"))

    async def write() -> None:
        event_id = await carol.send(room_id, {"msgtype": "m.text", "body": "Here is the cake"})
        assert (await alice.sees(room_id, event_id)).body == "Here is the cake"

    await report.step("carol knocks, alice sees who and why", ask)
    await report.step("alice lets carol in, carol joins", enter)
    await report.step("carol writes in the room", write)


def membership(person: Person, room_id: str, user: str, wanted: str) -> RoomMemberEvent | None:
    """The last membership event of `user` that `person` saw, where it is `wanted`."""
    for event in reversed(person.timeline[room_id]):
        if isinstance(event, RoomMemberEvent) and event.state_key == user:
            return event if event.membership == wanted else None
    return None
