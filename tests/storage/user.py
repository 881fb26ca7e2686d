"""Somebody who uploads and downloads."""

import hashlib
import random
import struct
import zlib
from urllib.parse import quote

from wire.account import Account, call, must, register
from wire.http import Answer, Connection


def picture(width: int, height: int, seed: int) -> bytes:
    """A PNG of noise."""
    noise = random.Random(seed)
    rows = b"".join(b"\0" + noise.randbytes(width * 3) for _ in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


class User:
    """A user with one session, who remembers what they have uploaded."""

    def __init__(self, url: str) -> None:
        self._connection = Connection(url, timeout_s=90)
        self.account: Account = register(self._connection, "storage")
        self.uploaded: dict[str, tuple[int, str]] = {}
        self._serial = 0

    def reconnect(self) -> None:
        """After a restart of the server."""
        self._connection.close()

    def try_upload(self, content: bytes) -> Answer:
        """Uploads; a success is remembered."""
        headers = {"Authorization": f"Bearer {self.account.token}", "Content-Type": "application/octet-stream"}
        answer = self._connection.request("POST", "/_matrix/media/v3/upload", content, headers)
        if answer.status == 200:
            media = answer.json()["content_uri"].removeprefix("mxc://")
            self.uploaded[media] = (len(content), hashlib.sha256(content).hexdigest())
        return answer

    def upload(self, content: bytes) -> str:
        """Uploads, which has to succeed; the `server/id`."""
        answer = self.try_upload(content)
        if answer.status != 200:
            raise RuntimeError(f"upload: {answer.status} {answer.body[:200]!r}")
        return answer.json()["content_uri"].removeprefix("mxc://")

    def get(self, media: str, part: str | None = None) -> Answer:
        """Downloads all, or a part."""
        headers = {"Authorization": f"Bearer {self.account.token}", **({"Range": f"bytes={part}"} if part else {})}
        return self._connection.request("GET", f"/_matrix/client/v1/media/download/{media}", None, headers)

    def thumbnail(self, media: str) -> Answer:
        """A small picture."""
        path = f"/_matrix/client/v1/media/thumbnail/{media}?width=96&height=96&method=crop"
        return call(self._connection, "GET", path, token=self.account.token)

    def lost(self) -> list[str]:
        """What does not come back as it was uploaded."""
        lost = []
        for media, (length, digest) in self.uploaded.items():
            answer = self.get(media)
            if answer.status != 200 or hashlib.sha256(answer.body).hexdigest() != digest:
                lost.append(f"{media} of {length} bytes: {answer.status}, {len(answer.body)} bytes")
        return lost

    def chats(self) -> list[str]:
        """Whether the rest of the server goes on: makes a room, says something, reads it."""
        token, self._serial = self.account.token, self._serial + 1
        room = must(self._connection, "POST", "/_matrix/client/v3/createRoom", {}, token)["room_id"]
        path = f"/_matrix/client/v3/rooms/{quote(room)}/send/m.room.message/s{self._serial}"
        event = must(self._connection, "PUT", path, {"msgtype": "m.text", "body": "on"}, token)["event_id"]
        path = f"/_matrix/client/v3/rooms/{quote(room)}/event/{quote(event)}"
        read = call(self._connection, "GET", path, token=token)
        return [] if read.status == 200 else [f"{read.status}"]
