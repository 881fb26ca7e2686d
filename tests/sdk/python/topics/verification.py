"""Devices verify each other by short authentication strings (to-device messages)."""

from nio import KeyVerificationKey, KeyVerificationMac, KeyVerificationStart, OlmUnverifiedDeviceError
from nio.crypto import Sas
from person import Person, ok
from report import Report
from topics.talk import text
from until import until


async def verify(report: Report, room_id: str, alice: Person, bob: Person) -> None:
    """Alice refuses to write to bob's device until the two have compared emoji."""

    async def refused() -> None:
        alice.client.unignore_device(alice.client.device_store[bob.id][bob.client.device_id])
        alice.client.invalidate_outbound_session(room_id)
        try:
            await alice.send(room_id, text("too early"), trust_all=False)
        except OlmUnverifiedDeviceError:
            return
        raise AssertionError("sent to an unverified device")

    async def trusted() -> None:
        event_id = await alice.send(room_id, text("now I know it is you"), trust_all=False)
        assert (await bob.sees(room_id, event_id)).body == "now I know it is you"

    await report.step("alice does not write to an unverified device", refused)
    await report.step(f"{alice.name} and {bob.name} verify by SAS", lambda: compare(alice, bob))
    await report.step("alice writes to the verified device", trusted)


async def verify_own(report: Report, old: Person, fresh: Person) -> None:
    """Two devices of one person compare emoji."""
    await report.step(f"{old.name} and {fresh.name} verify by SAS", lambda: compare(old, fresh))


async def compare(starter: Person, accepter: Person) -> None:
    """One verification from `m.key.verification.start` to both MACs."""
    for one, other in ((starter, accepter), (accepter, starter)):
        await known(one, other)
    device = starter.client.device_store[accepter.id][accepter.client.device_id]
    ok(await starter.client.start_key_verification(device))
    start = await arrived(accepter, KeyVerificationStart, None)
    transaction = start.transaction_id
    ok(await accepter.client.accept_key_verification(transaction))
    for person in (accepter, starter):
        await arrived(person, KeyVerificationKey, transaction)
    emoji = [sas(person, transaction).get_emoji() for person in (starter, accepter)]
    assert len(emoji[0]) == 7 and emoji[0] == emoji[1]
    for person in (starter, accepter):
        ok(await person.client.confirm_short_auth_string(transaction))
    for person, other in ((starter, accepter), (accepter, starter)):
        await arrived(person, KeyVerificationMac, transaction)
        store = person.client.device_store
        await until("trust", lambda: store[other.id][other.client.device_id].verified)


async def known(person: Person, other: Person) -> None:
    """`person` has the device keys of `other`: the server announced them through sync."""
    device = other.client.device_id

    def listed() -> bool:
        return device in person.client.device_store[other.id]

    await until(f"{person.name} to know the device of {other.name}", listed)


async def arrived(person: Person, kind: type, transaction: str | None):
    """The last verification message of `kind` that sync brought to `person`."""

    def found():
        for event in reversed(person.verification):
            if isinstance(event, kind) and transaction in (None, event.transaction_id):
                return event
        return None

    return await until(f"{person.name} gets {kind.__name__}", found)


def sas(person: Person, transaction: str) -> Sas:
    """The library's state of that verification."""
    return person.client.key_verifications[transaction]
