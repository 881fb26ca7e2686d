"""Every private endpoint of the table refuses who is not logged in; browsers may ask all of them."""

from conformance.api import Api
from conformance.table import Row

PLACEHOLDERS = {
    "roomId": "!nobody-made-this:localhost", "roomIdOrAlias": "!nobody-made-this:localhost",
    "userId": "@nobody:localhost", "eventId": "$nobody-sent-this", "eventType": "m.room.message",
    "txnId": "1", "stateKey": "x", "type": "org.example", "tag": "u.tag", "filterId": "1",
    "deviceId": "DEVICE", "keyName": "displayname", "version": "1", "sessionId": "s",
    "kind": "content", "protocol": "irc", "ruleId": "cake", "receiptType": "m.read", "serverName": "localhost",
    "appserviceId": "nobody", "delayId": "none", "action": "send", "threadId": "$nobody-sent-this",
    "networkId": "nowhere",
    "relType": "m.thread", "mediaId": "media", "idpId": "nobody", "fileName": "name", "roomAlias": "#nobody-made-this:localhost",
}


def exercise(api: Api) -> None:
    """Walks the table: the list of endpoints is the one that drives the run."""
    for row in list(api.rows.values()):
        if row.path.startswith("/_matrix"):
            api.preflight(row, PLACEHOLDERS)
        if api.needs_token(row):
            refuse(api, row)


def refuse(api: Api, row: Row) -> None:
    """No token, one of nobody, an empty one."""
    body = None if row.method in ("GET", "DELETE") else {}
    endpoint = f"{row.method} {row.path}"
    for token, errcode in ((None, "M_MISSING_TOKEN"), ("nobody-was-given-this", "M_UNKNOWN_TOKEN")):
        api.call(endpoint, 401, token, path=PLACEHOLDERS, body=body, errcode=errcode)
