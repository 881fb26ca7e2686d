//! Where two devices of a user meet that do not trust each other yet ([MSC4388], [MSC4108]): one spot of memory, for a few
//! minutes, that whoever knows its id reads and overwrites. What they write there is encrypted for each other.
//!
//! Nothing of it is stored: a restart ends every meeting.
//!
//! [MSC4388]: https://github.com/matrix-org/matrix-spec-proposals/pull/4388
//! [MSC4108]: https://github.com/matrix-org/matrix-spec-proposals/pull/4108
use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use clock::SharedClock;
use entropy::SharedEntropy;
use parking_lot::Mutex;

/// The most that can be written, in bytes.
pub const DATA_BYTES_MAX: usize = 4_096;

/// How long a meeting lasts.
pub const LIFETIME_MS: i64 = 300_000;

/// How many sends of a meeting are remembered, so that they can be repeated.
const TRANSACTIONS_MAX: usize = 256;

/// The longest id of a send, in bytes.
const TRANSACTION_BYTES_MAX: usize = 255;

/// The longest name of a type of content, in bytes.
const CONTENT_TYPE_BYTES_MAX: usize = 255;

/// How the service is set up.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Whether devices can meet here at all.
    pub enabled: bool,
    /// Whether only users can begin a meeting, where the protocol lets the server choose.
    pub users_only: bool,
    /// How many meetings there are at most; the oldest gives way.
    pub meetings_max: usize,
}

/// What is written at the spot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// The content.
    pub data: Bytes,
    /// What the writer calls its type.
    pub content_type: String,
    /// Counts the writes, from 1.
    pub revision: u64,
    /// When it was written (Unix ms).
    pub written_ts: i64,
    /// When the meeting ends (Unix ms).
    pub expires_ts: i64,
}

/// Why nothing was written or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Devices cannot meet here.
    #[error("This server has no rendezvous")]
    Disabled,
    /// There is no such meeting, or no longer.
    #[error("There is no such rendezvous, or it has ended")]
    Unknown,
    /// Somebody else has written meanwhile.
    #[error("Somebody else has written meanwhile")]
    Conflict,
    /// There is too much.
    #[error("At most {DATA_BYTES_MAX} bytes can be written")]
    TooLarge,
    /// The id of the send is too long, or there were too many.
    #[error("The transaction id is not valid, or there were too many")]
    Transaction,
}

struct Meeting {
    payload: Payload,
    /// What sends were answered with.
    answers: HashMap<String, Result<u64, Error>>,
}

#[derive(Default)]
struct Meetings {
    by_id: HashMap<String, Meeting>,
    /// The ids, the oldest first: all last equally long.
    in_order: VecDeque<String>,
}

/// The service.
pub struct Rendezvous {
    clock: SharedClock,
    entropy: SharedEntropy,
    settings: Settings,
    meetings: Mutex<Meetings>,
}

impl Rendezvous {
    /// A service without meetings.
    #[must_use]
    pub fn new(clock: SharedClock, entropy: SharedEntropy, settings: Settings) -> Self {
        Self { clock, entropy, settings, meetings: Mutex::default() }
    }

    /// How the service is set up.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// Begins a meeting; returns its id, and what is written there.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn create(&self, data: Bytes, content_type: &str) -> Result<(String, Payload), Error> {
        let now_ms = self.begin()?;
        let payload = Payload {
            data: checked(data)?,
            content_type: cut(content_type),
            revision: 1,
            written_ts: now_ms,
            expires_ts: now_ms.saturating_add(LIFETIME_MS),
        };
        let id = entropy::token(&*self.entropy, 18);
        let mut meetings = self.meetings.lock();
        meetings.forget_ended(now_ms);
        while meetings.in_order.len() >= self.settings.meetings_max.max(1) {
            meetings.forget_oldest();
        }
        let meeting = Meeting { payload: payload.clone(), answers: HashMap::new() };
        meetings.by_id.insert(id.clone(), meeting);
        meetings.in_order.push_back(id.clone());
        Ok((id, payload))
    }

    /// What is written.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn read(&self, id: &str) -> Result<Payload, Error> {
        let now_ms = self.begin()?;
        let mut meetings = self.meetings.lock();
        meetings.forget_ended(now_ms);
        meetings.by_id.get(id).map(|meeting| meeting.payload.clone()).ok_or(Error::Unknown)
    }

    /// Writes over the revision `seen`, if that is what is written. The same `transaction` is answered as before.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn write(
        &self,
        id: &str,
        transaction: Option<&str>,
        seen: Option<u64>,
        data: Bytes,
        content_type: &str,
    ) -> Result<Payload, Error> {
        let now_ms = self.begin()?;
        let data = checked(data)?;
        let mut meetings = self.meetings.lock();
        meetings.forget_ended(now_ms);
        let meeting = meetings.by_id.get_mut(id).ok_or(Error::Unknown)?;
        if let Some(transaction) = transaction {
            if let Some(answer) = meeting.answers.get(transaction) {
                let revision = (*answer)?;
                return Ok(Payload { revision, ..meeting.payload.clone() });
            }
            let is_full = meeting.answers.len() >= TRANSACTIONS_MAX;
            if is_full || transaction.is_empty() || transaction.len() > TRANSACTION_BYTES_MAX {
                return Err(Error::Transaction);
            }
        }
        let payload = &mut meeting.payload;
        let answer = if seen == Some(payload.revision) {
            payload.revision += 1;
            payload.data = data;
            payload.content_type = cut(content_type);
            payload.written_ts = now_ms;
            Ok(payload.revision)
        } else {
            Err(Error::Conflict)
        };
        let written = payload.clone();
        if let Some(transaction) = transaction {
            meeting.answers.insert(transaction.to_owned(), answer);
        }
        answer.map(|_| written)
    }

    /// Ends a meeting.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn delete(&self, id: &str) -> Result<(), Error> {
        let now_ms = self.begin()?;
        let mut meetings = self.meetings.lock();
        meetings.forget_ended(now_ms);
        meetings.by_id.remove(id).ok_or(Error::Unknown)?;
        meetings.in_order.retain(|other| other != id);
        Ok(())
    }

    /// How long a meeting goes on that ends then, in milliseconds.
    #[must_use]
    pub fn expires_in_ms(&self, payload: &Payload) -> i64 {
        payload.expires_ts.saturating_sub(self.clock.now_ms()).max(0)
    }

    fn begin(&self) -> Result<i64, Error> {
        if self.settings.enabled { Ok(self.clock.now_ms()) } else { Err(Error::Disabled) }
    }
}

impl Meetings {
    fn forget_ended(&mut self, now_ms: i64) {
        while let Some(oldest) = self.in_order.front() {
            let goes_on =
                self.by_id.get(oldest).is_some_and(|meeting| meeting.payload.expires_ts > now_ms);
            if goes_on {
                return;
            }
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(id) = self.in_order.pop_front() {
            self.by_id.remove(&id);
        }
    }
}

fn checked(data: Bytes) -> Result<Bytes, Error> {
    if data.len() <= DATA_BYTES_MAX { Ok(data) } else { Err(Error::TooLarge) }
}

fn cut(content_type: &str) -> String {
    let end = content_type.floor_char_boundary(CONTENT_TYPE_BYTES_MAX);
    content_type.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use clock::MockClock;
    use entropy::SeededEntropy;

    use super::*;

    fn service(meetings_max: usize) -> (Rendezvous, Arc<MockClock>) {
        let clock = Arc::new(MockClock::default());
        let settings = Settings { enabled: true, users_only: true, meetings_max };
        (Rendezvous::new(clock.clone(), SeededEntropy::shared(1), settings), clock)
    }

    fn data(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    #[test]
    fn writers_take_turns_until_the_meeting_ends() {
        let (service, clock) = service(10);
        let (id, first) = service.create(data("one"), "text/plain").unwrap();
        assert_eq!((first.revision, service.read(&id).unwrap()), (1, first.clone()));
        let second = service.write(&id, None, Some(1), data("two"), "text/plain").unwrap();
        assert_eq!((second.revision, &*second.data), (2, &b"two"[..]));
        for seen in [Some(1), Some(3), None] {
            let late = service.write(&id, None, seen, data("x"), "text/plain");
            assert_eq!(late, Err(Error::Conflict));
        }
        assert_eq!(service.read(&id).unwrap().data, second.data);
        let large = Bytes::from(vec![0; DATA_BYTES_MAX + 1]);
        assert_eq!(service.write(&id, None, Some(2), large, ""), Err(Error::TooLarge));
        clock.advance_ms(LIFETIME_MS);
        assert_eq!(service.read(&id), Err(Error::Unknown));
        assert_eq!(service.delete(&id), Err(Error::Unknown));
    }

    #[test]
    fn a_repeated_send_is_answered_as_before() {
        let (service, _) = service(10);
        let (id, _) = service.create(data(""), "").unwrap();
        let send = |transaction: &str, seen| {
            service.write(&id, Some(transaction), Some(seen), data("x"), "").map(|p| p.revision)
        };
        assert_eq!(send("a", 1), Ok(2));
        assert_eq!(send("b", 1), Err(Error::Conflict));
        assert_eq!(send("c", 2), Ok(3));
        assert_eq!((send("a", 1), send("b", 3)), (Ok(2), Err(Error::Conflict)));
        assert_eq!(service.read(&id).unwrap().revision, 3);
        for number in 0..TRANSACTIONS_MAX - 3 {
            assert_eq!(send(&format!("t{number}"), 0), Err(Error::Conflict));
        }
        assert_eq!(send("more", 3), Err(Error::Transaction));
    }

    #[test]
    fn the_oldest_meeting_gives_way() {
        let (service, _) = service(2);
        let ids: Vec<_> = (0..3).map(|_| service.create(data(""), "").unwrap().0).collect();
        assert_eq!(service.read(&ids[0]), Err(Error::Unknown));
        service.delete(&ids[1]).unwrap();
        let (fourth, _) = service.create(data(""), "").unwrap();
        assert!(service.read(&ids[2]).is_ok() && service.read(&fourth).is_ok());
    }
}
