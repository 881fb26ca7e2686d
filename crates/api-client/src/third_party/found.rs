//! What lookups answer with.
use endpoint::{Failure, Json, error::NOT_FOUND};
use serde_json::Value;

/// # Errors
/// 404 `M_NOT_FOUND` if nothing was found.
pub(super) fn found(results: Vec<Value>) -> Result<Json<Vec<Value>>, Failure> {
    if results.is_empty() {
        return Err(NOT_FOUND.because("Nothing was found"));
    }
    Ok(Json(results))
}
