//! What others see.
use std::{collections::BTreeSet, sync::Arc};

use protocol::ids::{OwnedUserId, UserId};
use store::{UserNum, presence as table};

use crate::{Error, Presence, Shown};

/// What somebody sees of another.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Whom.
    pub user_id: OwnedUserId,
    /// What.
    pub shown: Shown,
    /// How long ago they did something, in milliseconds; `None` for somebody who never did.
    pub last_active_ago_ms: Option<i64>,
}

impl Presence {
    /// What `viewer` sees of `user`.
    ///
    /// # Errors
    /// [`Error::Hidden`] for somebody with whom they share no room.
    pub async fn of(self: &Arc<Self>, viewer: UserNum, user_id: &UserId) -> Result<Seen, Error> {
        let user = self.store.interner.find_user(user_id).await?.ok_or(Error::Hidden)?;
        let is_visible =
            user == viewer || !self.rooms.sharing_with(viewer, &[user]).await?.is_empty();
        if !is_visible {
            return Err(Error::Hidden);
        }
        let now_ms = self.now_ms();
        let live = self.live.lock().get(&user).map(|live| live.shown(now_ms));
        let shown = match live {
            Some(shown) => shown,
            None => table::find(&self.store.db, user).await?.unwrap_or_default(),
        };
        Ok(self.seen(user_id.to_owned(), shown))
    }

    /// What has changed for `viewer` with `after < position <= until`: presence, and those who came to share a room.
    /// Without `after`: everybody who is there.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn news(
        self: &Arc<Self>,
        viewer: UserNum,
        after: Option<i64>,
        until: i64,
    ) -> Result<Vec<Seen>, Error> {
        if !self.enabled {
            return Ok(Vec::new());
        }
        let rows = match after {
            None => {
                let sharing = self.rooms.users_sharing_rooms_with(viewer).await?;
                table::there(&self.store.db, &sharing).await?
            }
            Some(after) => self.changes(viewer, after, until).await?,
        };
        let mut news = Vec::with_capacity(rows.len());
        for (user, shown) in rows {
            news.push(self.seen(self.store.interner.user_id(user).await?, shown));
        }
        Ok(news)
    }

    async fn changes(
        self: &Arc<Self>,
        viewer: UserNum,
        after: i64,
        until: i64,
    ) -> Result<Vec<(UserNum, Shown)>, Error> {
        let mut rows = Vec::new();
        if self.store.changes.presence_changed_since(after) {
            rows = table::changed_between(&self.store.db, after, until).await?;
            let users: Vec<UserNum> = rows.iter().map(|(user, _)| *user).collect();
            let sharing = self.rooms.sharing_with(viewer, &users).await?;
            rows.retain(|(user, _)| *user == viewer || sharing.contains(user));
        }
        let known: BTreeSet<UserNum> = rows.iter().map(|(user, _)| *user).collect();
        let met = self.rooms.moves(viewer, after, until).await?.together;
        let met: Vec<UserNum> = met.difference(&known).copied().collect();
        if !met.is_empty() {
            rows.extend(table::there(&self.store.db, &met).await?);
        }
        Ok(rows)
    }

    fn seen(&self, user_id: OwnedUserId, shown: Shown) -> Seen {
        let ago = || self.now_ms().saturating_sub(shown.last_active_ts).max(0);
        let last_active_ago_ms = (shown.last_active_ts > 0).then(ago);
        Seen { user_id, shown, last_active_ago_ms }
    }
}
