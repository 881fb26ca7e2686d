//! Finding events.
use std::{collections::HashMap, fmt, str::FromStr, sync::Arc, time::Duration};

use protocol::{filter::RoomEventFilter, ids::UserId};
use rooms::{Event, Membership, Room, View};
use store::{
    EventNum, RoomNum, UserNum,
    search::{self as table, Field, Hit, Order, Query},
};

use crate::{
    Search,
    index::shown_text,
    terms::{highlights, wanted},
};

/// How many hits are looked at for one page.
const HITS_MAX: i64 = 1_000;

/// In how many rooms hits are counted that are not shown.
const VIEWS_MAX: usize = 50;

/// How many words a client is told to highlight.
const HIGHLIGHTS_MAX: usize = 50;

/// How long a search waits for the index: after a start it may have far to go.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// Where a page begins: `r<event>_<seen>` or `k<skipped>_<seen>`. `seen` is how many hits the pages before have shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageToken {
    page: Page,
    seen: u64,
}

/// Which hits come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The latest, from before this event on.
    Recent(i64),
    /// Those that fit best, without so many.
    Rank(i64),
}

impl Page {
    /// The first page of the latest hits.
    pub const RECENT: Self = Self::Recent(i64::MAX);
    /// The first page of the hits that fit best.
    pub const RANK: Self = Self::Rank(0);
}

impl PageToken {
    /// The token of what follows a page of `count` hits and begins at `page`.
    fn after(self, page: Page, count: usize) -> Self {
        Self { page, seen: self.seen + count as u64 }
    }

    /// Whether it is one of a search that begins with `first`.
    #[must_use]
    pub fn continues(self, first: Page) -> bool {
        std::mem::discriminant(&self.page) == std::mem::discriminant(&first)
    }
}

impl From<Page> for PageToken {
    fn from(page: Page) -> Self {
        Self { page, seen: 0 }
    }
}

impl fmt::Display for PageToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.page {
            Page::Recent(before) => write!(f, "r{before}_{}", self.seen),
            Page::Rank(skip) => write!(f, "k{skip}_{}", self.seen),
        }
    }
}

/// A text that is no such token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoToken;

impl FromStr for PageToken {
    type Err = NoToken;

    fn from_str(text: &str) -> Result<Self, NoToken> {
        let (page, seen) = text.split_once('_').ok_or(NoToken)?;
        let number = |text: &str| text.parse::<i64>().ok().filter(|number| *number >= 0);
        let page = match (page.strip_prefix('r'), page.strip_prefix('k')) {
            (Some(before), _) => Page::Recent(number(before).ok_or(NoToken)?),
            (_, Some(skip)) => Page::Rank(number(skip).ok_or(NoToken)?),
            _ => return Err(NoToken),
        };
        Ok(Self { page, seen: seen.parse().map_err(|_| NoToken)? })
    }
}

/// What somebody searches for.
#[derive(Clone, Debug)]
pub struct SearchQuery {
    /// The words.
    pub text: String,
    /// Where in events.
    pub fields: Vec<Field>,
    /// In which rooms, and which events.
    pub filter: RoomEventFilter,
    /// From where on.
    pub page: PageToken,
    /// How many at most.
    pub limit: usize,
    /// How many events before and after each are wanted, if any are.
    pub around: Option<(usize, usize)>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// How many there are, about.
    pub count: u64,
    /// The words that were found.
    pub highlights: Vec<String>,
    /// The events, in the order asked for.
    pub hits: Vec<SearchHit>,
    /// Where the next page begins, if there is one.
    pub next: Option<PageToken>,
}

/// What stands around an event.
pub type Around = rooms::Around;

/// An event that was found.
#[derive(Debug)]
pub struct SearchHit {
    /// The event.
    pub event: Arc<Event>,
    /// How well it fits; nothing where that was not asked for.
    pub rank: f64,
    /// Its room.
    pub room: Arc<Room>,
    /// What the searcher sees of the room.
    pub view: View,
    /// What stands around it, if that was asked for.
    pub around: Option<Around>,
}

/// A room as the searcher sees it.
struct Seen {
    room: Arc<Room>,
    view: View,
}

impl Search {
    /// What `user` finds of what they may see.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn find(
        &self,
        user: &UserId,
        user_num: UserNum,
        query: &SearchQuery,
    ) -> rooms::Result<Found> {
        let terms = wanted(&query.text);
        let rooms = self.rooms_of(user_num, &query.filter).await?;
        if terms.is_empty() || rooms.is_empty() || query.fields.is_empty() {
            return Ok(Found::default());
        }
        if let Ok(position) = tokio::time::timeout(WAIT_MAX, self.catch_up()).await {
            position?;
        } else {
            tracing::debug!("the search index is not up to now");
        }
        let hits = table::find(
            &self.store.db,
            &Query {
                terms: &terms,
                rooms: &rooms,
                fields: &query.fields,
                order: match query.page.page {
                    Page::Recent(before) => Order::Recent { before: EventNum(before) },
                    Page::Rank(skip) => Order::Rank { skip },
                },
                limit: HITS_MAX,
            },
        )
        .await?;
        self.select(user, query, hits).await
    }

    /// The rooms that the user is or was in, of those that the filter lets through.
    async fn rooms_of(
        &self,
        user: UserNum,
        filter: &RoomEventFilter,
    ) -> rooms::Result<Vec<RoomNum>> {
        let mut rooms = Vec::new();
        for place in self.rooms.rooms_of(user).await?.all() {
            let pending = matches!(place.membership, Membership::Invite | Membership::Knock);
            if pending || place.forgotten {
                continue;
            }
            let is_wanted = filter.allows_all_rooms()
                || filter.allows_room(&self.store.interner.room_id(place.room_num).await?);
            if is_wanted {
                rooms.push(place.room_num);
            }
        }
        Ok(rooms)
    }

    /// A page of what the searcher sees of the hits.
    async fn select(
        &self,
        user: &UserId,
        query: &SearchQuery,
        hits: Vec<Hit>,
    ) -> rooms::Result<Found> {
        let is_cut = i64::try_from(hits.len()).is_ok_and(|count| count == HITS_MAX);
        let mut found = Found { count: query.page.seen, ..Found::default() };
        let (mut texts, mut cursor) = (Vec::new(), query.page.page);
        let mut rooms: HashMap<RoomNum, Seen> = HashMap::new();
        for hit in hits {
            let is_full = found.hits.len() == query.limit;
            if is_full && found.next.is_some() && rooms.len() >= VIEWS_MAX {
                // What is left is not shown, and its number is only about right.
                break;
            }
            let Some(seen) = self.seen(user, hit.room_num, &mut rooms).await? else { continue };
            if seen.view.sees(hit.position) && seen.view.sees(hit.text_position) {
                if is_full {
                    found.next.get_or_insert(query.page.after(cursor, query.limit));
                    found.count += 1;
                } else if let Some(event) = self.wanted_event(hit, query).await?
                    && seen.view.shows(&event)
                {
                    let edit = self.rooms.newest_edit(&event).await?;
                    texts.extend(shown_text(&event.pdu, edit.as_ref().map(|edit| &edit.pdu)));
                    found.hits.push(self.hit(query, seen, event, hit.rank).await?);
                    found.count += 1;
                }
            }
            cursor = behind(cursor, hit);
        }
        if is_cut {
            found.next.get_or_insert(query.page.after(cursor, found.hits.len()));
        }
        let texts = texts.iter().map(String::as_str);
        found.highlights = highlights(&query.text, texts, HIGHLIGHTS_MAX);
        Ok(found)
    }

    /// A room as `user` sees it, out of `rooms` if it is there.
    async fn seen<'a>(
        &self,
        user: &UserId,
        num: RoomNum,
        rooms: &'a mut HashMap<RoomNum, Seen>,
    ) -> rooms::Result<Option<&'a Seen>> {
        if !rooms.contains_key(&num)
            && let Some(room) = self.rooms.by_number(num).await?
        {
            let view = self.rooms.view(&room, user).await?;
            rooms.insert(num, Seen { room, view });
        }
        Ok(rooms.get(&num))
    }

    /// The event of a hit, if the filter lets it through.
    async fn wanted_event(
        &self,
        hit: Hit,
        query: &SearchQuery,
    ) -> rooms::Result<Option<Arc<Event>>> {
        let event = self.rooms.events(&[hit.event_num]).await?.into_iter().next();
        // It may have been redacted since.
        Ok(event.filter(|event| event.redacted_by.is_none() && query.filter.matches(&event.pdu)))
    }

    async fn hit(
        &self,
        query: &SearchQuery,
        seen: &Seen,
        event: Arc<Event>,
        rank: f64,
    ) -> rooms::Result<SearchHit> {
        let Seen { room, view } = seen;
        let around = match query.around {
            Some(limits) => Some(self.rooms.around(room, view, &event, limits, None).await?),
            None => None,
        };
        Ok(SearchHit { event, rank, room: Arc::clone(room), view: view.clone(), around })
    }
}

/// Where a page begins that has all before it, and this hit.
fn behind(page: Page, hit: Hit) -> Page {
    match page {
        Page::Recent(_) => Page::Recent(hit.event_num.0),
        Page::Rank(skipped) => Page::Rank(skipped + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_survive_the_round_trip() {
        for page in [Page::Recent(17), Page::RECENT, Page::RANK, Page::Rank(20)] {
            let token = PageToken { page, seen: 3 };
            assert_eq!(token.to_string().parse(), Ok(token));
        }
        for text in ["", "r", "r1", "x1_2", "r-1_2", "k1_x", "r1_2_3"] {
            assert_eq!(text.parse::<PageToken>(), Err(NoToken), "{text}");
        }
    }
}
