"""Bodies with which a request gets as far as to what it stores, in mallory's name: attacks change them in one place."""

import secrets
from collections.abc import Callable
from typing import Any

from conformance.crypto import Signer, device_keys, one_time_keys
from hostile.stage import V3, Stage
from wire.account import must


def create_room(stage: Stage) -> dict[str, Any]:
    """With everything that a client may ask for."""
    return {
        "name": "n", "topic": "t", "preset": "private_chat", "visibility": "private", "invite": [stage.bob.user_id],
        "room_alias_name": f"hostile-{secrets.token_hex(4)}", "creation_content": {"m.federate": True, "type": "x"},
        "initial_state": [{"type": "org.example", "state_key": "k", "content": {"a": "b"}}],
        "power_level_content_override": {"users": {stage.bob.user_id: 50}, "events": {"org.example": 50}, "ban": 50},
    }


def upload_keys(stage: Stage) -> dict[str, Any]:
    """Signed as they must be."""
    signer, who = Signer(), (stage.mallory.user_id, stage.mallory.device_id)
    return {
        "device_keys": device_keys(*who, signer),
        "one_time_keys": one_time_keys(*who, signer, count=1),
        "fallback_keys": one_time_keys(*who, signer, count=1, fallback=True),
    }


def backup_key() -> dict[str, Any]:
    """One session of a key backup."""
    data = {"ephemeral": "e", "ciphertext": "c", "mac": "m"}
    return {"first_message_index": 0, "forwarded_count": 0, "is_verified": False, "session_data": data}


def sliding_sync(stage: Stage) -> dict[str, Any]:
    """A window, a subscription and every extension."""
    wanted = {"timeline_limit": 2, "required_state": [["m.room.member", "$LAZY"]]}
    extensions = ("account_data", "receipts", "typing", "to_device", "e2ee")
    return {
        "conn_id": "hostile", "lists": {"all": {"ranges": [[0, 9]], "filters": {"is_dm": False}, **wanted}},
        "room_subscriptions": {stage.room: wanted}, "extensions": {name: {"enabled": True} for name in extensions},
    }


EXAMPLES: dict[str, Callable[[Stage], dict[str, Any]]] = {
    f"POST {V3}/createRoom": create_room,
    f"POST {V3}/keys/upload": upload_keys,
    f"POST {V3}/keys/query": lambda stage: {"device_keys": {stage.bob.user_id: [stage.bob.device_id]}, "timeout": 1},
    f"POST {V3}/keys/claim": lambda stage: {
        "one_time_keys": {stage.bob.user_id: {stage.bob.device_id: "signed_curve25519"}}},
    f"PUT {V3}/sendToDevice/{{eventType}}/{{txnId}}": lambda stage: {
        "messages": {stage.bob.user_id: {stage.bob.device_id: {"a": "b"}, "*": {"c": "d"}}}},
    f"POST {V3}/room_keys/version": lambda stage: {
        "algorithm": "m.megolm_backup.v1.curve25519-aes-sha2",
        "auth_data": {"public_key": "k", "signatures": {stage.mallory.user_id: {"ed25519:d": "s"}}}},
    f"PUT {V3}/room_keys/keys/{{roomId}}/{{sessionId}}": lambda stage: backup_key(),
    f"PUT {V3}/room_keys/keys/{{roomId}}": lambda stage: {"sessions": {"s": backup_key()}},
    f"PUT {V3}/room_keys/keys": lambda stage: {"rooms": {stage.room: {"sessions": {"s": backup_key()}}}},
    f"PUT {V3}/pushrules/global/{{kind}}/{{ruleId}}": lambda stage: {
        "pattern": "p", "actions": ["notify", {"set_tweak": "sound", "value": "s"}],
        "conditions": [{"kind": "event_match", "key": "content.body", "pattern": "p"}]},
    f"POST {V3}/rooms/{{roomId}}/read_markers": lambda stage: {
        "m.fully_read": stage.event, "m.read": stage.event, "m.read.private": stage.event},
    f"PUT {V3}/user/{{userId}}/rooms/{{roomId}}/tags/{{tag}}": lambda stage: {"order": 0.5, "more": {"a": "b"}},
    f"POST {V3}/delete_devices": lambda stage: {"devices": ["a", "b"]},
    f"POST {V3}/login": lambda stage: {
        "type": "m.login.password", "identifier": {"type": "m.id.user", "user": stage.mallory.user_id},
        "password": stage.mallory.password, "device_id": "d", "initial_device_display_name": "n"},
    f"POST {V3}/register": lambda stage: {
        "username": f"hostile-{secrets.token_hex(4)}", "password": secrets.token_hex(8), "device_id": "d",
        "initial_device_display_name": "n", "inhibit_login": False, "auth": {"type": "m.login.dummy", "session": "s"}},
    f"POST {V3}/publicRooms": lambda stage: {
        "limit": 2, "since": "s", "filter": {"generic_search_term": "x", "room_types": [None, "m.space"]}},
    "POST /_matrix/client/unstable/org.matrix.simplified_msc3575/sync": sliding_sync,
    f"PUT {V3}/directory/room/{{roomAlias}}": lambda stage: {"room_id": stage.room},
    **{f"POST {V3}/rooms/{{roomId}}/{act}": lambda stage: {"user_id": stage.bob.user_id, "reason": "r"}
       for act in ("invite", "unban")},
}


def of(stage: Stage, method: str, path: str) -> dict[str, Any]:
    """The example for an endpoint, nothing where its fields say enough."""
    make = EXAMPLES.get(f"{method} {path}")
    return {} if make is None else make(stage)


def query(stage: Stage, path: str) -> str:
    """What has to stand behind the path for the body to be looked at: keys go into a backup that exists."""
    if not path.startswith(f"{V3}/room_keys/keys"):
        return ""
    backup = {"algorithm": "m.megolm_backup.v1.curve25519-aes-sha2", "auth_data": {}}
    made = must(stage.connection, "POST", f"{V3}/room_keys/version", backup, stage.mallory.token)
    return f"?version={made['version']}"
