//! What is stored: a list of statements that are committed together or not at all.
use std::fmt;

use crate::{Error, Params, Publication, Row, Value, value};

/// A list of statements that are committed together or not at all.
///
/// It is data, not an open transaction: nothing is locked while it is built, and building it can be given up at any
/// time. A statement can't use what an earlier one answered with; what it depends on goes into its own text, with
/// [`Write::execute_expecting`] to reject the whole write if the tables are no longer as they were read.
#[derive(Debug, Default)]
#[must_use = "a write that is not handed to `Database::write` stores nothing"]
pub struct Write {
    pub(crate) operations: Vec<Operation>,
    pub(crate) positions: u32,
}

/// One statement of a write.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) sql: &'static str,
    pub(crate) params: Params,
    /// How many rows it has to change or answer with.
    pub(crate) expected: Option<u64>,
}

/// The place of a statement in its write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationIndex(pub(crate) usize);

impl Write {
    /// An empty write.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a statement.
    pub fn execute(&mut self, sql: &'static str, params: Params) -> OperationIndex {
        self.push(Operation { sql, params, expected: None })
    }

    /// Adds a statement that has to change (or, with `RETURNING`, answer with) exactly `rows` rows: any other number
    /// rejects the whole write with [`WriteError::Conflict`].
    pub fn execute_expecting(
        &mut self,
        sql: &'static str,
        params: Params,
        rows: u64,
    ) -> OperationIndex {
        self.push(Operation { sql, params, expected: Some(rows) })
    }

    /// Takes the next position of the change stream. Positions of one write follow each other without a gap.
    pub fn position(&mut self) -> Value {
        self.positions += 1;
        Value::Position(self.positions - 1)
    }

    /// Whether nothing has been added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty() && self.positions == 0
    }

    fn push(&mut self, operation: Operation) -> OperationIndex {
        if self.operations.is_empty() {
            self.operations.reserve(8);
        }
        self.operations.push(operation);
        OperationIndex(self.operations.len() - 1)
    }

    /// # Errors
    /// Fails if a text can't be stored.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.operations.iter().try_for_each(|operation| value::check(&operation.params))
    }
}

/// A write that is durable.
#[derive(Debug)]
pub struct Committed {
    pub(crate) results: Vec<OperationResult>,
    pub(crate) first_position: i64,
    /// Makes the write's positions visible: to be published when the change is applied to memory.
    pub publication: Publication,
}

/// What one statement did.
#[derive(Debug, Default)]
pub(crate) struct OperationResult {
    pub(crate) rows: Vec<Row>,
    pub(crate) affected: u64,
}

impl Committed {
    /// The first position that the write took; 0 if it took none.
    #[must_use]
    pub fn first_position(&self) -> i64 {
        self.first_position
    }

    /// What a [`Write::position`] of this write became; 0, which is no change's position, for any other value.
    #[must_use]
    pub fn position(&self, of: &Value) -> i64 {
        match of {
            Value::Position(index) => self.first_position + i64::from(*index),
            _ => 0,
        }
    }

    /// The rows that a statement with `RETURNING` answered with.
    #[must_use]
    pub fn rows(&self, operation: OperationIndex) -> &[Row] {
        self.results.get(operation.0).map_or(&[], |result| &result.rows)
    }

    /// How many rows a statement changed.
    #[must_use]
    pub fn affected(&self, operation: OperationIndex) -> u64 {
        self.results.get(operation.0).map_or(0, |result| result.affected)
    }
}

/// Why a write was not stored.
#[derive(Clone)]
#[non_exhaustive]
pub enum WriteError {
    /// A unique violation, or an expectation that was not met. Nothing of the write is stored: read again and decide
    /// anew.
    Conflict {
        /// The statement that met the conflict.
        operation: OperationIndex,
        /// What the engine or the expectation says of it.
        reason: Error,
    },
    /// Anything else. Nothing is stored, unless [`Error::outcome_unknown`].
    Failed(Error),
}

impl WriteError {
    /// Whether it is a [`WriteError::Conflict`].
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }
}

impl fmt::Debug for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict { operation, reason } => {
                write!(f, "conflict in statement {}: {reason:?}", operation.0)
            }
            Self::Failed(error) => fmt::Debug::fmt(error, f),
        }
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict { operation, .. } => {
                write!(f, "the write was rejected by a conflict in its statement {}", operation.0)
            }
            Self::Failed(_) => f.write_str("the write failed"),
        }
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Conflict { reason, .. } => Some(reason),
            Self::Failed(error) => Some(error),
        }
    }
}

impl From<Error> for WriteError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Conflict { reason, .. } | WriteError::Failed(reason) => reason,
        }
    }
}
