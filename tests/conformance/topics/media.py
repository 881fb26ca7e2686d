"""Files up and down, and what their headers must say."""

import struct
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from conformance.api import Api
from conformance.cast import Cast

UPLOAD = "POST /_matrix/media/v3/upload"
DOWNLOAD = "GET /_matrix/client/v1/media/download/{serverName}/{mediaId}"
CREATE = "POST /_matrix/media/v1/create"
PUT = "PUT /_matrix/media/v3/upload/{serverName}/{mediaId}"
PREVIEWS = ("GET /_matrix/client/v1/media/preview_url", "GET /_matrix/media/v3/preview_url")
THUMBNAIL = "GET /_matrix/client/v1/media/thumbnail/{serverName}/{mediaId}"


def png(size: int) -> bytes:
    """A gradient of `size` × `size` grey pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + bytes((x + y) * 127 // size for x in range(size)) for y in range(size))
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def exercise(api: Api, cast: Cast) -> None:
    """A picture, a page of HTML that must not run, and what is not there."""
    config = api.need("GET /_matrix/client/v1/media/config", 200, cast.alice)
    api.check("GET /_matrix/client/v1/media/config", "no upload size", config.get("m.upload.size", 0) > 0)
    picture = png(200)
    path = upload(api, cast, picture, "image/png", "salon.png")
    answer = api.need(DOWNLOAD, 200, cast.bob, path=path)
    api.check(DOWNLOAD, "other bytes", answer.body == picture)
    api.check(DOWNLOAD, "another type", answer.content_type == "image/png")
    safe_headers(api, answer, "inline")
    named = api.need(DOWNLOAD + "/{fileName}", 200, cast.bob, path={**path, "fileName": "other.png"})
    disposition = named.headers.get("content-disposition", "")
    api.check(DOWNLOAD + "/{fileName}", disposition, "other.png" in disposition)
    page = upload(api, cast, b"<script>alert(1)</script>", "text/html", "page.html")
    safe_headers(api, api.need(DOWNLOAD, 200, cast.bob, path=page), "attachment")
    absent = {"serverName": "localhost", "mediaId": "nobodyUploadedThis"}
    api.call(DOWNLOAD, 404, cast.bob, path=absent, errcode="M_NOT_FOUND")
    api.call(DOWNLOAD + "/{fileName}", 404, cast.bob, path={**absent, "fileName": "x"}, errcode="M_NOT_FOUND")
    thumbnails(api, cast, path, absent)
    announced(api, cast, absent)
    api.call("GET /_matrix/media/v3/config", 200, cast.alice)
    previews(api, cast)


class Site(BaseHTTPRequestHandler):
    """A page that people link to, and its picture."""

    PAGE = b"""<title>no</title><meta property="og:title" content="Emma &amp; Harriet">
        <meta property="og:image" content="/emma.png">"""

    def do_GET(self) -> None:
        """The picture, or for any other path the page."""
        is_picture = self.path == "/emma.png"
        self.send_response(200)
        self.send_header("Content-Type", "image/png" if is_picture else "text/html")
        self.end_headers()
        self.wfile.write(png(40) if is_picture else self.PAGE)

    def log_message(self, *_: object) -> None:
        """Nothing on the suite's output."""


def previews(api: Api, cast: Cast) -> None:
    """What a page says, its picture as media of the server."""
    site = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{site.server_address[1]}/emma#chapter-1"
    for endpoint in PREVIEWS:
        told = api.need(endpoint, 200, cast.bob, query={"url": url, "ts": 1510610716656})
        api.check(endpoint, f"another title: {told}", told.get("og:title") == "Emma & Harriet")
        api.check(endpoint, "another size", told.get("matrix:image:size") == len(png(40)))
        path = parameters({"content_uri": told["og:image"]})
        picture = api.need(DOWNLOAD, 200, cast.bob, path=path)
        api.check(endpoint, "another picture", picture.body == png(40))
    site.shutdown()


def upload(api: Api, cast: Cast, data: bytes, kind: str, name: str) -> dict[str, str]:
    """Uploads as alice; the path parameters of what was stored."""
    stored = api.need(UPLOAD, 200, cast.alice, raw=data, content_type=kind, query={"filename": name})
    return parameters(stored)


def parameters(stored: dict) -> dict[str, str]:
    """The path parameters of a content URI."""
    server, media = stored["content_uri"].removeprefix("mxc://").split("/")
    return {"serverName": server, "mediaId": media}


def announced(api: Api, cast: Cast, absent: dict[str, str]) -> None:
    """The URI first, the file later, and only by who announced it."""
    path = parameters(api.need(CREATE, 200, cast.alice))
    late = {"width": 64, "height": 64, "timeout_ms": 0}
    for endpoint in (DOWNLOAD, DOWNLOAD + "/{fileName}", THUMBNAIL):
        api.call(endpoint, 504, cast.bob, path={**path, "fileName": "late.png"}, query=late,
                 errcode="M_NOT_YET_UPLOADED")
    file = {"raw": png(50), "content_type": "image/png"}
    api.call(PUT, 403, cast.bob, path=path, **file, errcode="M_FORBIDDEN")
    api.call(PUT, 404, cast.alice, path=absent, **file, errcode="M_NOT_FOUND")
    api.call(PUT, 200, cast.alice, path=path, **file)
    api.call(PUT, 409, cast.alice, path=path, **file, errcode="M_CANNOT_OVERWRITE_MEDIA")
    answer = api.need(DOWNLOAD, 200, cast.bob, path=path)
    api.check(DOWNLOAD, "other bytes than were announced", answer.body == file["raw"])


def safe_headers(api: Api, answer, disposition: str) -> None:
    """Stored files must not become active content of the server's origin."""
    found = answer.headers
    api.check(DOWNLOAD, "no sandbox", "sandbox" in found.get("content-security-policy", ""))
    api.check(DOWNLOAD, "no nosniff", found.get("x-content-type-options", "nosniff") == "nosniff")
    api.check(DOWNLOAD, "no CORP", found.get("cross-origin-resource-policy") == "cross-origin")
    api.check(DOWNLOAD, f"not {disposition}", found.get("content-disposition", "").startswith(disposition))


def thumbnails(api: Api, cast: Cast, path: dict[str, str], absent: dict[str, str]) -> None:
    """Both methods, sizes that are none, a file that is no picture."""
    for method in ("scale", "crop"):
        answer = api.need(THUMBNAIL, 200, cast.bob, path=path, query={"width": 64, "height": 64, "method": method})
        api.check(THUMBNAIL, "not a picture", answer.content_type.startswith("image/"))
    api.call(THUMBNAIL, 400, cast.bob, path=path, query={"width": "wide", "height": 64},
             errcode="M_INVALID_PARAM|M_UNKNOWN")
    api.call(THUMBNAIL, 400, cast.bob, path=path, query={"width": -1, "height": 64},
             errcode="M_INVALID_PARAM|M_UNKNOWN")
    api.call(THUMBNAIL, 400, cast.bob, path=path, errcode="M_MISSING_PARAM|M_INVALID_PARAM")
    api.call(THUMBNAIL, 404, cast.bob, path=absent, query={"width": 64, "height": 64}, errcode="M_NOT_FOUND")
