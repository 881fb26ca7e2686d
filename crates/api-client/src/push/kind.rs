//! The kind of a rule, in paths.
use protocol::push::RuleKind;
use serde::Deserialize;

/// One of the kinds; any other word in its place is 400 `M_INVALID_PARAM`.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Override,
    Content,
    PostContent,
    Room,
    Sender,
    Underride,
}

impl From<Kind> for RuleKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Override => Self::Override,
            Kind::Content => Self::Content,
            Kind::PostContent => Self::PostContent,
            Kind::Room => Self::Room,
            Kind::Sender => Self::Sender,
            Kind::Underride => Self::Underride,
        }
    }
}
