//! Accounts made by programs that know the shared secret.
mod get_nonce;
mod register;

use endpoint::endpoints;

use crate::App;

endpoints! { App: get_nonce, register }

const PATHS: &[&str] = &["/_synapse/admin/v1/register"];
const DOCUMENTATION: &str =
    "https://element-hq.github.io/synapse/latest/admin_api/register_api.html";
