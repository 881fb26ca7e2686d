//! The requests that clients make before somebody can log in, in the order in which Element X makes
//! them. Each failing step is one that a client reports only as "server not supported".
use bytes::Bytes;
use egress::{Answer, Egress, Request};
use http::{
    HeaderValue, Method, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_HEADERS,
        ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, ORIGIN,
    },
};
use serde_json::Value;

use super::Check;

/// No answer to these questions is longer.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// The probes of one server.
pub(crate) struct Probes {
    pub(crate) client: Egress,
    /// The URL at which `.well-known` is looked for: `https://` and the server name.
    pub(crate) entrance: String,
    /// Whether `http://` is all right: on a laptop it is.
    pub(crate) is_local: bool,
}

impl Probes {
    /// Makes all of them.
    pub(crate) async fn run(&self) -> Vec<Check> {
        let (well_known, base_url) = self.well_known().await;
        let mut checks = vec![well_known];
        let Some(base_url) = base_url else { return checks };
        checks.push(self.scheme(&base_url));
        // What cannot be reached is one fault, not seven.
        if let Err(why) = self.get(&format!("{base_url}/_matrix/client/versions")).await {
            checks.push(Check::fault(
                "reachability",
                why,
                format!(
                    "Clients look for the server at {base_url}: it must be reached there, from here \
                     too. Check the name's addresses, the proxy, its certificate and the firewall; \
                     server.public_url and well_known.client decide what clients are told."
                ),
            ));
            return checks;
        }
        checks.push(self.versions(&base_url).await);
        checks.push(self.login(&base_url).await);
        checks.push(self.preflight(&base_url).await);
        checks.push(self.refuses(&base_url, Refused::SLIDING_SYNC).await);
        checks.push(self.refuses(&base_url, Refused::SYNC).await);
        checks.push(self.refuses(&base_url, Refused::WHOAMI).await);
        checks.push(self.federation().await);
        checks
    }

    async fn get(&self, url: &str) -> Result<Answer, String> {
        let mut request = Request::get(url, ANSWER_BYTES_MAX);
        request.headers.insert(ORIGIN, HeaderValue::from_static("https://app.element.io"));
        self.client.send(request).await.map_err(|error| format!("{url}: {error}"))
    }

    /// Where the homeserver is, for clients that know only the server name.
    async fn well_known(&self) -> (Check, Option<String>) {
        const NAME: &str = "well-known for clients";
        let url = format!("{}/.well-known/matrix/client", self.entrance);
        let remedy = format!(
            "Serve {url} on the host of the server name itself, as JSON with the header \
             Access-Control-Allow-Origin: *; a proxy there may pass it to this server."
        );
        let fault = |evidence: String| (Check::fault(NAME, evidence, remedy.clone()), None);
        let answer = match self.get(&url).await {
            Ok(answer) => answer,
            Err(why) => return fault(why),
        };
        if answer.status != StatusCode::OK {
            return fault(format!("{url} answers {}", answer.status));
        }
        let Ok(json) = serde_json::from_slice::<Value>(&answer.body) else {
            return fault(format!("{url} is not JSON"));
        };
        let base_url = json.pointer("/m.homeserver/base_url").and_then(Value::as_str);
        let Some(base_url) = base_url.map(|url| url.trim_end_matches('/').to_owned()) else {
            return fault(format!("{url} has no m.homeserver.base_url"));
        };
        if let Some(missing) = missing_cors(&answer) {
            return (Check::fault(NAME, format!("{url}: {missing}"), remedy), Some(base_url));
        }
        (Check::good(NAME, format!("{url} names {base_url}")), Some(base_url))
    }

    fn scheme(&self, base_url: &str) -> Check {
        const NAME: &str = "encryption in transit";
        if base_url.starts_with("https://") {
            Check::good(NAME, "clients use https")
        } else if self.is_local {
            Check::good(NAME, "clients use http, on this machine only")
        } else {
            Check::fault(
                NAME,
                format!("{base_url} is not https"),
                "Phones refuse it. Put a proxy with a certificate in front and set \
                 server.public_url, or give a listener tls_certificate and tls_key.",
            )
        }
    }

    async fn versions(&self, base_url: &str) -> Check {
        const NAME: &str = "versions and sliding sync";
        let url = format!("{base_url}/_matrix/client/versions");
        let remedy = "Requests to /_matrix have to reach this server unchanged: check the proxy.";
        let json = match self.get(&url).await {
            Ok(answer) => match (missing_cors(&answer), as_json(&answer, &url)) {
                (None, Ok(json)) => json,
                (Some(missing), _) => {
                    return Check::fault(NAME, format!("{url}: {missing}"), remedy);
                }
                (None, Err(why)) => return Check::fault(NAME, why, remedy),
            },
            Err(why) => return Check::fault(NAME, why, remedy),
        };
        let versions = json.get("versions").and_then(Value::as_array);
        let newest = versions.and_then(|versions| versions.last()?.as_str());
        let Some(newest) = newest else {
            return Check::fault(NAME, format!("{url} lists no versions"), remedy);
        };
        let sliding = json.pointer("/unstable_features/org.matrix.simplified_msc3575");
        if sliding != Some(&Value::Bool(true)) {
            return Check::fault(
                NAME,
                format!("{url} does not offer simplified sliding sync"),
                "Element X refuses to log in without it: is this another server than Longhouse?",
            );
        }
        Check::good(NAME, format!("up to {newest}, with sliding sync"))
    }

    async fn login(&self, base_url: &str) -> Check {
        const NAME: &str = "login";
        let url = format!("{base_url}/_matrix/client/v3/login");
        let remedy = "Requests to /_matrix have to reach this server unchanged: check the proxy.";
        let answer = match self.get(&url).await {
            Ok(answer) => as_json(&answer, &url),
            Err(why) => Err(why),
        };
        let json = match answer {
            Ok(json) => json,
            Err(why) => return Check::fault(NAME, why, remedy),
        };
        let flows = json.get("flows").and_then(Value::as_array).map(Vec::as_slice);
        let types: Vec<&str> = flows
            .unwrap_or_default()
            .iter()
            .filter_map(|flow| flow.get("type")?.as_str())
            .collect();
        if types.contains(&"m.login.password") {
            Check::good(NAME, types.join(", "))
        } else {
            Check::fault(NAME, format!("{url} has no password login: {types:?}"), remedy)
        }
    }

    /// What a browser asks before it sends an access token (CORS).
    async fn preflight(&self, base_url: &str) -> Check {
        const NAME: &str = "browsers (CORS)";
        let url = format!("{base_url}/_matrix/client/v3/sync");
        let remedy = "A proxy must pass OPTIONS requests on, and not add headers of its own twice.";
        let mut request = Request::get(&url, ANSWER_BYTES_MAX);
        request.method = Method::OPTIONS;
        let asks = [
            (ORIGIN, "https://app.element.io"),
            (ACCESS_CONTROL_REQUEST_METHOD, "GET"),
            (ACCESS_CONTROL_REQUEST_HEADERS, "authorization"),
        ];
        for (name, value) in asks {
            request.headers.insert(name, HeaderValue::from_static(value));
        }
        let answer = match self.client.send(request).await {
            Ok(answer) => answer,
            Err(error) => return Check::fault(NAME, format!("OPTIONS {url}: {error}"), remedy),
        };
        let allowed = answer.headers.get(ACCESS_CONTROL_ALLOW_HEADERS);
        let allowed = allowed.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let allows_token = allowed.to_ascii_lowercase().contains("authorization");
        match missing_cors(&answer) {
            _ if !answer.status.is_success() => {
                Check::fault(NAME, format!("OPTIONS {url} answers {}", answer.status), remedy)
            }
            Some(missing) => Check::fault(NAME, format!("OPTIONS {url}: {missing}"), remedy),
            None if !allows_token => {
                Check::fault(NAME, format!("OPTIONS {url} does not allow Authorization"), remedy)
            }
            None => Check::good(NAME, "preflight requests are answered"),
        }
    }

    /// A private endpoint that is there answers a stranger with 401, in Matrix's form.
    async fn refuses(&self, base_url: &str, what: Refused) -> Check {
        let url = format!("{base_url}{}", what.path);
        let remedy = "Requests to /_matrix have to reach this server with their Authorization \
                      header: check the proxy.";
        let mut request = Request::get(&url, ANSWER_BYTES_MAX);
        request.method = what.method;
        request.body = Bytes::from_static(what.body.as_bytes());
        if what.with_wrong_token {
            let wrong = HeaderValue::from_static("Bearer not_a_token_of_anybody");
            request.headers.insert(AUTHORIZATION, wrong);
        }
        let answer = match self.client.send(request).await {
            Ok(answer) => answer,
            Err(error) => return Check::fault(what.name, format!("{url}: {error}"), remedy),
        };
        let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let errcode = json.get("errcode").and_then(Value::as_str).unwrap_or("no errcode");
        if answer.status == StatusCode::UNAUTHORIZED && errcode == what.errcode {
            Check::good(what.name, format!("{} answers strangers {errcode}", what.path))
        } else {
            let expected = what.errcode;
            let evidence = format!("{url} answers {} {errcode}, not 401 {expected}", answer.status);
            Check::fault(what.name, evidence, remedy)
        }
    }

    async fn federation(&self) -> Check {
        const NAME: &str = "well-known for servers";
        let url = format!("{}/.well-known/matrix/server", self.entrance);
        match self.get(&url).await {
            Ok(answer) if answer.status == StatusCode::OK => match as_json(&answer, &url) {
                Ok(json) => match json.get("m.server").and_then(Value::as_str) {
                    Some(server) => Check::good(NAME, format!("{url} names {server}")),
                    None => Check::warning(
                        NAME,
                        format!("{url} has no m.server"),
                        "Set well_known.server to HOST:PORT.",
                    ),
                },
                Err(why) => Check::warning(NAME, why, "Serve it as JSON, or not at all."),
            },
            Ok(answer) if answer.status == StatusCode::NOT_FOUND => {
                Check::good(NAME, "none: other servers use the server name and port 8448")
            }
            Ok(answer) => Check::warning(
                NAME,
                format!("{url} answers {}", answer.status),
                "Answer 200 with JSON, or 404.",
            ),
            Err(why) => Check::warning(NAME, why, "Other servers may not find this one."),
        }
    }
}

/// A private endpoint, and how it answers strangers.
struct Refused {
    name: &'static str,
    method: Method,
    path: &'static str,
    body: &'static str,
    with_wrong_token: bool,
    errcode: &'static str,
}

impl Refused {
    const SLIDING_SYNC: Self = Self {
        name: "sliding sync",
        method: Method::POST,
        path: "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync",
        body: "{}",
        with_wrong_token: false,
        errcode: "M_MISSING_TOKEN",
    };
    const SYNC: Self = Self {
        name: "sync",
        method: Method::GET,
        path: "/_matrix/client/v3/sync",
        body: "",
        with_wrong_token: false,
        errcode: "M_MISSING_TOKEN",
    };
    const WHOAMI: Self = Self {
        name: "access tokens",
        method: Method::GET,
        path: "/_matrix/client/v3/account/whoami",
        body: "",
        with_wrong_token: true,
        errcode: "M_UNKNOWN_TOKEN",
    };
}

fn as_json(answer: &Answer, url: &str) -> Result<Value, String> {
    if answer.status != StatusCode::OK {
        return Err(format!("{url} answers {}", answer.status));
    }
    serde_json::from_slice(&answer.body).map_err(|_| format!("{url} is not JSON"))
}

fn missing_cors(answer: &Answer) -> Option<&'static str> {
    let mut values = answer.headers.get_all(ACCESS_CONTROL_ALLOW_ORIGIN).iter();
    match (values.next(), values.next()) {
        (None, _) => Some("no header Access-Control-Allow-Origin: browsers may not read it"),
        (Some(_), Some(_)) => {
            Some("the header Access-Control-Allow-Origin twice: browsers refuse it")
        }
        (Some(value), None) if value != "*" => Some("Access-Control-Allow-Origin is not *"),
        (Some(_), None) => None,
    }
}
