//! What others have added to events, bundled with them ([spec]): the newest edit, the thread, and what refers to them.
//!
//! An event knows whether it is related to ([`Event::related_by`]): a page of which nothing is costs no query, any other
//! page one for each kind of relation that is in it, and one for the events that are shown.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#aggregations-of-child-events
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use store::{
    EventNum, RoomNum, UserNum,
    relations::{self, Edit, RelatedBy, Thread},
};

use crate::{error::Result, event::Event, relations::Relation, service::Rooms, visibility::View};

/// How many events that refer to one are named with it at most: the oldest. A poll may have any number of answers.
const REFERENCES_MAX: usize = 500;

/// What is bundled with events, by their numbers.
pub(crate) type Bundles = HashMap<EventNum, Bundle>;

/// What is bundled with one event.
#[derive(Debug, Default)]
pub(crate) struct Bundle {
    pub(crate) thread: Option<Summary>,
    /// The event that takes its place.
    pub(crate) edit: Option<Arc<Event>>,
    /// The ids of the events that refer to it.
    pub(crate) references: Vec<String>,
}

/// The thread that begins at an event.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) latest: Arc<Event>,
    pub(crate) count: i64,
    pub(crate) participated: bool,
}

/// Where relations are looked for.
struct Scope {
    room: RoomNum,
    ranges: Vec<(i64, i64)>,
    /// Whose relations are left out.
    ignored: Vec<UserNum>,
}

impl Rooms {
    /// What `user` gets with `events`, which are of one room, of what they may see of it. State is shown without.
    pub(crate) async fn bundles(
        &self,
        view: &View,
        user: UserNum,
        events: &[Arc<Event>],
    ) -> Result<Bundles> {
        let mut bundles = Bundles::new();
        let is_related = |event: &&Arc<Event>| {
            event.related_by() != RelatedBy::NOTHING && event.state_key_num.is_none()
        };
        let mut related: Vec<Arc<Event>> = events.iter().filter(is_related).cloned().collect();
        let Some(first) = related.first() else { return Ok(bundles) };
        let visible = self.store.changes.position();
        let ranges = view.ranges().into_iter().map(|(after, until)| (after, until.min(visible)));
        let ranges = ranges.filter(|(after, until)| after < until).collect();
        let mut ignored = Vec::new();
        for user in view.ignored.iter().flat_map(|ignored| ignored.iter()) {
            ignored.extend(self.store.interner.find_user(user).await?);
        }
        let scope = Scope { room: first.room_num, ranges, ignored };
        for (root, summary) in self.thread_summaries(&scope, user, &related).await? {
            if is_related(&&summary.latest) {
                related.push(Arc::clone(&summary.latest));
            }
            bundles.entry(root).or_default().thread = Some(summary);
        }
        for (edited, edit) in self.newest_edits(&scope, &related).await? {
            bundles.entry(edited).or_default().edit = Some(edit);
        }
        for (target, references) in self.references(&scope, &related).await? {
            bundles.entry(target).or_default().references = references;
        }
        Ok(bundles)
    }

    async fn thread_summaries(
        &self,
        scope: &Scope,
        user: UserNum,
        events: &[Arc<Event>],
    ) -> Result<Vec<(EventNum, Summary)>> {
        let roots = with(events, RelatedBy::THREAD);
        let ids = ids(&roots);
        let mut threads: HashMap<String, Thread> = HashMap::new();
        for range in &scope.ranges {
            for part in
                relations::threads(&self.store.db, scope.room, &ids, user, &scope.ignored, *range)
                    .await?
            {
                let before = threads.remove(&part.root_id);
                threads.insert(part.root_id.clone(), joined(before, part));
            }
        }
        let latest: Vec<EventNum> = threads.values().map(|thread| thread.last).collect();
        let latest = by_number(self.events(&latest).await?);
        let summaries = roots.iter().filter_map(|root| {
            let thread = threads.get(root.pdu.event_id().as_str())?;
            let latest = Arc::clone(latest.get(&thread.last)?);
            let participated = thread.participated || root.sender_num == user;
            Some((root.num, Summary { latest, count: thread.count, participated }))
        });
        Ok(summaries.collect())
    }

    /// The newest valid edit of each event ([spec]).
    ///
    /// [spec]: https://spec.matrix.org/v1.16/client-server-api/#validity-of-replacement-events
    async fn newest_edits(
        &self,
        scope: &Scope,
        events: &[Arc<Event>],
    ) -> Result<Vec<(EventNum, Arc<Event>)>> {
        let mut edited = with(events, RelatedBy::REPLACE);
        edited.retain(|event| {
            let is_edit = |relation: Relation| relation.rel_type == "m.replace";
            event.redacted_by.is_none() && !Relation::of(&event.pdu).is_some_and(is_edit)
        });
        let ids = ids(&edited);
        let mut edits = Vec::new();
        for range in &scope.ranges {
            edits.extend(relations::edits(&self.store.db, scope.room, &ids, *range).await?);
        }
        let newest = edited.iter().filter_map(|event| {
            let is_valid = |edit: &&Edit| {
                edit.parent_id == event.pdu.event_id().as_str()
                    && edit.sender_num == event.sender_num
                    && edit.kind == event.pdu.kind()
            };
            let newest = edits.iter().filter(is_valid).max_by(|a, b| a.order.cmp(&b.order))?;
            Some((event.num, newest.child_num))
        });
        let newest: Vec<(EventNum, EventNum)> = newest.collect();
        let numbers: Vec<EventNum> = newest.iter().map(|(_, edit)| *edit).collect();
        let found = by_number(self.events(&numbers).await?);
        let newest = newest.into_iter();
        Ok(newest.filter_map(|(of, edit)| Some((of, Arc::clone(found.get(&edit)?)))).collect())
    }

    /// The newest valid edit of an event, whoever may see it.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn newest_edit(&self, event: &Arc<Event>) -> Result<Option<Arc<Event>>> {
        let ranges = vec![(i64::MIN, i64::MAX)];
        let scope = Scope { room: event.room_num, ranges, ignored: Vec::new() };
        let edits = self.newest_edits(&scope, std::slice::from_ref(event)).await?;
        Ok(edits.into_iter().next().map(|(_, edit)| edit))
    }

    async fn references(
        &self,
        scope: &Scope,
        events: &[Arc<Event>],
    ) -> Result<Vec<(EventNum, Vec<String>)>> {
        let targets = with(events, RelatedBy::REFERENCE);
        let ids = ids(&targets);
        let mut references: HashMap<String, Vec<String>> = HashMap::new();
        let limit = i64::try_from(REFERENCES_MAX).unwrap_or(i64::MAX);
        for range in &scope.ranges {
            let db = &self.store.db;
            for (target, from) in
                relations::references(db, scope.room, &ids, &scope.ignored, *range, limit).await?
            {
                let known = references.entry(target).or_default();
                if known.len() < REFERENCES_MAX {
                    known.push(from);
                }
            }
        }
        let found = targets.iter().filter_map(|event| {
            Some((event.num, references.remove(event.pdu.event_id().as_str())?))
        });
        Ok(found.collect())
    }
}

/// Those of `events` that are related to so, each once.
fn with(events: &[Arc<Event>], by: RelatedBy) -> Vec<&Arc<Event>> {
    let mut seen = HashSet::new();
    let events = events.iter().filter(|event| event.related_by().has(by));
    events.filter(|event| seen.insert(event.num)).collect()
}

fn ids(events: &[&Arc<Event>]) -> Vec<String> {
    events.iter().map(|event| event.pdu.event_id().to_string()).collect()
}

fn by_number(events: Vec<Arc<Event>>) -> HashMap<EventNum, Arc<Event>> {
    events.into_iter().map(|event| (event.num, event)).collect()
}

/// A thread of which a later part is seen, too.
fn joined(before: Option<Thread>, later: Thread) -> Thread {
    let Some(before) = before else { return later };
    Thread {
        count: before.count + later.count,
        participated: before.participated || later.participated,
        ..later
    }
}
