//! The accounts and rooms that phases work with, made once and used again.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, ensure};

use crate::{
    http::Http,
    matrix::{Matrix, Preset, Registration, User},
    measure::{Load, Outcome, closed_loop},
    options::Options,
};

/// One password for everybody: what it hashes to is the server's business.
pub const PASSWORD: &str = "correct-horse-battery-staple";
/// How many preparations run side by side.
const SETUP_CONCURRENCY: usize = 8;

/// A room and those who joined it, its creator first.
#[derive(Clone, Debug)]
pub struct Room {
    pub id: String,
    pub members: Vec<Arc<User>>,
}

impl Room {
    /// Who made the room.
    ///
    /// # Errors
    /// Never for a room that [`World::room_of`] made.
    pub fn creator(&self) -> anyhow::Result<Arc<User>> {
        self.members.first().cloned().context("a room without members")
    }
}

/// What has been made so far.
pub struct World {
    pub matrix: Matrix,
    pub room_version: Option<String>,
    pub registration: Registration,
    run: String,
    made: usize,
    pool: Vec<Arc<User>>,
    rooms_by_size: HashMap<usize, Room>,
    rooms_by_history: HashMap<usize, Room>,
    setup_limit: Duration,
}

impl World {
    /// Nothing yet, on the server that the options name.
    ///
    /// # Errors
    /// When the options name no server.
    pub fn new(options: &Options) -> anyhow::Result<Self> {
        let registration = match &options.registration_secret {
            Some(secret) => Registration::SharedSecret(secret.clone()),
            None => Registration::Open,
        };
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH)?;
        Ok(Self {
            matrix: Matrix::new(Http::new(&options.url)?),
            room_version: options.room_version.clone(),
            registration,
            run: format!("load{}", since_1970.as_millis()),
            made: 0,
            pool: Vec::new(),
            rooms_by_size: HashMap::new(),
            rooms_by_history: HashMap::new(),
            setup_limit: options.sizes().setup_limit(),
        })
    }

    /// The first `count` accounts of the pool, which is filled as needed. They may be in any room.
    ///
    /// # Errors
    /// When an account cannot be made in time.
    pub async fn users(&mut self, count: usize) -> anyhow::Result<Vec<Arc<User>>> {
        let missing = count.saturating_sub(self.pool.len());
        let fresh = self.fresh_users(missing).await?;
        self.pool.extend(fresh);
        Ok(self.pool.iter().take(count).cloned().collect())
    }

    /// New accounts, in no room yet.
    ///
    /// # Errors
    /// When an account cannot be made in time.
    pub async fn fresh_users(&mut self, count: usize) -> anyhow::Result<Vec<Arc<User>>> {
        let names = Arc::new(self.fresh_names(count));
        let (matrix, registration) = (self.matrix.clone(), self.registration.clone());
        let made = Arc::new(tokio::sync::Mutex::new(Vec::with_capacity(count)));
        let list = Arc::clone(&made);
        self.prepare(count, "accounts", move |number| {
            let (matrix, registration) = (matrix.clone(), registration.clone());
            let (names, list) = (Arc::clone(&names), Arc::clone(&list));
            async move {
                let name = names.get(number).context("no name left")?;
                let user = matrix.register(&registration, name, PASSWORD).await?;
                list.lock().await.push(Arc::new(user));
                Ok(())
            }
        })
        .await?;
        let users = made.lock().await.clone();
        Ok(users)
    }

    /// One new account.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn fresh_user(&mut self) -> anyhow::Result<Arc<User>> {
        self.fresh_users(1).await?.pop().context("no account was made")
    }

    /// Localparts that nobody has used.
    pub fn fresh_names(&mut self, count: usize) -> Vec<String> {
        let from = self.made;
        self.made += count;
        (from..self.made).map(|number| format!("{}-{number}", self.run)).collect()
    }

    /// A transaction id prefix that nobody has used.
    pub fn fresh_prefix(&mut self) -> Arc<str> {
        self.fresh_names(1).concat().into()
    }

    /// A public room of exactly these members; the first one creates it.
    ///
    /// # Errors
    /// When not all of them could join in time.
    pub async fn room_of(&self, members: Vec<Arc<User>>) -> anyhow::Result<Room> {
        let creator = members.first().context("a room needs a creator")?;
        let version = self.room_version.as_deref();
        let id = self.matrix.create_room(creator, Preset::Public, version).await?;
        let room = Room { id, members };
        let (matrix, shared) = (self.matrix.clone(), Arc::new(room.clone()));
        self.prepare(room.members.len() - 1, "joins", move |number| {
            let (matrix, room) = (matrix.clone(), Arc::clone(&shared));
            async move {
                let member = room.members.get(number + 1).context("no member left")?;
                matrix.join(member, &room.id).await.map(drop)
            }
        })
        .await?;
        Ok(room)
    }

    /// A room of `size` accounts of the pool, always the same one.
    ///
    /// # Errors
    /// When it cannot be made in time.
    pub async fn room_of_size(&mut self, size: usize) -> anyhow::Result<Room> {
        if let Some(room) = self.rooms_by_size.get(&size) {
            return Ok(room.clone());
        }
        let members = self.users(size).await?;
        let room = self.room_of(members).await?;
        self.rooms_by_size.insert(size, room.clone());
        Ok(room)
    }

    /// A room of two with at least so many messages, always the same one.
    ///
    /// # Errors
    /// When it cannot be made in time.
    pub async fn room_with_history(&mut self, messages: usize) -> anyhow::Result<Room> {
        if let Some(room) = self.rooms_by_history.get(&messages) {
            return Ok(room.clone());
        }
        let members = self.users(2).await?;
        let room = self.room_of(members).await?;
        self.fill(std::slice::from_ref(&room), messages).await?;
        self.rooms_by_history.insert(messages, room.clone());
        Ok(room)
    }

    /// Sends `count` messages, in turn to each of the rooms and from each of its members.
    ///
    /// # Errors
    /// When not all could be sent in time.
    pub async fn fill(&mut self, rooms: &[Room], count: usize) -> anyhow::Result<()> {
        let (matrix, prefix) = (self.matrix.clone(), self.fresh_prefix());
        let rooms: Arc<[Room]> = rooms.into();
        self.prepare(count, "messages", move |number| {
            let (matrix, prefix, rooms) = (matrix.clone(), Arc::clone(&prefix), Arc::clone(&rooms));
            async move {
                let room = rooms.get(number % rooms.len()).context("no room")?;
                let turn = number / rooms.len();
                let sender = room.members.get(turn % room.members.len()).context("no member")?;
                let transaction = format!("{prefix}-{number}");
                matrix.send(sender, &room.id, &transaction, number).await.map(drop)
            }
        })
        .await
    }

    /// Runs a preparation `count` times, some side by side; all of them must succeed in time.
    ///
    /// # Errors
    /// When not all succeeded in time.
    pub async fn prepare<F, R>(&self, count: usize, what: &str, step: F) -> anyhow::Result<()>
    where
        F: Fn(usize) -> R + Clone + Send + 'static,
        R: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let load = Load {
            concurrency: SETUP_CONCURRENCY.min(count),
            duration: self.setup_limit,
            operations_max: count,
        };
        let began = Instant::now();
        let Outcome { operations, first_failure, .. } = closed_loop(load, move |turn| {
            let step = step(turn.number);
            async move { step.await.map(|()| 0) }
        })
        .await;
        let reason = first_failure.unwrap_or_else(|| "the time for preparations is over".into());
        ensure!(
            operations == count,
            "preparing: {operations} of {count} {what} in {:.0} s: {reason}",
            began.elapsed().as_secs_f64()
        );
        Ok(())
    }
}
