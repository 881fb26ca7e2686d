//! Checks of an installation: what is wrong, why it matters, and what to do about it.
mod check;
mod http;
mod local;

pub(crate) use self::{
    check::{Check, Verdict},
    http::Probes,
    local::{
        check_database, check_folder, check_media, check_node, check_privacy, check_registration,
    },
};
