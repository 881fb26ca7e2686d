//! Settings: what a node must know before it can reach its database.
//!
//! Four layers, each over the one before: the defaults written in [`sections`], one TOML file,
//! environment variables (`LONGHOUSE_SECTION__KEY`), and options of the command line. Every value
//! remembers which layer it came from ([`Origin`]). A key that no section knows is an error with a
//! suggestion, in the file and in the environment alike: a misspelled setting never passes silently.
//!
//! A section is one file under `sections/`: type, default and documentation of each key stand
//! together there, and [`reference`] prints the reference page and the example file from them.
//!
//! Invariant: a secret leaves this crate only through [`Secret::expose`] and
//! [`DatabaseUrl::expose`]; showing and debugging hide it.

mod environment;
mod error;
mod load;
mod origin;
pub mod reference;
mod section;
pub mod sections;
mod setting;
pub mod value;

pub use self::{
    error::{Invalid, Problem},
    load::{Loaded, Override, Sources, load},
    origin::{Origin, Origins},
    section::{Complaints, Field, Section},
    sections::{
        AccountValidity, Accounts, Cache, Config, Database, Egress, Email, Listener, Log, Media,
        MediaS3, Overload, Push, RateLimits, Registration, Retention, Rooms, Server, ServerNotices,
        Sms, Terms, UrlPreviews, WellKnown,
    },
    value::{
        Bytes, DatabaseUrl, Demand, HttpMethod, Lifetime, LogFormat, Network, Policy, Rate,
        RegistrationMode, Secret, Serves, SmtpSecurity,
    },
};

#[cfg(test)]
mod tests;
