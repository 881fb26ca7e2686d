//! End-to-end encryption: keys, signatures, messages to devices, key backups.
pub(crate) mod backup;
mod caller_device;
mod claim_keys;
mod dehydrated;
mod get_key_changes;
mod query_keys;
mod send_to_device;
mod upload_cross_signing_keys;
mod upload_keys;
mod upload_signatures;

use endpoint::endpoints;

use crate::App;

endpoints! { App:
    upload_keys,
    query_keys,
    claim_keys,
    get_key_changes,
    upload_cross_signing_keys,
    upload_signatures,
    send_to_device,
    dehydrated::put_device,
    dehydrated::get_device,
    dehydrated::delete_device,
    dehydrated::read_events,
    backup::create_version,
    backup::get_current_version,
    backup::get_version,
    backup::update_version,
    backup::delete_version,
    backup::put_keys,
    backup::get_keys,
    backup::delete_keys,
    backup::put_room_keys,
    backup::get_room_keys,
    backup::delete_room_keys,
    backup::put_session_key,
    backup::get_session_key,
    backup::delete_session_key,
}

#[cfg(test)]
#[cfg(feature = "testing")]
pub(crate) mod tests;
