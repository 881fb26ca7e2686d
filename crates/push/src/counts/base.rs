//! What stays the same of a member's counts while only the room's running count moves.
use std::{collections::BTreeMap, collections::HashMap, sync::Arc};

use db::Write;
use store::{
    EventNum, RoomNum, UserNum, events,
    notification_audiences::{self, AudienceRow},
    notifications::{self, Added, Ignored, Unread},
    read_marks::{self, Part, ReadMark},
};

use super::Counts;
use crate::{
    Push,
    audiences::Belonging,
    slots::{Found, Place},
};

/// After how many rows that are all read a member's mark for the whole room is moved, so that they are not looked at again.
const LOOKED_AT_MAX: i64 = 256;

/// The unmoving part of a member's counts in a room.
#[derive(Clone, Debug, Default)]
pub(crate) struct Base {
    /// The position of the change stream from which on it may be stale.
    as_of: i64,
    /// What of the running count is read or not counted; none if nothing of it counts now.
    offset: Option<i64>,
    main: Added,
    threads: BTreeMap<EventNum, Added>,
    /// How many rows were looked at for it.
    looked_at: i64,
    /// Whether the member ignores anybody: then what is ignored makes it stale.
    ignores: bool,
}

/// A stretch of the timeline in which a member belonged to one audience.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    belonging: Belonging,
    after: i64,
    until: i64,
}

impl Base {
    /// The counts, when the room's running count is `notify_count`.
    pub(super) fn unread(&self, notify_count: i64) -> super::Unread {
        let running = self.offset.map_or(0, |offset| notify_count.saturating_sub(offset).max(0));
        let main = Added { notify: running + self.main.notify, ..self.main };
        let threads = self.threads.iter().map(|(root, added)| (*root, counts(*added)));
        let threads = threads.filter(|(_, counts)| *counts != Counts::default());
        super::Unread { main: counts(main), threads: threads.collect() }
    }

    /// The base after all of the main timeline was read, up to where the running count is `notify_count`.
    pub(crate) fn read_main(&self, notify_count: i64) -> Arc<Self> {
        let offset = self.offset.map(|_| notify_count);
        Arc::new(Self { offset, main: Added::default(), ..self.clone() })
    }

    fn add(&mut self, unread: Unread) {
        let Unread { part, added, looked_at, .. } = unread;
        self.looked_at += looked_at;
        let sum = match part {
            Part::Thread(root) => self.threads.entry(root).or_default(),
            Part::Main | Part::Whole => &mut self.main,
        };
        sum.notify += added.notify;
        sum.highlight += added.highlight;
    }
}

fn counts(added: Added) -> Counts {
    Counts {
        notification_count: added.notify.max(0).unsigned_abs(),
        highlight_count: added.highlight.max(0).unsigned_abs(),
    }
}

impl Push {
    /// Reads what is needed for the counts of a user in many rooms at once.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn prepare_counts(&self, user: UserNum, rooms: &[RoomNum]) -> db::Result<()> {
        let mut missing = HashMap::new();
        for room in rooms {
            if let Found::Missing(place) = self.find_base(user, *room) {
                missing.insert(*room, place);
            }
        }
        if !missing.is_empty() {
            self.read_bases(user, missing).await?;
        }
        Ok(())
    }

    pub(super) async fn base(&self, user: UserNum, room: RoomNum) -> db::Result<Arc<Base>> {
        match self.find_base(user, room) {
            Found::Known(base) => Ok(base),
            Found::Missing(place) => {
                let mut read = self.read_bases(user, HashMap::from([(room, place)])).await?;
                Ok(read.remove(&room).unwrap_or_default())
            }
        }
    }

    fn find_base(&self, user: UserNum, room: RoomNum) -> Found<Arc<Base>> {
        self.bases.find(&(room, user), |base| {
            let shared = self.last_shared.lock().get(&room).copied();
            let ignored = base.ignores.then(|| self.last_ignored.lock().get(&room).copied());
            shared.max(ignored.flatten()).is_some_and(|last| last > base.as_of)
                || self.store.changes.user_changed_since(user, base.as_of)
        })
    }

    async fn read_bases(
        &self,
        user: UserNum,
        places: HashMap<RoomNum, Place<Arc<Base>>>,
    ) -> db::Result<HashMap<RoomNum, Arc<Base>>> {
        let as_of = self.store.changes.position();
        let rooms: Vec<RoomNum> = places.keys().copied().collect();
        let mut bases: HashMap<RoomNum, Base> =
            rooms.iter().map(|room| (*room, Base { as_of, ..Base::default() })).collect();
        let ignored = self.ignored_numbers(user).await?;
        for base in bases.values_mut() {
            base.ignores = !ignored.is_empty();
        }
        let marks = self.marks(user, &rooms).await?;
        let mut rows: HashMap<RoomNum, Vec<AudienceRow>> = HashMap::new();
        for row in notification_audiences::of_user(&self.store.db, user, &rooms).await? {
            rows.entry(row.room_num).or_default().push(row);
        }
        let mut together: HashMap<Belonging, Vec<RoomNum>> = HashMap::new();
        for (room, (whole, main)) in &marks {
            let (room, main) = (*room, *main);
            let stretches = stretches(&rows.remove(&room).unwrap_or_default(), whole.position);
            let Some(base) = bases.get_mut(&room) else { continue };
            self.add_running(base, room, main, &stretches).await?;
            if let [only] = stretches.as_slice() {
                together.entry(only.belonging).or_default().push(room);
                continue;
            }
            for stretch in stretches {
                self.add_rows((user, &ignored), &[room], stretch, &mut bases).await?;
            }
        }
        for (belonging, rooms) in together {
            let always = Stretch { belonging, after: i64::MIN, until: i64::MAX };
            self.add_rows((user, &ignored), &rooms, always, &mut bases).await?;
        }
        self.follow(user, &marks, &bases).await?;
        let bases: HashMap<_, _> =
            bases.into_iter().map(|(room, base)| (room, Arc::new(base))).collect();
        for (room, place) in places {
            if let Some(base) = bases.get(&room) {
                place.put(Arc::clone(base));
            }
        }
        Ok(bases)
    }

    /// Up to where the user has read each room whatever the thread, and its main timeline: what is purged is read.
    async fn marks(
        &self,
        user: UserNum,
        rooms: &[RoomNum],
    ) -> db::Result<HashMap<RoomNum, (ReadMark, ReadMark)>> {
        let mut marks: HashMap<RoomNum, (ReadMark, ReadMark)> = HashMap::new();
        for (room, part, mark) in read_marks::of_rooms(&self.store.db, user, rooms).await? {
            let (whole, main) = marks.entry(room).or_default();
            if part == Part::Whole {
                *whole = mark;
            }
            if mark.position > main.position {
                *main = mark;
            }
        }
        for (room, position, notify_count) in store::rooms::purged(&self.store.db, rooms).await? {
            let Some((whole, main)) = marks.get_mut(&room) else { continue };
            for mark in [whole, main] {
                if mark.position < position {
                    *mark = ReadMark { position, notify_count };
                }
            }
        }
        Ok(marks)
    }

    /// What the running count says of the main timeline after `read`.
    async fn add_running(
        &self,
        base: &mut Base,
        room: RoomNum,
        read: ReadMark,
        stretches: &[Stretch],
    ) -> db::Result<()> {
        for stretch in stretches {
            if !stretch.belonging.is_counted || stretch.until <= read.position {
                continue;
            }
            let start = if stretch.after > read.position {
                events::notify_count_at(&self.store.db, room, stretch.after).await?
            } else {
                read.notify_count
            };
            if stretch.until == i64::MAX {
                base.offset = Some(start);
            } else {
                let end = events::notify_count_at(&self.store.db, room, stretch.until).await?;
                base.main.notify += end - start;
            }
        }
        Ok(())
    }

    async fn add_rows(
        &self,
        (user, ignored): (UserNum, &[UserNum]),
        rooms: &[RoomNum],
        stretch: Stretch,
        bases: &mut HashMap<RoomNum, Base>,
    ) -> db::Result<()> {
        let Stretch { belonging, after, until } = stretch;
        let mut audiences = vec![user.into(), belonging.audience];
        if belonging.is_counted && belonging != Belonging::ORDINARY {
            audiences.push(Belonging::ORDINARY.audience);
        }
        let db = &self.store.db;
        let rows = if ignored.is_empty() {
            notifications::unread(db, user, rooms, &audiences, after, until).await?
        } else {
            // Who does not count what others do, has nothing to take back of it either.
            let range = (after, until);
            let ignored = Ignored { senders: ignored, is_counted: belonging.is_counted };
            notifications::unread_ignoring(db, user, rooms, &audiences, ignored, range).await?
        };
        for unread in rows {
            if let Some(base) = bases.get_mut(&unread.room_num) {
                base.add(unread);
            }
        }
        Ok(())
    }

    /// Who reads thread by thread never says that all is read; where it is so, their mark for the whole room follows.
    async fn follow(
        &self,
        user: UserNum,
        marks: &HashMap<RoomNum, (ReadMark, ReadMark)>,
        bases: &HashMap<RoomNum, Base>,
    ) -> db::Result<()> {
        let mut write = Write::new();
        let mut follows = false;
        for (room, (whole, main)) in marks {
            let Some(base) = bases.get(room) else { continue };
            let is_read = base.threads.values().all(|added| *added == Added::default());
            if is_read && base.looked_at > LOOKED_AT_MAX && main.position > whole.position {
                let (position, count) = (main.position.into(), main.notify_count);
                read_marks::advance(&mut write, *room, user, Part::Whole, position, count);
                follows = true;
            }
        }
        if follows {
            self.store.write(write).await.map_err(db::Error::from)?;
        }
        Ok(())
    }
}

/// The stretches of the timeline after `read`, the oldest first; `rows` are in that order too.
fn stretches(rows: &[AudienceRow], read: i64) -> Vec<Stretch> {
    let mut stretches =
        vec![Stretch { belonging: Belonging::ORDINARY, after: i64::MIN, until: i64::MAX }];
    for row in rows {
        if let Some(last) = stretches.last_mut() {
            last.until = row.position;
        }
        let belonging = Belonging { audience: row.audience, is_counted: row.is_counted };
        stretches.push(Stretch { belonging, after: row.position, until: i64::MAX });
    }
    stretches.retain(|stretch| stretch.until > read);
    stretches
}
