//! Building the services from the bottom up: the one place that knows which of them needs which.
use std::{sync::Arc, thread, time::Duration};

use accounts::{Accounts, CostError};
use appservices::{Appservices, Registrations};
use blobs::Blobs;
use calls::{Calls, TurnAccess};
use config::{Config, Lifetime};
use directory::Directory;
use egress::Egress;
use encryption::Encryption;
use mail::Mailer;
use media::{Decoding, Media};
use moderation::Moderation;
use notices::Notices;
use presence::Presence;
use previews::{Pattern, PatternError, Previews, Rules};
use protocol::{
    RoomVersion,
    ids::{IdParseError, LocalpartError, OwnedServerName, ServerName, new_local_user_id},
    signing::Signer,
};
use push::{
    Push,
    delivery::{self, Delivery, digests::Digests},
};
use rendezvous::Rendezvous;
use rooms::{Rooms, notifications::NotificationRules};
use search::Search;
use store::Store;
use sync::{Sync, SyncParts};

use super::{
    Services, Settings, ThirdParty,
    account_changes::TellOthers,
    messengers::{digests, messengers},
};

/// What services stand on.
pub struct Foundation<'a> {
    /// The settings of the node.
    pub config: &'a Config,
    /// The database, migrated.
    pub store: Store,
    /// The key that signs the server's events.
    pub signer: Signer,
    /// Where media are.
    pub blobs: Blobs,
    /// How images are decoded.
    pub decoding: Decoding,
    /// The URL of the first listener for clients.
    pub listener_url: &'a str,
}

/// The settings do not fit.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// The server name is none.
    #[error("server.name is not a server name")]
    ServerName(#[from] IdParseError),
    /// The default room version is none.
    #[error("rooms.default_version: there is no room version {0}")]
    RoomVersion(String),
    /// The user that the server speaks as cannot be called so.
    #[error("server_notices.localpart: {0}")]
    ServerNotices(#[from] LocalpartError),
    /// The settings of previews are wrong.
    #[error("url_previews: {0}")]
    UrlPreviews(#[from] PatternError),
    /// A registration file is not valid.
    #[error("appservices.registrations: {0}")]
    Registrations(#[from] appservices::Invalid),
    /// Nothing can be asked of other servers like this.
    #[error(transparent)]
    Egress(#[from] egress::Error),
    /// Mail cannot be sent like this.
    #[error(transparent)]
    Email(#[from] mail::SetupError),
    /// Text messages cannot be sent like this.
    #[error(transparent)]
    Sms(#[from] sms::SetupError),
    /// What people have to prove cannot be proven.
    #[error(
        "registration.email is `required`, but no mail can be sent: set email.host and email.from"
    )]
    NoEmail,
    /// What people have to prove cannot be proven.
    #[error("registration.phone is `required`, but no text message can be sent: set sms.url")]
    NoSms,
    /// Passwords cannot be hashed like this.
    #[error("accounts: {0}")]
    PasswordCost(#[from] CostError),
}

/// Clients wait for about this long for a preview: the page, its oEmbed document and its picture.
const PREVIEW_TIME_MAX: Duration = Duration::from_secs(25);

/// How long each of these may take.
const PREVIEW_REQUEST_TIME_MAX: Duration = Duration::from_secs(10);

impl Services {
    /// Builds all services.
    ///
    /// # Errors
    /// See [`AssembleError`].
    pub fn assemble(foundation: Foundation<'_>) -> Result<Self, AssembleError> {
        let Foundation { config, store, signer, blobs, decoding, listener_url } = foundation;
        let settings = Settings::new(config, listener_url)?;
        let name = settings.server_name.clone();
        let registrations =
            Arc::new(Registrations::load(&config.appservices.registrations, &name)?);
        let push = Push::new(store.clone(), name.clone());
        let rules = Arc::clone(&push) as Arc<dyn NotificationRules>;
        let notices = notice_settings(config, &name)?;
        let about_rooms = room_settings(config, notices.as_ref())?;
        let rooms = Rooms::new(store.clone(), Arc::new(signer), about_rooms, rules);
        let directory =
            Arc::new(Directory::new(store.clone(), Arc::clone(&rooms), directory_settings(config)));
        let calls = Calls::new(store.clock.clone(), call_settings(config));
        let moderation = Arc::new(Moderation::new(store.clone(), Arc::clone(&rooms)));
        let presence = Presence::new(store.clone(), Arc::clone(&rooms), config.presence.enabled);
        let (clock, entropy) = (store.clock.clone(), store.entropy.clone());
        let rendezvous = Rendezvous::new(clock, entropy, rendezvous_settings(config));
        let shared_rooms = Arc::new(Arc::clone(&rooms));
        let encryption = Arc::new(Encryption::new(store.clone(), name.clone(), shared_rooms));
        let observer =
            Arc::new(TellOthers { encryption: Arc::clone(&encryption), rooms: Arc::clone(&rooms) });
        let messengers = messengers(config, &store, &settings)?;
        let mail = messengers.mail.clone();
        let accounts = accounts(config, name.clone(), &store, observer, &registrations)?;
        let accounts = Arc::new(accounts.with_messengers(messengers));
        let appservices = Arc::new(Appservices::new(appservices::Parts {
            egress: way_to_appservices(config, &registrations)?,
            registrations,
            store: store.clone(),
            accounts: Arc::clone(&accounts),
            rooms: Arc::clone(&rooms),
            encryption: Arc::clone(&encryption),
        }));
        let (speaking, there) = (Arc::clone(&accounts), Arc::clone(&rooms));
        let notices = Arc::new(Notices::new(store.clone(), speaking, there, notices));
        let search = Arc::new(Search::new(store.clone(), Arc::clone(&rooms)));
        let media_settings = media_settings(name, config, decoding);
        let media = Arc::new(Media::new(store.clone(), blobs, media_settings));
        let previews = previews(store.clone(), &media, config)?;
        let sync = Arc::new(Sync::new(SyncParts {
            store,
            rooms: Arc::clone(&rooms),
            encryption: Arc::clone(&encryption),
            push: Arc::clone(&push),
            presence: Arc::clone(&presence),
        }));
        let (deliveries, digests) = tellers(config, &settings, &push, &rooms, mail.as_ref())?;
        Ok(Self {
            settings,
            accounts,
            third_party: Arc::clone(&appservices) as Arc<dyn ThirdParty>,
            appservices,
            rooms,
            calls,
            directory,
            encryption,
            media,
            moderation,
            notices,
            presence,
            previews,
            push,
            deliveries,
            digests,
            mail,
            rendezvous,
            search,
            sync,
        })
    }
}

/// Accounts, for whose names application services have the last word.
fn accounts(
    config: &Config,
    name: OwnedServerName,
    store: &Store,
    observer: Arc<TellOthers>,
    registrations: &Arc<Registrations>,
) -> Result<Accounts, CostError> {
    let settings = accounts::Settings::new(name, &config.accounts, &config.registration)
        .with_terms(&config.terms)
        .with_validity(&config.account_validity);
    let accounts = Accounts::new(store.clone(), settings, observer)?;
    Ok(accounts.with_claimed_names(Arc::clone(registrations) as _))
}

/// How far requests to others go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// To others' public addresses: what users ask for.
    Others,
    /// Also to this machine's own public addresses.
    Own,
    /// To any: what an administrator has written down.
    Any,
}

/// The client for requests to others.
pub(super) fn egress(config: &Config, reach: Reach) -> Result<Egress, egress::Error> {
    let settings = &config.egress;
    Egress::new(egress::Options {
        allow_private: settings.allow_private || reach == Reach::Any,
        allow_own: reach != Reach::Others,
        extra_ca_file: settings.extra_ca_file.clone(),
        connect_timeout: settings.connect_timeout.as_duration(),
        request_timeout: settings.request_timeout.as_duration(),
    })
}

/// The way to application services. They are mostly on the same machine: that their addresses are private is no reason not
/// to go there, since an administrator has written them down.
fn way_to_appservices(
    config: &Config,
    registrations: &Registrations,
) -> Result<Option<Egress>, egress::Error> {
    if registrations.all().is_empty() { Ok(None) } else { egress(config, Reach::Any).map(Some) }
}

/// What tells push gateways, and users by mail.
fn tellers(
    config: &Config,
    settings: &Settings,
    push: &Arc<Push>,
    rooms: &Arc<Rooms>,
    mail: Option<&Arc<Mailer>>,
) -> Result<(Arc<Delivery>, Option<Arc<Digests>>), egress::Error> {
    let way = egress(config, Reach::Own)?;
    let (told, about) = (Arc::clone(push), Arc::clone(rooms));
    let deliveries = Delivery::new(told, about, way, delivery_settings(config));
    let digests = digests(config, settings, push, &deliveries, mail);
    Ok((deliveries, digests))
}

fn delivery_settings(config: &Config) -> delivery::Settings {
    let config::Push { include_content, badge_counts_rooms } = config.push;
    let accounts_end = config.account_validity.period.is_some();
    let usual = delivery::Settings::default();
    delivery::Settings { include_content, badge_counts_rooms, accounts_end, ..usual }
}

fn room_settings(
    config: &Config,
    notices: Option<&notices::Settings>,
) -> Result<rooms::Settings, AssembleError> {
    let version = &config.rooms.default_version;
    let default_version = RoomVersion::parse(version);
    Ok(rooms::Settings {
        default_version: default_version
            .ok_or_else(|| AssembleError::RoomVersion(version.clone()))?,
        notices_user: notices.map(|notices| notices.user_id.clone()),
        retention: config.retention.enabled.then(|| retention_settings(&config.retention)),
        room_cache_bytes: config.cache.rooms.as_usize(),
        event_cache_bytes: config.cache.events.as_usize(),
        delay_ms_max: config.rooms.delay_max.as_ms_i64(),
        delayed_per_user_max: config.rooms.delayed_events_max.into(),
    })
}

fn notice_settings(
    config: &Config,
    server_name: &ServerName,
) -> Result<Option<notices::Settings>, LocalpartError> {
    let section = &config.server_notices;
    if !section.enabled {
        return Ok(None);
    }
    Ok(Some(notices::Settings {
        user_id: new_local_user_id(&section.localpart, server_name)?,
        display_name: section.display_name.clone(),
        avatar_url: section.avatar_url.clone(),
        room_name: section.room_name.clone(),
        room_topic: section.room_topic.clone(),
        room_avatar_url: section.room_avatar_url.clone(),
        auto_join: section.auto_join,
    }))
}

fn retention_settings(config: &config::Retention) -> rooms::Retention {
    rooms::Retention {
        default: rooms::Policy {
            min_lifetime: config.min_lifetime.map(Lifetime::as_ms_i64),
            max_lifetime: config.max_lifetime.map(Lifetime::as_ms_i64),
        },
        allowed_min: config.allowed_lifetime_min.map(Lifetime::as_ms_i64),
        allowed_max: config.allowed_lifetime_max.map(Lifetime::as_ms_i64),
    }
}

fn directory_settings(config: &Config) -> directory::Settings {
    directory::Settings {
        enabled: config.user_directory.enabled,
        all_local_users: config.user_directory.search_all_users,
        accounts_end: config.account_validity.period.is_some(),
    }
}

fn call_settings(config: &Config) -> calls::Settings {
    let turn = &config.turn;
    let login = turn.username.clone().zip(turn.password.clone());
    let access = match (&turn.shared_secret, login) {
        (Some(secret), _) => Some(TurnAccess::SharedSecret(secret.clone())),
        (None, Some((username, password))) => Some(TurnAccess::Static { username, password }),
        (None, None) => None,
    };
    calls::Settings {
        turn_uris: turn.uris.clone(),
        turn_access: access,
        turn_lifetime_s: turn.user_lifetime.as_ms_i64() / 1_000,
        livekit_service_urls: config.rtc.livekit_service_urls.clone(),
    }
}

fn rendezvous_settings(config: &Config) -> rendezvous::Settings {
    rendezvous::Settings {
        enabled: config.rendezvous.enabled,
        users_only: config.rendezvous.users_only,
        meetings_max: usize::try_from(config.rendezvous.meetings_max).unwrap_or(usize::MAX),
    }
}

fn media_settings(
    server_name: OwnedServerName,
    config: &Config,
    decoding: Decoding,
) -> media::Settings {
    media::Settings {
        server_name,
        upload_bytes_max: config.media.upload_max.0,
        pixels_max: config.media.thumbnail_pixels_max.into(),
        decoder_bytes_max: config.media.thumbnail_memory_max.0,
        decoding,
        // Decoding must leave processors to everybody else.
        decoders: thread::available_parallelism().map_or(1, |all| all.get().div_ceil(2)),
        quotas: media::Quotas {
            user_bytes: config.media.user_quota.map(|bytes| bytes.0),
            day_bytes: config.media.user_day_max.map(|bytes| bytes.0),
        },
        unused_for_ms: config.media.delete_unused_after.map(Lifetime::as_ms_i64),
        legacy_unauthenticated: config.media.legacy_unauthenticated,
    }
}

fn previews(
    store: Store,
    media: &Arc<Media>,
    config: &Config,
) -> Result<Option<Arc<Previews>>, AssembleError> {
    let section = &config.url_previews;
    let patterns =
        |texts: &[String]| texts.iter().map(|text| Pattern::parse(text)).collect::<Result<_, _>>();
    let rules = Rules { allow: patterns(&section.allow)?, deny: patterns(&section.deny)? };
    if !section.enabled {
        return Ok(None);
    }
    let egress = egress(config, Reach::Others)?;
    let settings = previews::Settings {
        rules,
        page_bytes_max: section.page_max.as_usize(),
        picture_bytes_max: section.picture_max.as_usize(),
        accept_language: section.accept_language.clone(),
        lifetime_ms: section.lifetime.as_ms_i64(),
        kept_for_ms: section.kept_for.as_ms_i64(),
        fetches_max: usize::try_from(section.fetches_max).unwrap_or(usize::MAX),
        time_max: PREVIEW_TIME_MAX,
        request_time_max: PREVIEW_REQUEST_TIME_MAX,
    };
    Ok(Some(Arc::new(Previews::new(store, Arc::clone(media), egress, settings))))
}
