//! PostgreSQL.
//!
//! Reads take a connection from a pool; writes go through one task with one connection.
pub(crate) mod bind;
mod checks;
mod connect;
mod failure;
mod migrate;
mod snapshot;
mod statement;
mod target;
mod tls;
mod writer;

use deadpool_postgres::{Object, Pool};

pub(crate) use self::{snapshot::PostgresSnapshot, statement::Plan};
use crate::{
    Applied, Committed, MigrateError, Migration, OpenError, Options, Params, Result, Row, Write,
    WriteError, database::Opened, position::Positions,
};

/// One open database.
pub(crate) struct Postgres {
    readers: Pool,
    /// Apart from the readers: whoever holds a snapshot may ask the database beside it, and never waits for another
    /// snapshot's end then.
    snapshots: Pool,
    /// Of the writer, and of migrations.
    owners: Pool,
    writer: writer::Writer,
    clock: clock::SharedClock,
}

impl Postgres {
    pub(crate) async fn open(url: &str, options: &Options) -> Result<Opened<Self>, OpenError> {
        let target = target::Target::parse(url)?;
        let owners = connect::pool(&target, connect::Purpose::Write, 2)?;
        let client = connect::first(&owners, &target).await?;
        checks::server(&client, options).await?;
        let (epoch, position) = checks::prepare(&client).await?;
        drop(client);
        let positions = Positions::new(position);
        let backend = Self {
            readers: connect::pool(&target, connect::Purpose::Read, options.readers.max(1))?,
            snapshots: connect::pool(&target, connect::Purpose::Read, options.readers.max(1))?,
            writer: writer::Writer::start(owners.clone(), position, &positions, options),
            owners,
            clock: options.clock.clone(),
        };
        Ok(Opened { backend, epoch, positions })
    }

    pub(crate) async fn query(
        &self,
        sql: &'static str,
        params: &Params,
        plan: Plan,
    ) -> Result<Vec<Row>> {
        let mut lost = 0;
        loop {
            let client = self.readers.get().await.map_err(failure::pool_error)?;
            match statement::query(&client, sql, params, plan).await {
                // A read can be asked again. After a restart of the server every connection of the pool is lost.
                Err(error)
                    if failure::is_lost(&error) && lost <= self.readers.status().max_size =>
                {
                    drop(Object::take(client));
                    lost += 1;
                }
                answer => return answer.map_err(failure::error),
            }
        }
    }

    pub(crate) async fn analyze(&self, table: &'static str) -> Result<()> {
        let client = self.readers.get().await.map_err(failure::pool_error)?;
        client.batch_execute(&format!("ANALYZE {table}")).await.map_err(failure::error)
    }

    pub(crate) async fn snapshot(&self) -> Result<PostgresSnapshot> {
        PostgresSnapshot::begin(&self.snapshots).await
    }

    pub(crate) async fn write(&self, write: Write) -> Result<Committed, WriteError> {
        write.check()?;
        self.writer.write(write).await
    }

    pub(crate) async fn migrate(&self, set: &[Migration]) -> Result<Applied, MigrateError> {
        let mut client = self.owners.get().await.map_err(failure::pool_error)?;
        migrate::migrate(&mut client, set, &self.clock).await
    }

    pub(crate) fn queued_writes(&self) -> usize {
        self.writer.queued()
    }

    /// Panics in the writer's task, to test what then happens.
    #[cfg(feature = "testing")]
    pub(crate) async fn break_writer(&self) -> Result<()> {
        self.writer.break_it().await
    }

    pub(crate) async fn close(&self) {
        self.writer.close().await;
        self.readers.close();
        self.snapshots.close();
        self.owners.close();
    }
}
