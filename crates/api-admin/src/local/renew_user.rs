//! `PUT /_longhouse/local/v1/users/{user}/validity`: renews an account
use accounts::validity::Renewal;
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};

use super::{
    DOCUMENTATION, Error,
    document::{NewEnd, Renewed},
    named,
};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: &["/_longhouse/local/v1/users/{user}/validity"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::SMALL,
    spec: DOCUMENTATION,
    summary: "Renews an account that ends, or has ended.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(user): Path<String>,
    Json(body): Json<NewEnd>,
) -> Result<Json<Renewed>, Error> {
    let user_id = named::find(&app, &user).await?;
    let renewal = match (body.until_ms, body.for_ms) {
        (Some(until_ms), _) => Renewal::Until(until_ms),
        (None, Some(for_ms)) => Renewal::For(for_ms),
        (None, None) => Renewal::Usual,
    };
    let until_ms = app.accounts.renew(&user_id, renewal).await?;
    Ok(Json(Renewed { user_id: user_id.to_string(), until_ms }))
}
