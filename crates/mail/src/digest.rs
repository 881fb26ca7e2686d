//! What has notified somebody and they have not read: a mail that tells it, room by room.
use std::collections::BTreeMap;

use minijinja::Value;

use crate::{Kind, Letter};

/// What is told in one mail. Whatever users have written is a value in its templates only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Whom it is for.
    pub user_id: String,
    /// How many notifications there are in all.
    pub count: u64,
    /// Some of the rooms that they are in.
    pub rooms: Vec<DigestRoom>,
    /// How many rooms there are beside these.
    pub more_rooms: u64,
    /// The page by which whoever has the mail gets no more of them; it is a URL.
    pub unsubscribe_link: String,
}

/// One room in a [`Digest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestRoom {
    /// What people know it by.
    pub name: String,
    /// Where it is opened; a URL.
    pub link: String,
    /// How many notifications there are.
    pub count: u64,
    /// Who has invited the user, if it is an invite.
    pub invited_by: Option<String>,
    /// Who has sent what notified.
    pub senders: Vec<String>,
    /// Some of the messages, the oldest first; none if their texts are not to be told.
    pub messages: Vec<DigestMessage>,
}

/// One message in a [`DigestRoom`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestMessage {
    /// Who has sent it.
    pub sender: String,
    /// What it says.
    pub text: String,
}

impl Digest {
    /// The mail.
    #[must_use]
    pub fn letter(self) -> Letter {
        let rooms: Vec<Value> = self.rooms.into_iter().map(DigestRoom::value).collect();
        Letter::new(Kind::Notifications)
            .with("user_id", self.user_id)
            .with("count", self.count)
            .with("rooms", rooms)
            .with("more_rooms", self.more_rooms)
            .with("unsubscribe_link", self.unsubscribe_link.as_str())
            .unsubscribed_at(self.unsubscribe_link)
    }

    /// One as it may be, with all that there can be in it.
    pub(crate) fn sample() -> Self {
        let message = DigestMessage { sender: "Bob".to_owned(), text: "Hello".to_owned() };
        let link = "https://matrix.to/#/!tea:example.org".to_owned();
        let talk = DigestRoom {
            name: "Tea".to_owned(),
            link: link.clone(),
            count: 2,
            invited_by: None,
            senders: vec!["Bob".to_owned(), "Carol".to_owned()],
            messages: vec![message],
        };
        let secret = DigestRoom { messages: Vec::new(), ..talk.clone() };
        let invite = DigestRoom {
            name: "Cake".to_owned(),
            link,
            count: 1,
            invited_by: Some("Bob".to_owned()),
            senders: vec!["Bob".to_owned()],
            messages: Vec::new(),
        };
        Self {
            user_id: "@alice:example.org".to_owned(),
            count: 6,
            rooms: vec![talk, secret, invite],
            more_rooms: 1,
            unsubscribe_link: "https://example.org/unsubscribe?token=a".to_owned(),
        }
    }
}

impl DigestRoom {
    fn value(self) -> Value {
        let messages = self.messages.into_iter().map(|message| {
            fields([("sender", message.sender.into()), ("text", message.text.into())])
        });
        fields([
            ("name", self.name.into()),
            ("link", self.link.into()),
            ("count", self.count.into()),
            // Empty and not undefined: templates ask for it.
            ("invited_by", self.invited_by.unwrap_or_default().into()),
            ("senders", self.senders.into()),
            ("messages", messages.collect::<Vec<Value>>().into()),
        ])
    }
}

fn fields<const N: usize>(fields: [(&'static str, Value); N]) -> Value {
    BTreeMap::from(fields).into()
}
