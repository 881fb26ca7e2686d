"""Synapse on SQLite from a virtual environment: the reference that the suites are developed on."""

import json
import subprocess
from pathlib import Path

from rig.longhouse import SHARED_SECRET
from rig.process import ServerProcess, free_port

UNLIMITED = {"per_second": 100_000, "burst_count": 100_000}


def synapse(python: Path, folder: Path) -> ServerProcess:
    """A Synapse that keeps everything in `folder`, with open registration and no rate limits."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    config = folder / "homeserver.json"
    config.write_text(json.dumps(settings(folder, url, port), indent=1))
    command = [str(python), "-m", "synapse.app.homeserver", "--config-path", str(config)]
    subprocess.run([*command, "--generate-keys"], check=True, cwd=folder)
    return ServerProcess(command, url, folder / "server.log")


def settings(folder: Path, url: str, port: int) -> dict:
    """The configuration (JSON is YAML, so no YAML library is needed)."""
    listener = {"port": port, "bind_addresses": ["127.0.0.1"], "type": "http", "tls": False,
                "resources": [{"names": ["client", "federation"], "compress": False}]}
    limits = ["rc_message", "rc_registration", "rc_admin_redaction", "rc_reports", "rc_room_creation",
              "rc_registration_token_validity", "rc_third_party_invite", "rc_presence_per_user"]
    return {
        "server_name": "localhost",
        "public_baseurl": url + "/",
        "pid_file": str(folder / "synapse.pid"),
        "signing_key_path": str(folder / "signing.key"),
        "media_store_path": str(folder / "media"),
        "listeners": [listener],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "log_config": str(log_config(folder)),
        "report_stats": False,
        "trusted_key_servers": [],
        "enable_registration": True,
        "enable_registration_without_verification": True,
        "registration_shared_secret": SHARED_SECRET,
        "macaroon_secret_key": "macaroon-secret-of-the-test-rig",
        "form_secret": "form-secret-of-the-test-rig",
        "bcrypt_rounds": 4,
        "default_room_version": "12",
        "serve_server_wellknown": True,
        "admin_contact": "mailto:admin@localhost",
        "allow_public_rooms_without_auth": True,
        "refreshable_access_token_lifetime": "1h",
        "room_list_publication_rules": [{"user_id": "*", "action": "allow"}],
        "presence": {"enabled": True},
        **{name: UNLIMITED for name in limits},
        "rc_login": {kind: UNLIMITED for kind in ("address", "account", "failed_attempts")},
        "rc_joins": {"local": UNLIMITED, "remote": UNLIMITED},
        "rc_joins_per_room": UNLIMITED,
        "rc_invites": {kind: UNLIMITED for kind in ("per_room", "per_user", "per_issuer")},
        "rc_media_create": UNLIMITED,
        "rc_delayed_event_mgmt": UNLIMITED,
        "experimental_features": {"msc4222_enabled": True},
    }


def log_config(folder: Path) -> Path:
    """Warnings to the error stream: the rig keeps that as the server's log."""
    path = folder / "log.json"
    path.write_text(json.dumps({
        "version": 1,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "root": {"level": "WARNING", "handlers": ["console"]},
    }))
    return path
