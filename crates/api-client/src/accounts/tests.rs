//! The endpoints of accounts, as a client sees them.
mod client_data;
mod devices;
mod guests;
mod passwords;
mod profiles;
mod registration;
mod sessions;
mod standing;
mod tokens;

use endpoint::testing::Reply;
use serde_json::{Value, json};

use crate::testing::TestUser;

/// `auth` with a password, for the session that a reply began.
fn password_auth(user: &TestUser, challenge: &Reply) -> Value {
    json!({
        "type": "m.login.password",
        "identifier": { "type": "m.id.user", "user": user.id },
        "password": user.password,
        "session": challenge.json()["session"],
    })
}

fn with_auth(mut body: Value, auth: Value) -> Value {
    body["auth"] = auth;
    body
}
