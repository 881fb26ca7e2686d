//! Tables `search_documents`, `search_terms` and `search_progress`: the full text of what was said in the clear.
//!
//! The engines index texts in ways of their own: SQLite in a table of FTS5, PostgreSQL in a column of type `tsvector`. What
//! a term is, is decided above: both get the same terms, which are letters and digits only.
use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use db::{Database, Engine, Params, Read, Result, Row, Write, params};
use serde_json::{Value, json};

use crate::numbers::{EventNum, RoomNum};

/// Where in an event a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `content.body` of a message.
    Body,
    /// `content.name` of `m.room.name`.
    Name,
    /// `content.topic` of `m.room.topic`.
    Topic,
}

impl Field {
    fn number(self) -> i64 {
        match self {
            Self::Body => 1,
            Self::Name => 2,
            Self::Topic => 3,
        }
    }
}

/// An event that can be found.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its room.
    pub room_num: RoomNum,
    /// Its place in the timeline.
    pub position: i64,
    /// Where its text stands.
    pub field: Field,
    /// The event whose text it is.
    pub text_num: EventNum,
    /// The place of that one.
    pub text_position: i64,
    /// The terms of the text, in their order.
    pub terms: Vec<String>,
}

/// By what events are to be found from now on; by nothing where there is no document.
pub type Changes = BTreeMap<EventNum, Option<Document>>;

/// Makes events findable, by other terms than before if they were; or not findable any more. What was purged since it was
/// read is not made findable again, nor by a text that was.
///
/// All in one statement for each table: SQLite's FTS5 writes what it has collected at the begin of each statement that can
/// touch several rows, and is quickest with many rows in rising order.
pub fn change(write: &mut Write, engine: Engine, changes: Changes) {
    if changes.is_empty() {
        return;
    }
    let (mut removed, mut documents) = (Vec::new(), Vec::new());
    for (event, document) in changes {
        match document {
            Some(document) => documents.push((event, document)),
            None => removed.push(event.0),
        }
    }
    if !removed.is_empty() {
        if engine == Engine::Sqlite {
            write.execute(
                "DELETE FROM search_terms WHERE rowid IN \
                 (SELECT event_num FROM search_documents WHERE event_num = ANY($1))",
                params![removed.clone()],
            );
        }
        write.execute("DELETE FROM search_documents WHERE event_num = ANY($1)", params![removed]);
    }
    if !documents.is_empty() {
        match engine {
            Engine::Sqlite => put_sqlite(write, &documents),
            Engine::Postgres => put_postgres(write, &documents),
        }
    }
}

/// Those of the rows in `$1` whose event is there, and the one whose text it has.
macro_rules! rows_of_events {
    () => {
        " FROM json_each($1) WHERE EXISTS (SELECT 1 FROM events WHERE event_num = value ->> 0) \
         AND EXISTS (SELECT 1 FROM events WHERE event_num = value ->> 4) "
    };
}

fn put_sqlite(write: &mut Write, documents: &[(EventNum, Document)]) {
    let rows = documents.iter().map(|(event, document)| {
        let [event, room, position, field, text, text_position] = columns(*event, document);
        json!([event, room, position, field, text, text_position, document.terms.join(" ")])
    });
    let rows: Arc<str> = Value::Array(rows.collect()).to_string().into();
    write.execute(
        concat!(
            "DELETE FROM search_terms WHERE rowid IN (SELECT value ->> 0",
            rows_of_events!(),
            "AND EXISTS (SELECT 1 FROM search_documents WHERE event_num = value ->> 0))"
        ),
        params![Arc::clone(&rows)],
    );
    write.execute(
        concat!(
            "INSERT INTO search_documents \
             (event_num, room_num, position, field, text_num, text_position) \
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5",
            rows_of_events!(),
            "ON CONFLICT (event_num) DO UPDATE SET room_num = excluded.room_num, \
             position = excluded.position, field = excluded.field, text_num = excluded.text_num, \
             text_position = excluded.text_position"
        ),
        params![Arc::clone(&rows)],
    );
    write.execute(
        concat!(
            "INSERT INTO search_terms (rowid, terms) SELECT value ->> 0, value ->> 6",
            rows_of_events!()
        ),
        params![rows],
    );
}

fn put_postgres(write: &mut Write, documents: &[(EventNum, Document)]) {
    let rows: Vec<_> =
        documents.iter().map(|(event, document)| columns(*event, document)).collect();
    let column = |number: usize| rows.iter().filter_map(move |row| row.get(number).copied());
    let mut params: Params =
        (0..COLUMNS).map(|number| column(number).collect::<Vec<i64>>().into()).collect();
    let vectors = documents.iter().map(|(_, document)| vector(&document.terms));
    params.push(vectors.collect::<Vec<_>>().into());
    // `EXISTS` would become a join, which PostgreSQL may plan while there are few events, and keep: it would read all of them
    // each time when there are many.
    write.execute(
        "INSERT INTO search_documents \
         (event_num, room_num, position, field, text_num, text_position, terms) \
         SELECT d.event_num, d.room_num, d.position, d.field, d.text_num, d.text_position, \
         CAST(d.terms AS TSVECTOR) FROM UNNEST($1, $2, $3, $4, $5, $6, $7) \
         AS d (event_num, room_num, position, field, text_num, text_position, terms) \
         WHERE (SELECT event_num FROM events WHERE event_num = d.event_num) IS NOT NULL \
         AND (SELECT event_num FROM events WHERE event_num = d.text_num) IS NOT NULL \
         ON CONFLICT (event_num) DO UPDATE SET room_num = excluded.room_num, \
         position = excluded.position, field = excluded.field, text_num = excluded.text_num, \
         text_position = excluded.text_position, terms = excluded.terms",
        params,
    );
}

/// Lets the database look again at what is in the index.
///
/// # Errors
/// Fails if the database fails.
pub async fn refresh_statistics(db: &Database) -> Result<()> {
    db.refresh_statistics("search_documents").await
}

/// How many columns a document has beside its terms.
const COLUMNS: usize = 6;

/// A row of `search_documents` without the terms, its columns in their order.
fn columns(event: EventNum, document: &Document) -> [i64; COLUMNS] {
    [
        event.0,
        document.room_num.0,
        document.position,
        document.field.number(),
        document.text_num.0,
        document.text_position,
    ]
}

/// Makes events not findable any more, and what is found by their texts neither.
pub fn remove_all(write: &mut Write, engine: Engine, events: &[EventNum]) {
    let events: Vec<i64> = events.iter().map(|event| event.0).collect();
    if engine == Engine::Sqlite {
        write.execute(
            "DELETE FROM search_terms WHERE rowid IN (SELECT event_num FROM search_documents \
             WHERE event_num = ANY($1) UNION SELECT event_num FROM search_documents \
             WHERE text_num = ANY($1) AND text_num <> event_num)",
            params![events.clone()],
        );
    }
    write
        .execute("DELETE FROM search_documents WHERE event_num = ANY($1)", params![events.clone()]);
    write.execute(
        "DELETE FROM search_documents WHERE text_num = ANY($1) AND text_num <> event_num",
        params![events],
    );
}

/// The events that are found by the text of another one, which has edited them.
///
/// # Errors
/// Fails if the database fails.
pub async fn edited_by(reader: &impl Read, edit: EventNum) -> Result<Vec<EventNum>> {
    let rows = reader
        .query(
            "SELECT event_num FROM search_documents WHERE text_num = $1 AND text_num <> event_num",
            params![edit],
        )
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Up to which position everything is in the index.
///
/// # Errors
/// Fails if the database fails.
pub async fn progress(reader: &impl Read) -> Result<i64> {
    let row = reader.query_optional("SELECT position FROM search_progress", params![]).await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// Notes that everything up to `position` is in the index.
pub fn set_progress(write: &mut Write, position: i64) {
    write.execute("UPDATE search_progress SET position = $1", params![position]);
}

/// A part of what is searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// A term.
    Exact(String),
    /// A term that begins like this.
    Prefix(String),
    /// Terms one after the other.
    Phrase(Vec<String>),
}

/// How many of the newest hits are ranked: of a word that more texts have, a rank says little and costs much.
pub const RANKED_MAX: i64 = 2_000;

/// Which hits come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// What came last to this server, from before the event with this number.
    Recent {
        /// That event.
        before: EventNum,
    },
    /// What fits best of the newest [`RANKED_MAX`], without the best `skip`.
    Rank {
        /// How many.
        skip: i64,
    },
}

/// What is searched for, and where.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// All of these, of which there must be one at least.
    pub terms: &'a [Term],
    /// In these rooms.
    pub rooms: &'a [RoomNum],
    /// In these fields.
    pub fields: &'a [Field],
    /// In which order.
    pub order: Order,
    /// How many at most.
    pub limit: i64,
}

/// An event that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// The event.
    pub event_num: EventNum,
    /// Its room.
    pub room_num: RoomNum,
    /// Its place in the timeline.
    pub position: i64,
    /// The place of the event whose text fits.
    pub text_position: i64,
    /// How well it fits: more is better. Nothing where the order does not ask for it.
    pub rank: f64,
}

macro_rules! sqlite {
    ($rank:literal, $more:literal) => {
        concat!(
            "SELECT d.event_num, d.room_num, d.position, d.text_position, ",
            $rank,
            " AS rank FROM search_terms CROSS JOIN search_documents AS d \
             ON d.event_num = search_terms.rowid WHERE search_terms MATCH $1 \
             AND d.room_num = ANY($2) AND d.field = ANY($3) ",
            $more
        )
    };
}

macro_rules! postgres {
    ($rank:literal, $more:literal) => {
        concat!(
            "SELECT d.event_num, d.room_num, d.position, d.text_position, ",
            $rank,
            " FROM search_documents AS d WHERE d.terms @@ CAST($1 AS TSQUERY) \
             AND d.room_num = ANY($2) AND d.field = ANY($3) ",
            $more
        )
    };
}

/// The best of the newest hits. Only those are ranked: SQLite ranks a row where it stands in the index, PostgreSQL
/// outside, or it would rank all rows before it sorts them.
macro_rules! best {
    ($rank:literal, $newest:expr) => {
        concat!(
            "SELECT event_num, room_num, position, text_position, ",
            $rank,
            " AS best FROM (",
            $newest,
            ") AS newest ORDER BY best DESC, event_num DESC LIMIT $5 OFFSET $4"
        )
    };
}

/// What fits.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(db: &Database, query: &Query<'_>) -> Result<Vec<Hit>> {
    let engine = db.engine();
    let rooms: Vec<i64> = query.rooms.iter().map(|room| room.0).collect();
    let fields: Vec<i64> = query.fields.iter().map(|field| field.number()).collect();
    let expression = match engine {
        Engine::Sqlite => sqlite_expression(query.terms),
        Engine::Postgres => postgres_expression(query.terms),
    };
    let (sql, from) = match (engine, query.order) {
        (Engine::Sqlite, Order::Recent { before }) => (
            sqlite!("0.0", "AND search_terms.rowid < $4 ORDER BY search_terms.rowid DESC LIMIT $5"),
            before.0,
        ),
        (Engine::Sqlite, Order::Rank { skip }) => (
            best!(
                "rank",
                sqlite!("-bm25(search_terms)", "ORDER BY search_terms.rowid DESC LIMIT $6")
            ),
            skip,
        ),
        (Engine::Postgres, Order::Recent { before }) => (
            postgres!(
                "CAST(0 AS DOUBLE PRECISION)",
                "AND d.event_num < $4 ORDER BY d.event_num DESC LIMIT $5"
            ),
            before.0,
        ),
        (Engine::Postgres, Order::Rank { skip }) => (
            best!(
                "CAST(ts_rank(terms, CAST($1 AS TSQUERY)) AS DOUBLE PRECISION)",
                postgres!("d.terms", "ORDER BY d.event_num DESC LIMIT $6")
            ),
            skip,
        ),
    };
    let mut params = params![expression, rooms, fields, from, query.limit];
    if let Order::Rank { .. } = query.order {
        params.push(RANKED_MAX.into());
    }
    // Of a word that few texts have PostgreSQL reads those, of one that many have the newest texts.
    db.query_planned(sql, params).await?.iter().map(decode).collect()
}

fn decode(row: &Row) -> Result<Hit> {
    Ok(Hit {
        event_num: row.get(0)?,
        room_num: row.get(1)?,
        position: row.get(2)?,
        text_position: row.get(3)?,
        rank: row.get(4)?,
    })
}

/// The terms with their places, as PostgreSQL reads them.
fn vector(terms: &[String]) -> String {
    let mut text = String::new();
    for (number, term) in (1_u64..).zip(terms) {
        let _ = write!(text, "'{term}':{number} ");
    }
    text
}

fn sqlite_expression(terms: &[Term]) -> String {
    let part = |term: &Term| match term {
        Term::Exact(word) => format!("\"{word}\""),
        Term::Prefix(word) => format!("\"{word}\" *"),
        Term::Phrase(words) => format!("\"{}\"", words.join(" ")),
    };
    terms.iter().map(part).collect::<Vec<_>>().join(" AND ")
}

fn postgres_expression(terms: &[Term]) -> String {
    let part = |term: &Term| match term {
        Term::Exact(word) => format!("'{word}'"),
        Term::Prefix(word) => format!("'{word}':*"),
        Term::Phrase(words) => format!("('{}')", words.join("' <-> '")),
    };
    terms.iter().map(part).collect::<Vec<_>>().join(" & ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_engines_are_asked_the_same() {
        let terms = [
            Term::Exact("an".to_owned()),
            Term::Prefix("hous".to_owned()),
            Term::Phrase(vec!["東京".to_owned(), "京都".to_owned()]),
        ];
        assert_eq!(sqlite_expression(&terms), r#""an" AND "hous" * AND "東京 京都""#);
        assert_eq!(postgres_expression(&terms), "'an' & 'hous':* & ('東京' <-> '京都')");
        assert_eq!(vector(&["a".to_owned(), "b".to_owned()]), "'a':1 'b':2 ");
    }
}
