"""A person at one device: a matrix-nio client, and all that its sync has brought."""

import asyncio
import secrets
from collections import defaultdict
from pathlib import Path
from typing import Any

from nio import (
    AsyncClient,
    AsyncClientConfig,
    EphemeralEvent,
    Event,
    KeyVerificationEvent,
    MatrixRoom,
    MegolmEvent,
    RegisterResponse,
)
from nio.responses import ErrorResponse
from until import until


def ok(answer: Any) -> Any:
    """The answer itself, or an exception with the server's error."""
    if isinstance(answer, ErrorResponse):
        raise AssertionError(f"{type(answer).__name__}: {answer.status_code} {answer.message}")
    return answer


class Person:
    """One device. `timeline` and `ephemeral` are filled by sync only."""

    def __init__(self, url: str, name: str, user: str, password: str, store: Path) -> None:
        config = AsyncClientConfig(store_sync_tokens=False, encryption_enabled=True)
        self.name = name
        self.password = password
        self.timeline: dict[str, list[Event]] = defaultdict(list)
        self.ephemeral: dict[str, list[EphemeralEvent]] = defaultdict(list)
        self.verification: list[KeyVerificationEvent] = []
        self.client = AsyncClient(url, user, store_path=str(store), config=config)
        self._syncing: asyncio.Task | None = None

    @classmethod
    async def register(cls, url: str, name: str, store: Path) -> "Person":
        """Registers a new account under a name that no earlier run used, and starts to sync."""
        localpart = f"{name}-{secrets.token_hex(4)}"
        person = cls(url, name, localpart, secrets.token_urlsafe(16), store)
        answer = ok(await person.client.register(localpart, person.password, f"{name}'s device"))
        assert isinstance(answer, RegisterResponse)
        person.client.user_id = answer.user_id
        await person._start()
        return person

    async def another_device(self, store: Path) -> "Person":
        """Logs the same account in on another device, which starts to sync."""
        other = Person(self.client.homeserver, f"{self.name} (2)", self.id, self.password, store)
        ok(await other.client.login(self.password, device_name="another device"))
        await other._start()
        return other

    @property
    def id(self) -> str:
        """The user id."""
        return self.client.user_id

    async def _start(self) -> None:
        self.client.add_event_callback(self._heard, Event)
        self.client.add_ephemeral_callback(self._noticed, EphemeralEvent)
        self.client.add_to_device_callback(self._verifies, KeyVerificationEvent)
        if self.client.should_upload_keys:
            ok(await self.client.keys_upload())
        self._syncing = asyncio.create_task(self.client.sync_forever(timeout=20_000, full_state=True))
        synced = asyncio.ensure_future(self.client.synced.wait())
        await asyncio.wait({self._syncing, synced}, return_when=asyncio.FIRST_COMPLETED)
        if not synced.done():
            synced.cancel()
            self._syncing.result()

    async def stop(self) -> None:
        """Ends the sync loop and closes the connections."""
        if self._syncing is not None:
            self._syncing.cancel()
            await asyncio.gather(self._syncing, return_exceptions=True)
        await self.client.close()

    async def _heard(self, room: MatrixRoom, event: Event) -> None:
        self.timeline[room.room_id].append(event)

    async def _noticed(self, room: MatrixRoom, event: EphemeralEvent) -> None:
        self.ephemeral[room.room_id].append(event)

    async def _verifies(self, event: KeyVerificationEvent) -> None:
        self.verification.append(event)

    async def joined(self, room_id: str) -> MatrixRoom:
        """The room once sync shows it as joined."""
        return await until(f"{self.name} in {room_id}", lambda: self.client.rooms.get(room_id))

    async def invited(self, room_id: str) -> MatrixRoom:
        """The room once sync shows the invite."""
        return await until(f"an invite to {room_id}", lambda: self.client.invited_rooms.get(room_id))

    async def sees(self, room_id: str, event_id: str) -> Event:
        """The event as sync brought it; one that stays encrypted does not count."""

        def readable() -> Event | None:
            for event in self.timeline[room_id]:
                if event.event_id == event_id and not isinstance(event, MegolmEvent):
                    return event
            return None

        return await until(f"{self.name} sees {event_id}", readable)

    async def send(self, room_id: str, content: dict, kind: str = "m.room.message",
                   trust_all: bool = True) -> str:
        """Sends an event (encrypted where the room is) and returns its id."""
        answer = await self.client.room_send(room_id, kind, content, ignore_unverified_devices=trust_all)
        return ok(answer).event_id
