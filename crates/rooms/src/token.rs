//! The tokens that clients carry: where they are in the change stream, and in a timeline.
use std::{fmt, str::FromStr};

/// A text that is no token, or not one of this database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a token of this server")]
pub struct TokenError;

/// Where a client is in the change stream: `s<epoch>_<position>_<ephemeral>`.
///
/// The epoch changes when the database is restored from a backup: a token of another epoch means nothing here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StreamToken {
    /// Of which history of the database.
    pub epoch: i64,
    /// Everything up to here has been seen.
    pub position: i64,
    /// Every change kept in memory only (typing) up to here has been seen.
    pub ephemeral: u64,
}

impl fmt::Display for StreamToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}_{}_{}", self.epoch, self.position, self.ephemeral)
    }
}

impl FromStr for StreamToken {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let mut parts = text.strip_prefix('s').ok_or(TokenError)?.split('_');
        let token = Self {
            epoch: number(parts.next())?,
            position: number(parts.next())?,
            ephemeral: number(parts.next())?,
        };
        if parts.next().is_some() || token.position < 0 {
            return Err(TokenError);
        }
        Ok(token)
    }
}

/// Where a connection of sliding sync is: `w<epoch>_<position>_<ephemeral>_<connection>_<serial>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowToken {
    /// Where the connection is in the change stream.
    pub stream: StreamToken,
    /// Which connection.
    pub connection: u64,
    /// Which of its answers.
    pub serial: u64,
}

impl fmt::Display for WindowToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StreamToken { epoch, position, ephemeral } = self.stream;
        write!(f, "w{epoch}_{position}_{ephemeral}_{}_{}", self.connection, self.serial)
    }
}

impl FromStr for WindowToken {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let mut parts = text.strip_prefix('w').ok_or(TokenError)?.split('_');
        let stream = StreamToken {
            epoch: number(parts.next())?,
            position: number(parts.next())?,
            ephemeral: number(parts.next())?,
        };
        let token =
            Self { stream, connection: number(parts.next())?, serial: number(parts.next())? };
        if parts.next().is_some() || stream.position < 0 {
            return Err(TokenError);
        }
        Ok(token)
    }
}

/// Where a client is in the timeline of a room: `t<epoch>_<position>`, or a [`StreamToken`] or [`WindowToken`], whose
/// position it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelineToken {
    /// Of which history of the database.
    pub epoch: i64,
    /// The position.
    pub position: i64,
}

impl fmt::Display for TimelineToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{}_{}", self.epoch, self.position)
    }
}

impl FromStr for TimelineToken {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        if let Ok(StreamToken { epoch, position, .. }) = text.parse() {
            return Ok(Self { epoch, position });
        }
        if let Ok(WindowToken { stream, .. }) = text.parse() {
            return Ok(Self { epoch: stream.epoch, position: stream.position });
        }
        let (epoch, position) =
            text.strip_prefix('t').and_then(|rest| rest.split_once('_')).ok_or(TokenError)?;
        Ok(Self { epoch: number(Some(epoch))?, position: number(Some(position))? })
    }
}

fn number<T: FromStr>(text: Option<&str>) -> Result<T, TokenError> {
    text.ok_or(TokenError)?.parse().map_err(|_| TokenError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_survive_the_round_trip() {
        let stream = StreamToken { epoch: 3, position: 17, ephemeral: 4 };
        assert_eq!(stream.to_string(), "s3_17_4");
        assert_eq!("s3_17_4".parse(), Ok(stream));
        let timeline = TimelineToken { epoch: 3, position: -8 };
        assert_eq!(timeline.to_string().parse(), Ok(timeline));
        assert_eq!("s3_17_4".parse(), Ok(TimelineToken { epoch: 3, position: 17 }));
        let window = WindowToken { stream, connection: u64::MAX, serial: 5 };
        assert_eq!(window.to_string().parse(), Ok(window));
        assert_eq!(window.to_string().parse(), Ok(TimelineToken { epoch: 3, position: 17 }));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "s",
            "s1",
            "s1_2",
            "s1_2_3_4",
            "s1_-2_3",
            "t1",
            "x1_2",
            "s1_2_x",
            "w1_2_3_4",
            "w1_2_3_4_5_6",
            "w1_-2_3_4_5",
            "t1_99999999999999999999",
        ] {
            assert_eq!(text.parse::<TimelineToken>(), Err(TokenError), "{text}");
        }
    }
}
