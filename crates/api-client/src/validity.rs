//! Accounts that end: renewing them.
mod renew;
mod send_mail;
mod show_renewal;

use endpoint::endpoints;

use crate::App;

endpoints! { App:
    show_renewal,
    renew,
    send_mail,
}

/// Where this comes from: clients and administrators know it by Synapse's description.
const SPEC: &str =
    "https://element-hq.github.io/synapse/latest/modules/account_validity_callbacks.html";

/// Where links lead: our own path, and the one that Synapse's mails have.
const RENEW: &[&str] = &[
    "/_longhouse/client/v1/account_validity/renew",
    "/_matrix/client/unstable/account_validity/renew",
];

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
