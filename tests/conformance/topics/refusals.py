"""What a server answers whose administrator allows nothing: no registration, small files, no contact."""

from conformance.api import Api
from conformance.topics.media import CREATE, PUT, THUMBNAIL, UPLOAD, parameters, png
from rig.longhouse import SHARED_SECRET
from wire.account import Account, register_by_secret

LEGACY = "GET /_matrix/media/v3"
MEDIA = "/{serverName}/{mediaId}"
SMALL = {"width": 32, "height": 32}
# What the rig lets a user of the strict server upload, in bytes.
QUOTA = 40 * 1024


def exercise(api: Api) -> None:
    """Few calls of each kind: the server allows few."""
    user = register_by_secret(api.connection, "guest-of-honour", SHARED_SECRET)
    body = {"username": "nobody", "password": "no such password"}
    api.call("POST /register", 403, body=body, errcode="M_FORBIDDEN")
    validity = "GET /_matrix/client/v1/register/m.login.registration_token/validity"
    api.call(validity, 403, query={"token": "any"}, errcode="M_FORBIDDEN")
    api.call("GET /.well-known/matrix/policy_server", 404)
    api.call("GET /.well-known/matrix/support", 404)
    other = register_by_secret(api.connection, "stranger", SHARED_SECRET)
    api.call("GET /presence/{userId}/status", 403, user, path={"userId": other.user_id}, errcode="M_FORBIDDEN")
    sizes(api, user)
    legacy(api, user)
    quota(api, user)


def sizes(api: Api, user: Account) -> None:
    """Too many bytes, too many pixels."""
    large = {"raw": b"x" * 40_000, "content_type": "application/octet-stream"}
    api.call(UPLOAD, 413, user, **large, errcode="M_TOO_LARGE")
    announced = parameters(api.need(CREATE, 200, user))
    api.call(PUT, 413, user, path=announced, **large, errcode="M_TOO_LARGE")
    picture = parameters(api.need(UPLOAD, 200, user, raw=png(64), content_type="image/png"))
    api.call(THUMBNAIL, 413, user, path=picture, query=SMALL, errcode="M_TOO_LARGE")
    api.call(f"{LEGACY}/thumbnail{MEDIA}", 413, path=picture, query=SMALL, errcode="M_TOO_LARGE")


def legacy(api: Api, user: Account) -> None:
    """The frozen paths give to anybody what the new ones give to users."""
    data = png(30)
    path = parameters(api.need(UPLOAD, 200, user, raw=data, content_type="image/png"))
    late = parameters(api.need(CREATE, 200, user))
    absent = {"serverName": "localhost", "mediaId": "nobodyUploadedThis"}
    for endpoint in (f"{LEGACY}/download{MEDIA}", f"{LEGACY}/download{MEDIA}/{{fileName}}",
                     f"{LEGACY}/thumbnail{MEDIA}"):
        name, query = {"fileName": "name.png"}, SMALL if "thumbnail" in endpoint else {}
        answer = api.need(endpoint, 200, path={**path, **name}, query=query)
        api.check(endpoint, "another file", "thumbnail" in endpoint or answer.body == data)
        api.call(endpoint, 404, path={**absent, **name}, query=query, errcode="M_NOT_FOUND")
        api.call(endpoint, 504, path={**late, **name}, query={**query, "timeout_ms": 0}, errcode="M_NOT_YET_UPLOADED")
    api.call(f"{LEGACY}/thumbnail{MEDIA}", 400, path=path, errcode="M_MISSING_PARAM|M_INVALID_PARAM")


def quota(api: Api, user: Account) -> None:
    """All of a user's uploads together; those before this one were pictures of 64 and 30 pixels."""
    left = QUOTA - len(png(64)) - len(png(30))
    kind = {"content_type": "application/octet-stream"}
    api.need(UPLOAD, 200, user, raw=b"x" * 30_000, **kind)
    api.need(UPLOAD, 200, user, raw=b"x" * (left - 30_000), **kind)
    api.call(UPLOAD, 403, user, raw=b"x", **kind, errcode="M_FORBIDDEN")
    api.call(CREATE, 403, user, errcode="M_FORBIDDEN")
