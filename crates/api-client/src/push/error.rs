//! What goes wrong with push rules, as clients read it.
use ::push::RulesError;
use endpoint::api_error;
use protocol::push::PushRuleError;

/// Why rules were not shown or changed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct Error(#[from] RulesError);

impl From<db::Error> for Error {
    fn from(error: db::Error) -> Self {
        Self(RulesError::Failed(error))
    }
}

impl Error {
    /// There is no such rule.
    pub(super) const NOT_FOUND: Self = Self(RulesError::Refused(PushRuleError::NotFound));
}

api_error!(Error:
    Self(RulesError::Refused(PushRuleError::NotFound)) => NOT_FOUND,
    Self(RulesError::Refused(
        PushRuleError::ServerDefault
        | PushRuleError::InvalidId
        | PushRuleError::Order,
    )) => INVALID_PARAM,
    Self(RulesError::Refused(PushRuleError::UnknownNeighbor)) => UNKNOWN,
    Self(RulesError::Refused(PushRuleError::TooMany | PushRuleError::TooLarge)) => TOO_LARGE,
    Self(RulesError::Refused(PushRuleError::MissingPattern)) => MISSING_PARAM,
    Self(RulesError::Refused(PushRuleError::NotJson(_))) => NOT_JSON,
    Self(RulesError::Refused(PushRuleError::Form(_))) => BAD_JSON,
    Self(RulesError::Contended) => UNAVAILABLE,
    Self(RulesError::Failed(_)) => INTERNAL,
);
