"""The server is stopped and started again in the middle of what people do."""

import asyncio
import os
import urllib.request

from report import Report


async def interlude(report: Report) -> None:
    """A step that does it, where the rig can (`SERVER_CONTROL`)."""
    control = os.environ.get("SERVER_CONTROL")
    if control is None:
        return

    async def restart() -> None:
        request = urllib.request.Request(f"{control}/restart", method="POST")
        answer = await asyncio.to_thread(urllib.request.urlopen, request, timeout=50)
        assert answer.status == 200

    await report.need("the server is stopped and started again", restart)
