//! The sections, one file each, and the whole they make.
mod account_validity;
mod accounts;
mod appservices;
mod cache;
mod database;
mod egress;
mod email;
mod listener;
mod log;
mod media;
mod media_s3;
mod overload;
mod presence;
mod push;
mod rate_limits;
mod registration;
mod rendezvous;
mod retention;
mod rooms;
mod rtc;
mod server;
mod server_notices;
mod sms;
mod terms;
mod turn;
mod url_previews;
mod user_directory;
mod well_known;

pub use self::{
    account_validity::AccountValidity, accounts::Accounts, appservices::Appservices, cache::Cache,
    database::Database, egress::Egress, email::Email, listener::Listener, log::Log, media::Media,
    media_s3::MediaS3, overload::Overload, presence::Presence, push::Push, rate_limits::RateLimits,
    registration::Registration, rendezvous::Rendezvous, retention::Retention, rooms::Rooms,
    rtc::Rtc, server::Server, server_notices::ServerNotices, sms::Sms, terms::Terms, turn::Turn,
    url_previews::UrlPreviews, user_directory::UserDirectory, well_known::WellKnown,
};
use crate::section::Section;

macro_rules! config {
    ($( $(#[doc = $doc:expr])+ $key:ident: $Section:ty, )+) => {
        /// Every setting of a node.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Config {
            $( $(#[doc = $doc])+ pub $key: $Section, )+
            /// `[[listeners]]`: where the node listens. Never empty once loaded.
            pub listeners: Vec<Listener>,
        }

        impl Config {
            /// The sections that occur once, in the order of the reference.
            #[must_use]
            pub fn sections(&self) -> Vec<&dyn Section> {
                vec![$( &self.$key, )+]
            }

            pub(crate) fn section_mut(&mut self, name: &str) -> Option<&mut dyn Section> {
                match name {
                    $( stringify!($key) => Some(&mut self.$key), )+
                    _ => None,
                }
            }
        }
    };
}

config! {
    /// `[server]`
    server: Server,
    /// `[database]`
    database: Database,
    /// `[registration]`
    registration: Registration,
    /// `[accounts]`
    accounts: Accounts,
    /// `[terms]`
    terms: Terms,
    /// `[account_validity]`
    account_validity: AccountValidity,
    /// `[rate_limits]`
    rate_limits: RateLimits,
    /// `[overload]`
    overload: Overload,
    /// `[rooms]`
    rooms: Rooms,
    /// `[retention]`
    retention: Retention,
    /// `[server_notices]`
    server_notices: ServerNotices,
    /// `[presence]`
    presence: Presence,
    /// `[user_directory]`
    user_directory: UserDirectory,
    /// `[media]`
    media: Media,
    /// `[media_s3]`
    media_s3: MediaS3,
    /// `[appservices]`
    appservices: Appservices,
    /// `[turn]`
    turn: Turn,
    /// `[rtc]`
    rtc: Rtc,
    /// `[rendezvous]`
    rendezvous: Rendezvous,
    /// `[push]`
    push: Push,
    /// `[url_previews]`
    url_previews: UrlPreviews,
    /// `[email]`
    email: Email,
    /// `[sms]`
    sms: Sms,
    /// `[well_known]`
    well_known: WellKnown,
    /// `[egress]`
    egress: Egress,
    /// `[log]`
    log: Log,
    /// `[cache]`
    cache: Cache,
}
