"""What must go on with a full disk, and what must be refused."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

from disk.people import says_full
from kill.client import GONE, V3, Client, Refused

MEDIUM = bytes(range(256)) * 4_096
LARGE_MEDIUM = b"z" * (8 << 20)


class Probes:
    """Requests of one user."""

    def __init__(self, session: aiohttp.ClientSession, url: str, client: Client, room: str) -> None:
        self._session = session
        self._url = url
        self._client = client
        self._room = quote(room)
        self._medium = ""
        self._since = ""
        self._files: set[Path] | None = None

    async def prepare(self) -> None:
        """While there is space: a medium to download, a token to sync from."""
        self._medium = (await self.upload())["content_uri"].removeprefix("mxc://")
        self._since = (await self._client.once("GET", f"{V3}/sync?timeout=0"))["next_batch"]

    async def upload(self, data: bytes = MEDIUM) -> Any:
        """Uploads a medium; raises `Refused`."""
        url = f"{self._url}/_matrix/media/v3/upload?filename=disk"
        headers = {"Authorization": f"Bearer {self._client.token}", "Content-Type": "application/octet-stream"}
        async with self._session.post(url, data=data, headers=headers) as answer:
            if answer.status != 200:
                raise Refused(answer.status, f"upload: {answer.status} {await answer.text()}")
            return await answer.json()

    async def failed_reads(self) -> list[str]:
        """Those that were not answered with 200."""
        failed = []
        user = quote(self._client.user)
        for path in (f"{V3}/sync?timeout=0", f"{V3}/sync?timeout=0&since={quote(self._since)}",
                     f"{V3}/rooms/{self._room}/messages?dir=b&limit=100", f"{V3}/rooms/{self._room}/members",
                     f"{V3}/rooms/{self._room}/state", f"{V3}/account/whoami", f"{V3}/profile/{user}",
                     f"{V3}/devices", f"{V3}/publicRooms"):
            try:
                await self._client.once("GET", path)
            except (Refused, *GONE) as error:
                failed.append(f"GET {path}: {error}")
        headers = {"Authorization": f"Bearer {self._client.token}"}
        url = f"{self._url}/_matrix/client/v1/media/download/{self._medium}"
        async with self._session.get(url, headers=headers) as answer:
            if answer.status != 200 or await answer.read() != MEDIUM:
                failed.append(f"download: {answer.status}")
        return failed

    async def failed_refusals(self) -> list[str]:
        """Writes that were taken, or refused in another way than for want of space."""
        failed = []
        user = self._client.user
        identifier = {"type": "m.id.user", "user": user}
        password = f"password of {user.split(':')[0].removeprefix('@')}"
        for method, path, body in (
            ("POST", f"{V3}/createRoom", {"name": "x" * 30_000}),
            ("PUT", f"{V3}/user/{quote(user)}/account_data/disk.test", {"padding": "x" * 60_000}),
            ("POST", f"{V3}/login", {"type": "m.login.password", "identifier": identifier, "password": password,
                                     "initial_device_display_name": "x" * 50}),
        ):
            try:
                await self._client.once(method, path, body)
                # What needs no new page of the disk may still be stored; then it is.
                if method != "POST" or "login" not in path:
                    failed.append(f"{method} {path} was taken")
            except Refused as refused:
                if not says_full(refused):
                    failed.append(str(refused))
        try:
            await self.upload(LARGE_MEDIUM)
            failed.append("the upload was taken")
        except Refused as refused:
            if not says_full(refused):
                failed.append(str(refused))
        return failed

    def left_overs(self, disk: Path) -> list[str]:
        """Files of media that were not there before."""
        files = {path for path in (disk / "media").rglob("*") if path.is_file()}
        before, self._files = self._files, files
        # What is uploaded between two looks is always the same medium, which is kept once.
        new = sorted(files - before) if before is not None else []
        return [f"{path} ({path.stat().st_size} bytes)" for path in new]
