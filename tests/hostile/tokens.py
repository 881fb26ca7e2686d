"""Credentials that are none."""

from hostile.judge import Judge

BAD = {
    "none": None,
    "empty": "",
    "space": " ",
    "the word alone": "Bearer",
    "an empty token": "Bearer ",
    "a blank token": "Bearer    ",
    "nobody's": "Bearer nobody-was-given-this",
    "of another server": "Bearer syt_bWFsbG9yeQ_abcdefghijklmnopqrst_0ABCDE",
    "another scheme": "Basic bWFsbG9yeTpzZWNyZXQ=",
    "null": "Bearer null",
    "undefined": "Bearer undefined",
    "two words": "Bearer one two",
    "not ASCII": "Bearer \xff\xfe",
    "SQL": "Bearer ' OR '1'='1",
    "long": "Bearer " + "a" * 6000,
}


def attack(judge: Judge, name: str, method: str, target: str) -> None:
    """An endpoint that needs a caller refuses each of them with 401, before it looks at the body."""
    body = b"{}" if method in ("POST", "PUT") else None
    for what, value in BAD.items():
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if value is not None:
            headers["Authorization"] = value
        judge.send(f"{name} token: {what}", method, target, body, headers, (401,))
    separator = "&" if "?" in target else "?"
    for query in ("access_token=", "access_token=nobody-was-given-this", "access_token=%ff"):
        judge.send(f"{name} {query}", method, f"{target}{separator}{query}", body, None, (401,))
