"""Device keys, one-time keys, cross-signing, device lists."""

from conformance.api import Api
from conformance.cast import Cast, proof
from conformance.crypto import Signer, cross_signing_keys, device_keys, one_time_keys
from wire.account import Account

UPLOAD, QUERY, CLAIM = "POST /keys/upload", "POST /keys/query", "POST /keys/claim"
CROSS = "POST /keys/device_signing/upload"
SIGNATURES = "POST /keys/signatures/upload"


def exercise(api: Api, cast: Cast) -> None:
    """Keys of alice's device as bob sees them."""
    since = api.need("GET /sync", 200, cast.bob)["next_batch"]
    signer = Signer()
    uploads(api, cast, signer)
    claims(api, cast)
    cross_signing(api, cast, signer)
    named_as_device(api, cast.stranger)
    changes(api, cast, since)


def uploads(api: Api, cast: Cast, signer: Signer) -> None:
    """Uploaded, counted, queried back."""
    alice = cast.alice
    who = (alice.user_id, alice.device_id, signer)
    body = {
        "device_keys": device_keys(*who),
        "one_time_keys": one_time_keys(*who, count=3),
        "fallback_keys": one_time_keys(*who, count=1, fallback=True),
    }
    counts = api.need(UPLOAD, 200, alice, body=body)["one_time_key_counts"]
    api.check(UPLOAD, f"counts {counts}", counts.get("signed_curve25519") == 3)
    same = api.need(UPLOAD, 200, alice, body={"one_time_keys": body["one_time_keys"]})
    api.check(UPLOAD, "the same keys counted twice", same["one_time_key_counts"]["signed_curve25519"] == 3)
    changed = {name: one_time_keys(*who, count=1).popitem()[1] for name in body["one_time_keys"]}
    api.call(UPLOAD, 400, alice, body={"one_time_keys": changed}, errcode="M_INVALID_PARAM|M_UNKNOWN")
    api.call(UPLOAD, 400, alice, raw=b"{", errcode="M_NOT_JSON")
    foreign = device_keys(cast.bob.user_id, alice.device_id, signer)
    api.call(UPLOAD, 400, alice, body={"device_keys": foreign}, errcode="M_INVALID_PARAM|M_BAD_JSON|M_UNKNOWN")
    found = api.need(QUERY, 200, cast.bob, body={"device_keys": {alice.user_id: []}})
    got = found["device_keys"].get(alice.user_id, {}).get(alice.device_id, {})
    api.check(QUERY, "other keys", got.get("keys") == body["device_keys"]["keys"])
    api.call(QUERY, 400, cast.bob, body={}, errcode="M_MISSING_PARAM|M_BAD_JSON")
    api.call(QUERY, 400, cast.bob, body={"device_keys": 7}, errcode="M_BAD_JSON|M_INVALID_PARAM")


def claims(api: Api, cast: Cast) -> None:
    """Three one-time keys, each given out once, then the fallback key again and again."""
    alice = cast.alice
    body = {"one_time_keys": {alice.user_id: {alice.device_id: "signed_curve25519"}}}
    names = []
    for _ in range(5):
        answer = api.need(CLAIM, 200, cast.bob, body=body)
        names += list(answer["one_time_keys"].get(alice.user_id, {}).get(alice.device_id, {}))
    api.check(CLAIM, f"keys {names}", len(names) == 5 and len(set(names)) == 4 and names[3] == names[4])
    api.call(CLAIM, 400, cast.bob, body={}, errcode="M_MISSING_PARAM|M_BAD_JSON")
    api.call(CLAIM, 400, cast.bob, raw=b"{", errcode="M_NOT_JSON")


def cross_signing(api: Api, cast: Cast, device: Signer) -> None:
    """An identity is made, replaced only with the password, and signs the device."""
    alice = cast.alice
    body, signers = cross_signing_keys(alice.user_id)
    broken, _ = cross_signing_keys(alice.user_id)
    mixed = {"master_key": body["master_key"], "self_signing_key": broken["self_signing_key"]}
    prove(api, alice, mixed, 400, "M_INVALID_SIGNATURE|M_UNKNOWN")
    prove(api, alice, body, 200, None)
    other, _ = cross_signing_keys(alice.user_id)
    asked = api.need(CROSS, 401, alice, body=other)
    api.check(CROSS, "no session to prove who it is", "session" in asked)
    found = api.need(QUERY, 200, alice, body={"device_keys": {alice.user_id: []}})
    api.check(QUERY, "another master key",
              found["master_keys"][alice.user_id]["keys"] == body["master_key"]["keys"])
    api.check(QUERY, "no user-signing key for its owner", alice.user_id in found["user_signing_keys"])
    keys = found["device_keys"][alice.user_id][alice.device_id]
    keys.pop("unsigned", None)
    signer = signers["self_signing"]
    forged = {**keys, "signatures": {alice.user_id: {f"ed25519:{signer.public}": "A" * 86}}}
    answer = api.need(SIGNATURES, 200, alice, body={alice.user_id: {alice.device_id: forged}})
    failure = answer.get("failures", {}).get(alice.user_id, {}).get(alice.device_id, {})
    api.check(SIGNATURES, "a forged signature was taken", failure.get("errcode") == "M_INVALID_SIGNATURE")
    signed = signer.sign(keys, alice.user_id, signer.public)
    sent = {alice.user_id: {alice.device_id: signed}}
    answer = api.need(SIGNATURES, 200, alice, body=sent)
    api.check(SIGNATURES, f"refused: {answer}", not answer.get("failures"))
    seen = api.need(QUERY, 200, cast.bob, body={"device_keys": {alice.user_id: []}})
    signatures = seen["device_keys"][alice.user_id][alice.device_id]["signatures"][alice.user_id]
    api.check(SIGNATURES, "bob does not see it", f"ed25519:{signer.public}" in signatures)
    api.check(QUERY, "bob sees the user-signing key", alice.user_id not in seen.get("user_signing_keys", {}))


def named_as_device(api: Api, account: Account) -> None:
    """A cross-signing key that has the id of one of the user's devices could be taken for the device's."""
    body, _ = cross_signing_keys(account.user_id)
    public = next(iter(body["master_key"]["keys"].values()))
    login = {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": account.user_id},
             "password": account.password, "device_id": public}
    token = api.need("POST /login", 200, body=login)["access_token"]
    prove(api, account, body, 403, "M_FORBIDDEN")
    api.call("POST /logout", 200, token, body={})


def prove(api: Api, account: Account, body: dict, status: int, errcode: str | None) -> None:
    """Uploads; a server that wants the password for the first keys too is given it."""
    asked = api.connection.request(
        "POST", "/_matrix/client/v3/keys/device_signing/upload", b"{}",
        {"Authorization": f"Bearer {account.token}", "Content-Type": "application/json"},
    )
    auth = {"auth": proof(account, asked.json()["session"])} if asked.status == 401 else {}
    api.call(CROSS, status, account, body={**body, **auth}, errcode=errcode)


def changes(api: Api, cast: Cast, since: str) -> None:
    """Bob, who shares a room with alice, is told that her keys changed."""
    now = api.need("GET /sync", 200, cast.bob, query={"since": since})
    changed = now.get("device_lists", {}).get("changed", [])
    api.check("GET /sync", "alice is not in device_lists", cast.alice.user_id in changed)
    query = {"from": since, "to": now["next_batch"]}
    found = api.need("GET /keys/changes", 200, cast.bob, query=query)
    api.check("GET /keys/changes", "alice is not there", cast.alice.user_id in found.get("changed", []))
    api.call("GET /keys/changes", 400, cast.bob, errcode="M_MISSING_PARAM|M_INVALID_PARAM")
