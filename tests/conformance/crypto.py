"""Keys with true signatures, so that a server that verifies them accepts them."""

import base64
import json
import secrets
from typing import Any

from nacl.signing import SigningKey

ALGORITHMS = ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"]


def unpadded(data: bytes) -> str:
    """Base64 without padding, as Matrix writes keys."""
    return base64.b64encode(data).decode().rstrip("=")


def random_key() -> str:
    """32 random bytes: a curve25519 public key for all that a server can see."""
    return unpadded(secrets.token_bytes(32))


def canonical(value: Any) -> bytes:
    """Canonical JSON (specification: appendices)."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


class Signer:
    """An ed25519 key."""

    def __init__(self) -> None:
        self._key = SigningKey.generate()
        self.public = unpadded(bytes(self._key.verify_key))

    def sign(self, value: dict[str, Any], user: str, name: str) -> dict[str, Any]:
        """`value` with the signature `ed25519:name` of `user` added."""
        bare = {key: inner for key, inner in value.items() if key not in ("signatures", "unsigned")}
        signature = unpadded(self._key.sign(canonical(bare)).signature)
        signatures = {who: dict(by) for who, by in value.get("signatures", {}).items()}
        signatures.setdefault(user, {})[f"ed25519:{name}"] = signature
        return {**value, "signatures": signatures}


def device_keys(user: str, device: str, signer: Signer) -> dict[str, Any]:
    """Signed identity keys of a device."""
    keys = {f"ed25519:{device}": signer.public, f"curve25519:{device}": random_key()}
    bare = {"user_id": user, "device_id": device, "algorithms": ALGORITHMS, "keys": keys}
    return signer.sign(bare, user, device)


def one_time_keys(user: str, device: str, signer: Signer, count: int, **more: Any) -> dict[str, Any]:
    """Signed one-time keys (or, with `fallback=True`, fallback keys)."""
    found = {}
    for _ in range(count):
        key = signer.sign({"key": random_key(), **more}, user, device)
        found[f"signed_curve25519:{secrets.token_hex(3)}"] = key
    return found


def cross_signing_keys(user: str) -> tuple[dict[str, Any], dict[str, Signer]]:
    """The body of an upload of three keys, and their private halves by usage."""
    signers = {usage: Signer() for usage in ("master", "self_signing", "user_signing")}
    body = {}
    for usage, signer in signers.items():
        key = {"user_id": user, "usage": [usage], "keys": {f"ed25519:{signer.public}": signer.public}}
        body[f"{usage}_key"] = signers["master"].sign(key, user, signers["master"].public)
    del body["master_key"]["signatures"]
    return body, signers
