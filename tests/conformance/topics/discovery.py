"""What a client asks before it logs in."""

from conformance.api import Api
from conformance.cast import Cast


def exercise(api: Api, cast: Cast) -> None:
    """Versions, capabilities and the well-known documents."""
    versions = api.need("GET /_matrix/client/versions", 200)
    api.check("GET /_matrix/client/versions", "v1.11 is not listed", "v1.11" in versions["versions"])
    api.call("GET /_matrix/client/versions", 200, cast.alice)
    found = api.need("GET /capabilities", 200, cast.alice)["capabilities"]
    rooms = found.get("m.room_versions", {})
    api.check("GET /capabilities", "the default version is not available",
              rooms.get("default") in rooms.get("available", {}))
    for name in ("client", "policy_server", "server", "support"):
        api.call(f"GET /.well-known/matrix/{name}", 200)
    api.call("GET /_matrix/federation/v1/version", 200)
