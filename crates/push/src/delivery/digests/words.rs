//! What a digest says.
use std::sync::Arc;

use mail::{Digest, DigestMessage, DigestRoom};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rooms::{Event, Facts, Format, Viewer};
use serde::Deserialize;
use serde_json::value::RawValue;
use store::{RoomNum, UserNum};

use super::{
    Settings,
    gather::{Gathered, RoomNews},
};
use crate::delivery::Delivery;

/// How many rooms are shown, those with the latest notifications.
const ROOMS_MAX: usize = 20;

/// How much of a message is shown, in characters.
const TEXT_CHARS_MAX: usize = 200;

/// How much of a name is shown, in characters.
const NAME_CHARS_MAX: usize = 80;

/// What is not written as it is in a link: a room's id is within its fragment, where clients look for the colon.
const IN_FRAGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'!').remove(b':').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// An event as it is rendered, as far as it is told.
#[derive(Deserialize)]
struct Rendered {
    content: Content,
    #[serde(default)]
    unsigned: Unsigned,
}

#[derive(Default, Deserialize)]
struct Content {
    body: Option<String>,
    #[serde(rename = "m.new_content")]
    edited: Option<Box<Self>>,
    #[serde(default, rename = "m.relates_to")]
    relation: Relation,
}

#[derive(Default, Deserialize)]
struct Relation {
    #[serde(rename = "m.in_reply_to")]
    reply: Option<serde::de::IgnoredAny>,
}

#[derive(Default, Deserialize)]
struct Unsigned {
    #[serde(default, rename = "m.relations")]
    relations: Relations,
}

#[derive(Default, Deserialize)]
struct Relations {
    #[serde(rename = "m.replace")]
    edit: Option<Edit>,
}

#[derive(Deserialize)]
struct Edit {
    content: Content,
}

impl Delivery {
    /// The digest of what was gathered for a user.
    pub(super) async fn digest(
        &self,
        gathered: Gathered,
        user: UserNum,
        settings: &Settings,
        unsubscribe_link: String,
    ) -> Result<Digest, rooms::Error> {
        let mut news: Vec<(RoomNum, RoomNews)> = gathered.rooms.into_iter().collect();
        news.sort_by_key(|(_, room)| std::cmp::Reverse(room.position));
        let more_rooms = news.len().saturating_sub(ROOMS_MAX);
        let mut rooms = Vec::new();
        for (num, room) in news.into_iter().take(ROOMS_MAX) {
            let is_told = settings.include_content && !room.is_encrypted && room.invite.is_none();
            let messages = if is_told {
                self.messages(num, &room, &gathered.user_id, user).await?
            } else {
                Vec::new()
            };
            rooms.push(DigestRoom {
                name: name_of(&room),
                link: settings.link_to(room.facts.room_id.as_str()),
                count: room.count,
                invited_by: room.invite.as_ref().map(|invite| sender(&room.facts, invite)),
                senders: room.senders.iter().map(|event| sender(&room.facts, event)).collect(),
                messages,
            });
        }
        Ok(Digest {
            user_id: gathered.user_id.to_string(),
            count: gathered.count,
            rooms,
            more_rooms: u64::try_from(more_rooms).unwrap_or(u64::MAX),
            unsubscribe_link,
        })
    }

    /// The latest messages of a room as they are now: edits and redactions are looked at last of all.
    async fn messages(
        &self,
        num: RoomNum,
        news: &RoomNews,
        user_id: &protocol::ids::UserId,
        user: UserNum,
    ) -> Result<Vec<DigestMessage>, rooms::Error> {
        let Some(room) = self.rooms.by_number(num).await? else { return Ok(Vec::new()) };
        let view = self.rooms.view(&room, user_id).await?;
        let nums: Vec<_> = news.latest.iter().map(|event| event.num).collect();
        let mut events: Vec<Arc<Event>> = self.rooms.events(&nums).await?;
        events.retain(|event| event.redacted_by.is_none());
        let viewer = Viewer { user_num: user, device_id: "" };
        let shown = self.rooms.render_timeline(&events, &view, viewer, Format::InRoom).await?;
        let told = events.iter().zip(&shown).filter_map(|(event, json)| {
            let text = text_of(json)?;
            Some(DigestMessage { sender: sender(&news.facts, event), text })
        });
        Ok(told.collect())
    }
}

impl Settings {
    /// Where a room is opened.
    fn link_to(&self, room_id: &str) -> String {
        let room_id = utf8_percent_encode(room_id, IN_FRAGMENT);
        if let Some(client) = &self.web_client {
            return format!("{client}/#/room/{room_id}");
        }
        // Whoever follows it is to find the room, whatever its id says.
        let via = utf8_percent_encode(&self.server_name, IN_FRAGMENT);
        format!("https://matrix.to/#/{room_id}?via={via}")
    }
}

/// What people know a room by: its name, its address, or who is talking.
fn name_of(room: &RoomNews) -> String {
    let own = room.facts.state_text("m.room.name", "name");
    let named = own.or_else(|| room.facts.state_text("m.room.canonical_alias", "alias"));
    let named = named.map(|name| cut(&name, NAME_CHARS_MAX)).filter(|name| !name.is_empty());
    named.unwrap_or_else(|| {
        room.senders.first().map_or_else(String::new, |event| sender(&room.facts, event))
    })
}

fn sender(facts: &Facts, event: &Event) -> String {
    let sender = event.pdu.sender();
    let name = facts.display_name(sender).map(|name| cut(&name, NAME_CHARS_MAX));
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| cut(sender.as_str(), NAME_CHARS_MAX))
}

/// What an event says; `None` if there is nothing to read in it.
fn text_of(json: &RawValue) -> Option<String> {
    let Rendered { content, unsigned } = serde_json::from_str(json.get()).ok()?;
    let edited = unsigned.relations.edit.and_then(|edit| edit.content.edited);
    let content = edited.map_or(content, |edited| *edited);
    let is_reply = content.relation.reply.is_some();
    let body = content.body?;
    let text = cut(if is_reply { without_quotation(&body) } else { &body }, TEXT_CHARS_MAX);
    (!text.is_empty()).then_some(text)
}

/// A reply without what it repeats of the message that it answers: that may have been redacted, or be of somebody who is ignored.
fn without_quotation(body: &str) -> &str {
    let mut rest = body;
    while rest.starts_with('>') {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
    }
    rest
}

/// A text on one line, not too long, in which nothing can pretend to be what is around it.
fn cut(text: &str, chars_max: usize) -> String {
    let plain: String = text.chars().map(|c| if is_unfit(c) { ' ' } else { c }).collect();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= chars_max {
        return line;
    }
    let mut cut: String = line.chars().take(chars_max.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// Whether a character has an effect on what is around it: controls, line ends, changes of the direction of writing.
fn is_unfit(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> Option<String> {
        text_of(&RawValue::from_string(json.to_owned()).unwrap())
    }

    #[test]
    fn a_message_is_told_as_it_is_now_and_for_itself() {
        for (json, told) in [
            (r#"{"content":{"body":"Hello"}}"#, Some("Hello")),
            (r#"{"content":{"body":" \n "}}"#, None),
            (r#"{"content":{"body":5}}"#, None),
            (r#"{"content":{}}"#, None),
            (
                r#"{"content":{"body":"Helo"},"unsigned":{"m.relations":{"m.replace":{"content":{
                    "body":"* Hello","m.new_content":{"body":"Hello"}}}}}}"#,
                Some("Hello"),
            ),
            (
                r#"{"content":{"body":"> <@eve:x> secret\n> more\n\nyes","m.relates_to":{
                    "m.in_reply_to":{"event_id":"$a"}}}}"#,
                Some("yes"),
            ),
            (r#"{"content":{"body":"> quoted","m.relates_to":{"m.in_reply_to":{}}}}"#, None),
            (r#"{"content":{"body":"> no reply"}}"#, Some("> no reply")),
        ] {
            assert_eq!(text(json).as_deref(), told, "{json}");
        }
    }

    #[test]
    fn no_text_reaches_beyond_its_line() {
        assert_eq!(cut("a\r\nBcc:\tb\0\u{202e}c\u{2028}d", 100), "a Bcc: b c d");
        assert_eq!(cut("äöüß", 4), "äöüß");
        assert_eq!(cut("äöüßx", 4), "äöü…");
        assert_eq!(cut(" ", 4), "");
    }

    #[test]
    fn rooms_are_opened_in_the_client_of_the_server_or_by_matrix_to() {
        let mut settings = Settings {
            after_ms: 0,
            every_ms: 0,
            include_content: true,
            base_url: String::new(),
            web_client: None,
            server_name: "example.org:8448".to_owned(),
        };
        let link = settings.link_to("!a/\"b:example.org");
        assert_eq!(link, "https://matrix.to/#/!a%2F%22b:example.org?via=example.org:8448");
        settings.web_client = Some("https://chat.example.org".to_owned());
        assert_eq!(
            settings.link_to("!a:example.org"),
            "https://chat.example.org/#/room/!a:example.org"
        );
    }
}
