"""The people of the attack: who attacks, in whose name, and who must not notice."""

from dataclasses import dataclass
from urllib.parse import quote

from wire.account import Account, call, must, register
from wire.http import Connection

V3 = "/_matrix/client/v3"


@dataclass
class Stage:
    """Mallory attacks; bob and carol are in the same room and go on with their lives."""

    connection: Connection
    mallory: Account
    bob: Account
    carol: Account
    room: str
    event: str

    @classmethod
    def build(cls, connection: Connection) -> "Stage":
        """A public room with the three, and one message of mallory's."""
        people = [register(connection, name) for name in ("mallory", "bob", "carol")]
        body = {"preset": "public_chat"}
        room = must(connection, "POST", f"{V3}/createRoom", body, people[0].token)["room_id"]
        stage = cls(connection, *people, room, "")
        for account in people[1:]:
            stage.join(account)
        stage.event = stage.say(people[0], "the beginning")
        return stage

    def join(self, account: Account) -> None:
        """Joins the room."""
        must(self.connection, "POST", f"{V3}/join/{quote(self.room)}", {}, account.token)

    def say(self, account: Account, body: str) -> str:
        """Sends a message; its event id."""
        path = f"{V3}/rooms/{quote(self.room)}/send/m.room.message/{quote(body)}"
        answer = must(self.connection, "PUT", path, {"msgtype": "m.text", "body": body}, account.token)
        return answer["event_id"]

    def revive(self) -> None:
        """Some attacks end mallory's session or membership by succeeding: then there is a new mallory."""
        whoami = call(self.connection, "GET", f"{V3}/account/whoami", token=self.mallory.token)
        if whoami.status != 200:
            self.mallory = register(self.connection, "mallory")
        rooms = must(self.connection, "GET", f"{V3}/joined_rooms", token=self.mallory.token)
        if self.room not in rooms["joined_rooms"]:
            self.join(self.mallory)

    def parameters(self) -> dict[str, str]:
        """Good values for path parameters, by their name without underscores in lower case."""
        return {
            "roomid": self.room, "roomidoralias": self.room, "userid": self.mallory.user_id,
            "eventid": self.event, "eventtype": "org.example.attack", "txnid": "attack", "statekey": "key",
            "type": "org.example.attack", "datatype": "org.example.attack", "tag": "u.attack",
            "filterid": "1", "deviceid": self.mallory.device_id, "keyname": "displayname",
            "field": "displayname", "version": "1", "sessionid": "session", "kind": "content",
            "ruleid": "attack", "receipttype": "m.read", "servername": "localhost", "mediaid": "media",
            "room": self.room, "user": self.mallory.user_id, "event": self.event, "device": "DEVICE",
            "filename": "name", "roomalias": "#attack:localhost", "reltype": "m.annotation",
        }
