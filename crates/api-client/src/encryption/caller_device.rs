//! The device of a session.
use accounts::Session;
use encryption::Device;
use endpoint::{Failure, error::UNKNOWN};

/// The caller's device.
///
/// # Errors
/// 400 `M_UNKNOWN` for a session that belongs to none: it has no keys and no inbox.
pub(crate) fn caller_device(session: &Session) -> Result<Device<'_>, Failure> {
    let device_id =
        session.device().ok_or_else(|| UNKNOWN.because("This session has no device"))?;
    Ok(Device { user: session.user_num, user_id: &session.user_id, device_id })
}
