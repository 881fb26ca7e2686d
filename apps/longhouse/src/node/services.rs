//! The services of a node: what the client API is assembled from, and what runs beside the requests.
use std::{sync::Arc, time::Duration};

use accounts::Accounts;
use api_client::{App, Foundation};
use components::Component;
use config::Config;
use endpoint::{Endpoint, Overload, Routes, Trusted};
use mail::Mailer;
use media::{Decoding, Deleted, Media};
use moderation::Moderation;
use notices::Notices;
use previews::Previews;
use protocol::signing::Signer;
use rooms::Rooms;
use store::Store;
use tokio::time::MissedTickBehavior;

use crate::{commands::decoder_program, failure::Failure, folder::Folder};

/// The endpoints of the client-server API.
pub(super) const CLIENT_ENDPOINTS: &[Endpoint] = api_client::ENDPOINTS;

/// How often what is kept in memory is cut down to its limits.
const HOUSEKEEPING_PERIOD: Duration = Duration::from_mins(1);

/// How often it is looked who has gone.
const PRESENCE_PERIOD: Duration = Duration::from_secs(5);

/// How long after the start, and how often from then on, media are looked through for what nobody uses.
const FIRST_RETENTION: Duration = Duration::from_mins(10);
const RETENTION_PERIOD: Duration = Duration::from_hours(24);

/// How often previews of links are looked through for those that nobody needs any more.
const FORGETTING_PERIOD: Duration = Duration::from_hours(1);

/// How often it is looked who is to be told of the terms.
const TERMS_PERIOD: Duration = Duration::from_secs(15);

/// How often it is looked whose account ends soon, and how often whose account has no end yet.
const VALIDITY_PERIOD: Duration = Duration::from_secs(30);
const FIRST_ENDS_PERIOD: Duration = Duration::from_hours(1);

/// How often the index of the search is brought up to what was said since.
const INDEXING_PERIOD: Duration = Duration::from_secs(1);

/// The services of a node.
pub(super) struct Services {
    pub(super) accounts: Arc<Accounts>,
    pub(super) moderation: Arc<Moderation>,
    app: App,
    client_url: String,
    expiry_interval: Duration,
}

impl Services {
    pub(super) async fn start(
        config: &Config,
        folder: &Folder,
        store: Store,
        signer: Signer,
        listener_url: &str,
    ) -> Result<Self, Failure> {
        let blobs = super::media::open(config, folder, store.entropy.clone()).await?;
        let decoding = Decoding::Processes(decoder_program(config));
        let foundation = Foundation { config, store, signer, blobs, decoding, listener_url };
        let services = api_client::Services::assemble(foundation)
            .map_err(|error| Failure::of("cannot start", &error))?;
        let (accounts, moderation) = (services.accounts.clone(), services.moderation.clone());
        let app = App::new(services);
        let prepared = app.appservices.prepare().await;
        prepared.map_err(|error| Failure::of("cannot start", &error))?;
        let prepared = app.notices.prepare().await;
        prepared.map_err(|error| Failure::of("cannot start", &error))?;
        let expiry_interval = config.retention.interval.as_duration();
        let client_url = listener_url.to_owned();
        Ok(Self { accounts, moderation, app, client_url, expiry_interval })
    }

    pub(super) fn client_url(&self) -> String {
        self.client_url.clone()
    }

    pub(super) fn media(&self) -> Arc<Media> {
        Arc::clone(&self.app.media)
    }

    pub(super) fn rooms(&self) -> Arc<Rooms> {
        Arc::clone(&self.app.rooms)
    }

    pub(super) fn notices(&self) -> Arc<Notices> {
        Arc::clone(&self.app.notices)
    }

    /// When there is too much to do.
    pub(super) fn overload(&self, config: &Config) -> Overload {
        self.app.overload(config)
    }

    pub(super) fn mail(&self) -> Option<Arc<Mailer>> {
        self.app.mail.clone()
    }

    /// Tells the tokens of application services.
    pub(super) fn trusted_tokens(&self) -> Trusted {
        self.app.trusted_tokens()
    }

    pub(super) fn client_routes(&self) -> Routes {
        api_client::routes(&self.app)
    }

    /// What runs beside the requests.
    pub(super) fn components(&self) -> Vec<Component> {
        let mut components = vec![
            self.housekeeping(),
            self.push(),
            self.delayed_events(),
            self.search_index(),
            self.room_jobs(),
            retention(self.media()),
        ];
        if self.app.media.has_other_place() {
            components.push(moving(self.media()));
        }
        if self.app.presence.is_enabled() {
            components.push(self.presence());
        }
        if self.app.rooms.retention().is_some() {
            components.push(expiry(self.rooms(), self.expiry_interval));
        }
        if !self.accounts.settings().terms.is_empty() {
            components.push(terms(self.notices()));
        }
        if self.accounts.settings().validity.is_some() {
            components.push(validity(Arc::clone(&self.accounts)));
        }
        components.extend(self.digests());
        components.extend(self.app.previews.clone().map(forgetting_previews));
        components.extend(self.app.appservices.component());
        components
    }

    /// Tells push gateways what there is to tell.
    fn push(&self) -> Component {
        let deliveries = Arc::clone(&self.app.deliveries);
        Component::new("push", &[], move |mut stop| {
            let deliveries = Arc::clone(&deliveries);
            async move {
                stop.ready();
                deliveries.run(stop.stopped()).await.map_err(Into::into)
            }
        })
    }

    /// Tells users by mail what they have not read.
    fn digests(&self) -> Option<Component> {
        let digests = self.app.digests.clone()?;
        Some(Component::new("digests", &[], move |mut stop| {
            let digests = Arc::clone(&digests);
            async move {
                stop.ready();
                digests.run(stop.stopped()).await;
                Ok(())
            }
        }))
    }

    /// Sends delayed events when their time has come.
    fn delayed_events(&self) -> Component {
        let rooms = Arc::clone(&self.app.rooms);
        Component::new("delayed-events", &[], move |mut stop| {
            let rooms = Arc::clone(&rooms);
            async move {
                stop.ready();
                rooms.run_delayed_events(stop.stopped()).await.map_err(Into::into)
            }
        })
    }

    fn housekeeping(&self) -> Component {
        let app = self.app.clone();
        Component::new("housekeeping", &[], move |mut stop| {
            let app = app.clone();
            async move {
                stop.ready();
                loop {
                    tokio::select! {
                        () = tokio::time::sleep(HOUSEKEEPING_PERIOD) => {
                            app.rooms.sweep();
                            if let Err(error) = app.sync.sweep().await {
                                tracing::warn!(%error, "housekeeping of sync failed");
                            }
                            app.rooms.store().changes.sweep();
                            if let Err(error) = app.accounts.sweep().await {
                                tracing::warn!(%error, "housekeeping of accounts failed");
                            }
                            if let Err(error) = app.directory.catch_up().await {
                                tracing::warn!(%error, "housekeeping of the user directory failed");
                            }
                            if let Err(error) = app.media.flush_uses().await {
                                tracing::warn!(%error, "housekeeping of media failed");
                            }
                        }
                        () = stop.stopped() => return Ok(()),
                    }
                }
            }
        })
    }

    fn presence(&self) -> Component {
        let presence = self.app.presence.clone();
        Component::new("presence", &[], move |mut stop| {
            let presence = presence.clone();
            async move {
                stop.ready();
                loop {
                    tokio::select! {
                        () = tokio::time::sleep(PRESENCE_PERIOD) => {
                            if let Err(error) = presence.tick().await {
                                tracing::warn!(%error, "who has gone could not be told");
                            }
                        }
                        () = stop.stopped() => return Ok(()),
                    }
                }
            }
        })
    }

    /// Keeps the index of the search close to what is said.
    fn search_index(&self) -> Component {
        let app = self.app.clone();
        Component::new("search index", &[], move |mut stop| {
            let app = app.clone();
            async move {
                stop.ready();
                tokio::select! {
                    result = app.search.follow(INDEXING_PERIOD) => result.map_err(Into::into),
                    () = stop.stopped() => Ok(()),
                }
            }
        })
    }

    /// Purges and deletes rooms.
    fn room_jobs(&self) -> Component {
        let rooms = self.rooms();
        Component::new("room jobs", &[], move |mut stop| {
            let rooms = Arc::clone(&rooms);
            async move {
                stop.ready();
                tokio::select! {
                    result = rooms.run_jobs() => result.map_err(Into::into),
                    () = stop.stopped() => Ok(()),
                }
            }
        })
    }

    /// Lets requests that wait for news answer at once.
    pub(super) fn stop_waiting(&self) {
        self.app.sync.stop();
    }

    /// Writes what was only noted.
    pub(super) async fn stop(&self) {
        if let Err(error) = self.app.sync.save_all().await {
            tracing::warn!(%error, "where clients of sliding sync are could not be written");
        }
        if let Err(error) = self.app.media.flush_uses().await {
            tracing::warn!(%error, "the last downloads of media could not be written");
        }
        if let Err(error) = self.accounts.flush_activity().await {
            tracing::warn!(%error, "the last activity of users could not be written");
        }
    }
}

fn retention(media: Arc<Media>) -> Component {
    Component::new("media", &[], move |mut stop| {
        let media = Arc::clone(&media);
        async move {
            stop.ready();
            if let Err(why) = media.check_decoders().await {
                tracing::error!(%why, "there will be no thumbnails: no image can be decoded here");
            }
            loop {
                // Not at once: a node that starts has more important things to do.
                tokio::select! {
                    () = tokio::time::sleep(FIRST_RETENTION) => {}
                    () = stop.stopped() => return Ok(()),
                }
                match media.retain().await {
                    Ok(deleted) if deleted == Deleted::default() => {}
                    Ok(Deleted { media, contents }) => {
                        tracing::info!(media, contents, "deleted what nobody uses");
                    }
                    Err(error) => tracing::warn!(%error, "old media could not be deleted"),
                }
                tokio::select! {
                    () = tokio::time::sleep(RETENTION_PERIOD) => {}
                    () = stop.stopped() => return Ok(()),
                }
            }
        }
    })
}

/// Moves contents from one place to the other when an administrator asks for it.
fn moving(media: Arc<Media>) -> Component {
    Component::new("media moves", &[], move |mut stop| {
        let media = Arc::clone(&media);
        async move {
            stop.ready();
            tokio::select! {
                () = media.run_moves() => {}
                () = stop.stopped() => {}
            }
            Ok(())
        }
    })
}

/// Removes messages that have expired.
fn expiry(rooms: Arc<Rooms>, interval: Duration) -> Component {
    Component::new("message retention", &[], move |mut stop| {
        let rooms = Arc::clone(&rooms);
        async move {
            stop.ready();
            loop {
                tokio::select! {
                    () = tokio::time::sleep(interval) => {}
                    () = stop.stopped() => return Ok(()),
                }
                tokio::select! {
                    result = rooms.enforce_retention() => match result {
                        Ok(0) => {}
                        Ok(events) => tracing::info!(events, "removed messages that have expired"),
                        Err(error) => tracing::warn!(%error, "expired messages could not be removed"),
                    },
                    () = stop.stopped() => return Ok(()),
                }
            }
        }
    })
}

/// Tells users that there are terms which they have not agreed to.
fn terms(notices: Arc<Notices>) -> Component {
    Component::new("terms", &[], move |mut stop| {
        let notices = Arc::clone(&notices);
        async move {
            stop.ready();
            loop {
                let look = async {
                    tokio::time::sleep(TERMS_PERIOD).await;
                    notices.tell_of_terms().await
                };
                let told = tokio::select! {
                    told = look => told,
                    () = stop.stopped() => return Ok(()),
                };
                match told {
                    Ok(0) => {}
                    Ok(users) => tracing::info!(users, "told users of the terms"),
                    Err(error) => tracing::warn!(%error, "users could not be told of the terms"),
                }
            }
        }
    })
}

/// Gives accounts their ends, and tells users of them.
fn validity(accounts: Arc<Accounts>) -> Component {
    Component::new("account validity", &[], move |mut stop| {
        let accounts = Arc::clone(&accounts);
        async move {
            stop.ready();
            let mut first_ends = tokio::time::interval(FIRST_ENDS_PERIOD);
            let mut mails = tokio::time::interval(VALIDITY_PERIOD);
            mails.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                let work = async {
                    tokio::select! {
                        _ = first_ends.tick() => accounts.begin_validity().await,
                        _ = mails.tick() => accounts.send_renewal_mails().await,
                    }
                };
                let done = tokio::select! {
                    done = work => done,
                    () = stop.stopped() => return Ok(()),
                };
                if let Err(error) = done {
                    tracing::warn!(%error, "the ends of accounts could not be looked after");
                }
            }
        }
    })
}

fn forgetting_previews(previews: Arc<Previews>) -> Component {
    Component::new("url_previews", &[], move |mut stop| {
        let previews = Arc::clone(&previews);
        async move {
            stop.ready();
            loop {
                match previews.sweep().await {
                    Ok(0) => {}
                    Ok(forgotten) => tracing::debug!(forgotten, "forgot previews of links"),
                    Err(error) => {
                        tracing::warn!(%error, "previews of links could not be forgotten");
                    }
                }
                tokio::select! {
                    () = tokio::time::sleep(FORGETTING_PERIOD) => {}
                    () = stop.stopped() => return Ok(()),
                }
            }
        }
    })
}
