//! Types of values that configuration has beyond numbers and texts.
mod bytes;
mod choice;
mod database_url;
mod lifetime;
mod network;
mod policy;
mod rate;
mod secret;

pub use self::{
    bytes::Bytes,
    choice::{Demand, HttpMethod, LogFormat, RegistrationMode, Serves, SmtpSecurity},
    database_url::DatabaseUrl,
    lifetime::Lifetime,
    network::Network,
    policy::Policy,
    rate::Rate,
    secret::Secret,
};
