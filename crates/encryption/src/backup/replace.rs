//! Which of two backups of one session is kept ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#backup-algorithm-mmegolm_backupv1curve25519-aes-sha2
use std::cmp::Reverse;

use store::key_backups::BackupSession;

/// Whether `new` is kept rather than `old`: a verified key rather than one that is not, then the one that can decrypt
/// more messages, then the one that was forwarded less. Of two equal ones the old one stays.
pub(super) fn is_better(new: &BackupSession, old: &BackupSession) -> bool {
    let rank = |session: &BackupSession| {
        let BackupSession { is_verified, first_message_index, forwarded_count, .. } = *session;
        (is_verified, Reverse(first_message_index), Reverse(forwarded_count))
    };
    rank(new) > rank(old)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(is_verified: bool, first_message_index: i64, forwarded_count: i64) -> BackupSession {
        BackupSession {
            room_id: "!room".to_owned(),
            session_id: "session".to_owned(),
            first_message_index,
            forwarded_count,
            is_verified,
            session_data: "{}".to_owned(),
        }
    }

    #[test]
    fn verified_beats_index_beats_forwarding() {
        let old = session(false, 5, 5);
        for (new, better) in [
            (session(true, 9, 9), true),
            (session(false, 4, 9), true),
            (session(false, 6, 0), false),
            (session(false, 5, 4), true),
            (session(false, 5, 5), false),
            (session(false, 5, 6), false),
        ] {
            assert_eq!(is_better(&new, &old), better, "{new:?}");
        }
        assert!(!is_better(&session(false, 0, 0), &session(true, 9, 9)));
    }
}
