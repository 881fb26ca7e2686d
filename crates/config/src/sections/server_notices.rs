//! `[server_notices]`
use crate::section::section;

section! {
    /// What you tell the users of your server (`longhouse notice send`), in a room of its own for each of them.
    pub struct ServerNotices in "server_notices" {
        /// Whether there are such rooms.
        pub enabled: bool = false,
        /// The name of the user that the server speaks as, the part before the colon. It is made at the start;
        /// nobody can log in as it.
        pub localpart: String = "server".to_owned(),
        /// What that user is called; without it, its name.
        pub display_name: Option<String> = None,
        /// The picture of that user (`mxc://…`).
        pub avatar_url: Option<String> = None,
        /// What the rooms are called.
        pub room_name: String = "Server notices".to_owned(),
        /// What the rooms say they are for.
        pub room_topic: Option<String> = None,
        /// The picture of the rooms (`mxc://…`).
        pub room_avatar_url: Option<String> = None,
        /// Whether users are put into their room at once. Otherwise they are asked in, and cannot turn it down.
        pub auto_join: bool = false,
    }
    check(this, complaints) {
        let is_name_byte = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._=-/+".contains(&byte)
        };
        if this.localpart.is_empty() || !this.localpart.bytes().all(is_name_byte) {
            complaints.push(("localpart", "expected a user name: a-z 0-9 . _ = - / +".to_owned()));
        }
        for (key, url) in
            [("avatar_url", &this.avatar_url), ("room_avatar_url", &this.room_avatar_url)]
        {
            if url.as_ref().is_some_and(|url| !url.starts_with("mxc://")) {
                complaints.push((key, "expected an mxc:// URI".to_owned()));
            }
        }
    }
}
