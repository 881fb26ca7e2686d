"""Push rules: the whole set, one rule's life, the server's own rules. Pushers, and what notified a user."""

from conformance.api import Api
from conformance.cast import Cast

RULE = "/pushrules/global/{kind}/{ruleId}"
SERVERS_OWN = {
    "override": {".m.rule.master", ".m.rule.suppress_notices", ".m.rule.invite_for_me",
                 ".m.rule.member_event", ".m.rule.is_user_mention", ".m.rule.is_room_mention",
                 ".m.rule.tombstone", ".m.rule.reaction", ".m.rule.room.server_acl",
                 ".m.rule.suppress_edits"},
    "underride": {".m.rule.call", ".m.rule.encrypted_room_one_to_one", ".m.rule.room_one_to_one",
                  ".m.rule.message", ".m.rule.encrypted"},
}


def exercise(api: Api, cast: Cast) -> None:
    """The default rules are there; a rule of one's own is made, changed, deleted."""
    found = api.need("GET /pushrules/", 200, cast.alice)["global"]
    api.call("GET /pushrules/global/", 200, cast.alice)
    for kind, wanted in SERVERS_OWN.items():
        missing = wanted - {rule["rule_id"] for rule in found.get(kind, [])}
        api.check("GET /pushrules/", f"{kind} rules are missing: {missing}", not missing)
    life(api, cast)
    builtin(api, cast)
    pushers(api, cast)
    notified(api, cast)


def life(api: Api, cast: Cast) -> None:
    """A content rule from its creation to its deletion."""
    own = {"kind": "content", "ruleId": "cake"}
    body = {"actions": ["notify", {"set_tweak": "highlight"}], "pattern": "cake"}
    api.call(f"PUT {RULE}", 200, cast.alice, path=own, body=body)
    rule = api.need(f"GET {RULE}", 200, cast.alice, path=own)
    api.check(f"GET {RULE}", "another pattern", rule.get("pattern") == "cake" and rule["enabled"] is True)
    api.call(f"PUT {RULE}/enabled", 200, cast.alice, path=own, body={"enabled": False})
    state = api.need(f"GET {RULE}/enabled", 200, cast.alice, path=own)
    api.check(f"GET {RULE}/enabled", "still enabled", state == {"enabled": False})
    api.call(f"PUT {RULE}/actions", 200, cast.alice, path=own, body={"actions": ["notify"]})
    state = api.need(f"GET {RULE}/actions", 200, cast.alice, path=own)
    api.check(f"GET {RULE}/actions", "other actions", state == {"actions": ["notify"]})
    order = {"kind": "content", "ruleId": "tea"}
    api.call(f"PUT {RULE}", 200, cast.alice, path=order, body={**body, "pattern": "tea"},
             query={"before": "cake"})
    rules = api.need("GET /pushrules/global/", 200, cast.alice)["content"]
    names = [rule["rule_id"] for rule in rules if not rule["default"]]
    api.check(f"PUT {RULE}", f"the order is {names}", names == ["tea", "cake"])
    api.call(f"PUT {RULE}", (400, 404), cast.alice, path=order, body=body, query={"before": "absent"},
             errcode="M_NOT_FOUND|M_UNKNOWN|M_INVALID_PARAM")
    api.call(f"PUT {RULE}", 400, cast.alice, path=own, raw=b"{", errcode="M_NOT_JSON")
    api.call(f"PUT {RULE}", 400, cast.alice, path={**own, "ruleId": ".mine"}, body=body,
             errcode="M_INVALID_PARAM|M_UNKNOWN|M_UNRECOGNIZED")
    api.call(f"DELETE {RULE}", 200, cast.alice, path=own)
    for method, part, body in (("GET", "", None), ("DELETE", "", None), ("GET", "/enabled", None),
                               ("PUT", "/enabled", {"enabled": True}), ("GET", "/actions", None),
                               ("PUT", "/actions", {"actions": []})):
        api.call(f"{method} {RULE}{part}", 404, cast.alice, path=own, body=body, errcode="M_NOT_FOUND")


def builtin(api: Api, cast: Cast) -> None:
    """A default rule can be switched off and be given other actions."""
    master = {"kind": "override", "ruleId": ".m.rule.suppress_notices"}
    api.call(f"PUT {RULE}/enabled", 200, cast.alice, path=master, body={"enabled": False})
    state = api.need(f"GET {RULE}/enabled", 200, cast.alice, path=master)
    api.check(f"GET {RULE}/enabled", "still enabled", state == {"enabled": False})
    message = {"kind": "underride", "ruleId": ".m.rule.message"}
    api.call(f"PUT {RULE}/actions", 200, cast.alice, path=message, body={"actions": []})


def pushers(api: Api, cast: Cast) -> None:
    """A pusher is set, shown and removed; what is none is refused."""
    pusher = {"kind": "http", "app_id": "org.example.app", "pushkey": "key", "lang": "en",
              "app_display_name": "App", "device_display_name": "Phone", "profile_tag": "tag",
              "data": {"url": "https://push.example.org/_matrix/push/v1/notify", "format": "event_id_only"}}
    api.call("POST /pushers/set", 200, cast.alice, body=pusher)
    found = api.need("GET /pushers", 200, cast.alice)["pushers"]
    shown = [{name: one.get(name) for name in pusher} for one in found]
    api.check("GET /pushers", f"shows {shown}", shown == [pusher])
    api.call("POST /pushers/set", 400, cast.alice, body={**pusher, "data": {}}, errcode="M_MISSING_PARAM")
    api.call("POST /pushers/set", 200, cast.alice, body={**pusher, "kind": None})
    found = api.need("GET /pushers", 200, cast.alice)["pushers"]
    api.check("POST /pushers/set", f"leaves {found}", found == [])


def notified(api: Api, cast: Cast) -> None:
    """What notified a user is listed page by page."""
    page = api.need("GET /notifications", 200, cast.bob, query={"limit": "1"})
    api.call("GET /notifications", 200, cast.bob, query={"only": "highlight"})
    if token := page.get("next_token"):
        api.call("GET /notifications", 200, cast.bob, query={"from": token})
