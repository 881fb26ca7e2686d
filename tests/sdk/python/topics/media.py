"""A file is sent: in the clear, or as an encrypted attachment."""

import io
import secrets

from nio import MemoryDownloadResponse
from nio.crypto import decrypt_attachment
from person import Person, ok
from report import Report


async def share(report: Report, room_id: str, alice: Person, bob: Person, encrypted: bool) -> None:
    """Alice sends bob a file through the media repository."""
    data = secrets.token_bytes(70_000)

    async def send() -> None:
        answer, keys = await alice.client.upload(
            io.BytesIO(data), "application/octet-stream", "random.bin", encrypt=encrypted, filesize=len(data)
        )
        uri = ok(answer).content_uri
        content: dict = {"msgtype": "m.file", "body": "random.bin", "info": {"size": len(data)}}
        if encrypted:
            content["file"] = {"url": uri, **keys}
        else:
            content["url"] = uri
        event = await bob.sees(room_id, await alice.send(room_id, content))
        got = ok(await bob.client.download(event.url))
        assert isinstance(got, MemoryDownloadResponse)
        body = got.body
        if encrypted:
            assert body != data
            body = decrypt_attachment(body, event.key["k"], event.hashes["sha256"], event.iv)
        assert body == data

    name = "bob opens alice's encrypted file" if encrypted else "bob fetches alice's file"
    await report.step(name, send)
