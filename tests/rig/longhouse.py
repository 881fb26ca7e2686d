"""Longhouse from a built binary, on SQLite or on a given PostgreSQL database."""

from pathlib import Path

from rig import appservice
from rig.process import ServerProcess, free_port

SHARED_SECRET = "shared-secret-of-the-test-rig"
SUPPORT_PAGE = "https://localhost/help"

OPEN = {
    "LONGHOUSE_REGISTRATION__MODE": "open",
    "LONGHOUSE_RATE_LIMITS__ENABLED": "false",
    "LONGHOUSE_URL_PREVIEWS__ENABLED": "true",
    "LONGHOUSE_URL_PREVIEWS__ALLOW": "*:*",
    "LONGHOUSE_WELL_KNOWN__SERVER": "localhost:8448",
    "LONGHOUSE_WELL_KNOWN__SUPPORT_PAGE": SUPPORT_PAGE,
    "LONGHOUSE_WELL_KNOWN__POLICY_SERVER_KEY": "A" * 43,
    "LONGHOUSE_TURN__URIS": "turn:localhost:3478?transport=udp",
    "LONGHOUSE_TURN__SHARED_SECRET": SHARED_SECRET,
}

# Few calls, none of which is given back while a test runs.
ALLOWANCE = "0.0001/s burst 12"
CLASSES = ("READ", "SEARCH", "WRITE", "MESSAGE", "CREATE_ROOM", "JOIN", "INVITE", "LOGIN", "REGISTER", "VERIFY",
           "UPLOAD", "DOWNLOAD", "PREVIEW")
# Mail goes to whoever listens on a port of this machine: the suite that wants to read it.
MAIL = {
    "LONGHOUSE_EMAIL__HOST": "127.0.0.1",
    "LONGHOUSE_EMAIL__SECURITY": "none",
    "LONGHOUSE_EMAIL__FROM": "Longhouse <noreply@localhost>",
    "LONGHOUSE_EMAIL__TELL_ADDRESSES_IN_USE": "true",
    "LONGHOUSE_EMAIL__NOTIFY_AFTER": "1s",
    "LONGHOUSE_EMAIL__NOTIFY_EVERY": "1s",
    "LONGHOUSE_REGISTRATION__ALLOWED_ADDRESSES": "*@example.org",
}
# So do text messages.
SMS_URL = "LONGHOUSE_SMS__URL"
SMTP_PORT = "LONGHOUSE_EMAIL__PORT"
# What people agree to, and accounts that end.
DEMANDING = {
    "LONGHOUSE_TERMS__POLICIES": "terms_of_service|1.0|en|https://localhost/terms-1.0-en|Terms of service\n"
                                 "terms_of_service|1.0|fr|https://localhost/terms-1.0-fr|Conditions d'utilisation\n"
                                 "privacy_policy|2.1|en|https://localhost/privacy-2.1|Privacy policy",
    "LONGHOUSE_TERMS__REQUIRE": "true",
    "LONGHOUSE_SERVER_NOTICES__ENABLED": "true",
    "LONGHOUSE_ACCOUNT_VALIDITY__PERIOD": "30d",
}
STRICT = {
    "LONGHOUSE_REGISTRATION__MODE": "closed",
    "LONGHOUSE_PRESENCE__ENABLED": "true",
    "LONGHOUSE_MEDIA__UPLOAD_MAX": "32 KiB",
    "LONGHOUSE_MEDIA__USER_QUOTA": "40 KiB",
    "LONGHOUSE_MEDIA__THUMBNAIL_PIXELS_MAX": "1024",
    "LONGHOUSE_MEDIA__LEGACY_UNAUTHENTICATED": "true",
    **{f"LONGHOUSE_RATE_LIMITS__{name}": ALLOWANCE for name in CLASSES},
}


def longhouse(binary: Path, folder: Path, database: str | None = None,
              manner: str = "open") -> ServerProcess:
    """A Longhouse that keeps everything in `folder`: `open` to anybody, `strict` as it can be, or `demanding` (to anybody
    who agrees to its terms)."""
    port = free_port()
    command = [str(binary), "--data", str(folder / "data"), "up"]
    command += ["--listen", f"127.0.0.1:{port}", "--server-name", "localhost"]
    if database is not None:
        command += ["--database", database]
    env = {
        **(STRICT if manner == "strict" else {**OPEN, **MAIL, SMTP_PORT: str(free_port()), SMS_URL: f"http://127.0.0.1:{free_port()}/"}),
        **(DEMANDING if manner == "demanding" else {}),
        "LONGHOUSE_REGISTRATION__SHARED_SECRET": SHARED_SECRET,
        "LONGHOUSE_APPSERVICES__REGISTRATIONS": str(appservice.register(folder)),
        "LONGHOUSE_EGRESS__ALLOW_PRIVATE": "true",
    }
    return ServerProcess(command, f"http://127.0.0.1:{port}", folder / "server.log", env=env, data=folder / "data")
