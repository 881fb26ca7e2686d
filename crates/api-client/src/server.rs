//! What the server says about itself, to anybody.
mod get_capabilities;
mod get_federation_version;
mod get_openid_userinfo;
mod get_versions;
mod get_well_known_client;
mod get_well_known_policy_server;
mod get_well_known_server;
mod get_well_known_support;

use endpoint::endpoints;

use crate::App;

endpoints! { App:
    get_versions,
    get_capabilities,
    get_well_known_client,
    get_well_known_policy_server,
    get_well_known_server,
    get_well_known_support,
    get_federation_version,
    get_openid_userinfo,
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
