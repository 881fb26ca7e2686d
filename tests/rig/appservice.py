"""The application service that every Longhouse of the rig knows. Its program is the suite's, if there is one."""

import json
from pathlib import Path

from rig.process import free_port

ID = "rig"
AS_TOKEN = "token-of-the-rigs-application-service"
HS_TOKEN = "token-of-the-server-for-the-rig"
SENDER = "rigbot"
# Its users.
PREFIX = "rig_"


def register(folder: Path) -> Path:
    """Writes the registration file; nobody listens at its URL yet."""
    registration = {
        "id": ID,
        "url": f"http://127.0.0.1:{free_port()}",
        "as_token": AS_TOKEN,
        "hs_token": HS_TOKEN,
        "sender_localpart": SENDER,
        "rate_limited": False,
        "protocols": ["rig"],
        "namespaces": {
            "users": [{"regex": f"@{PREFIX}.*", "exclusive": True}],
            "aliases": [{"regex": f"#{PREFIX}.*", "exclusive": True}],
            "rooms": [],
        },
    }
    file = folder / "appservice.yaml"
    # JSON is YAML.
    file.write_text(json.dumps(registration))
    return file


def port(file: Path) -> int:
    """Where the application service of a registration file is to listen."""
    return int(json.loads(file.read_text())["url"].rpartition(":")[2])
