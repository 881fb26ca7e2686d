//! `[egress]`
use std::path::PathBuf;

use crate::{section::section, value::Lifetime};

section! {
    /// Requests that the node itself makes to others.
    pub struct Egress in "egress" {
        /// Whether private, loopback and other special addresses may be connected to. Off, nobody
        /// can make the server ask inside your network; on, test rigs can federate on one machine.
        pub allow_private: bool = false,
        /// Certificates (PEM) that are trusted beside the system's.
        pub extra_ca_file: Option<PathBuf> = None,
        /// How long opening a connection may take.
        pub connect_timeout: Lifetime = Lifetime::seconds(10),
        /// How long a whole request may take, its body included.
        pub request_timeout: Lifetime = Lifetime::seconds(30),
    }
    check(this, complaints) {
        for (key, time) in
            [("connect_timeout", this.connect_timeout), ("request_timeout", this.request_timeout)]
        {
            if time.as_ms() == 0 {
                complaints.push((key, "expected more than 0".to_owned()));
            }
        }
    }
}
