//! Sending text messages through the HTTP gateway that an administrator has named.
//!
//! Invariants:
//! - What is put into a request are digits and the administrator's own words: nobody else writes any of it.
//! - All templates are checked when the node starts.
#[cfg(feature = "testing")]
pub mod testing;

use std::{fmt, sync::Arc, time::Duration};

use config::HttpMethod;
use egress::{Egress, Request};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{CONTENT_TYPE, Entry},
};
use minijinja::{Environment, UndefinedBehavior, context};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::Semaphore;

/// The longest answer of a gateway that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// How many messages wait to be sent at most.
const WAITING_MAX: usize = 200;

/// After which time a gateway that has failed is asked again. Codes are typed at once: later than that nobody waits.
const RETRY_AFTER: Duration = Duration::from_secs(3);

const TEMPLATES: [&str; 3] = ["sms.url", "sms.body", "sms.text"];

/// Messages cannot be sent with these settings.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A template is not valid, or uses a value that there is not.
    #[error("{key}: {why}")]
    Template {
        /// The setting.
        key: &'static str,
        /// What is wrong.
        why: String,
    },
    /// A header is none.
    #[error("sms.headers: an entry is not a header")]
    Header,
}

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// A template failed.
    #[error(transparent)]
    Template(#[from] SetupError),
    /// The gateway cannot be reached.
    #[error("the SMS gateway cannot be reached: {0}")]
    Egress(#[from] egress::Error),
    /// The gateway has not taken it.
    #[error("the SMS gateway answered {0}")]
    Status(http::StatusCode),
}

/// Too many messages wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many text messages are waiting to be sent")]
pub struct Full;

/// Sends text messages.
pub struct Sms {
    egress: Egress,
    method: Method,
    headers: HeaderMap,
    templates: Environment<'static>,
    server_name: String,
    waiting: Arc<Semaphore>,
}

impl fmt::Debug for Sms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sms").field("method", &self.method).finish_non_exhaustive()
    }
}

/// Checks all that can be checked without sending anything.
///
/// # Errors
/// See [`SetupError`].
pub fn check(settings: &config::Sms) -> Result<(), SetupError> {
    headers(settings)?;
    let templates = templates(settings)?;
    message(&templates, "example.org", "447700900123", "123456").map(drop)
}

impl Sms {
    /// The sender of a server; `None` if no gateway is configured.
    ///
    /// # Errors
    /// See [`SetupError`].
    pub fn new(
        settings: &config::Sms,
        server_name: &str,
        egress: Egress,
    ) -> Result<Option<Arc<Self>>, SetupError> {
        if settings.url.is_none() {
            return Ok(None);
        }
        check(settings)?;
        Ok(Some(Arc::new(Self {
            egress,
            method: match settings.method {
                HttpMethod::Get => Method::GET,
                HttpMethod::Post => Method::POST,
                HttpMethod::Put => Method::PUT,
            },
            headers: headers(settings)?,
            templates: templates(settings)?,
            server_name: server_name.to_owned(),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
        })))
    }

    /// Sends a code to a phone number (digits, with its country's code), and returns when the gateway has taken it.
    ///
    /// # Errors
    /// See [`SendError`].
    pub async fn send(&self, phone: &str, code: &str) -> Result<(), SendError> {
        let sent = self.ask(phone, code).await;
        let outcome = if sent.is_ok() { "sent" } else { "failed" };
        metrics::counter!("longhouse_text_messages_total", "outcome" => outcome).increment(1);
        sent
    }

    /// Sends a code soon, with a second try if the gateway fails.
    ///
    /// # Errors
    /// [`Full`].
    pub fn post(self: &Arc<Self>, phone: String, code: String) -> Result<(), Full> {
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| Full)?;
        let sms = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = sms.send(&phone, &code).await {
                tracing::warn!(%error, "a text message could not be sent; it is tried again");
                tokio::time::sleep(RETRY_AFTER).await;
                if let Err(error) = sms.send(&phone, &code).await {
                    tracing::warn!(%error, "a text message could not be sent");
                }
            }
            drop(place);
        });
        Ok(())
    }

    async fn ask(&self, phone: &str, code: &str) -> Result<(), SendError> {
        let Message { url, body } = message(&self.templates, &self.server_name, phone, code)?;
        let body = if self.method == Method::GET { String::new() } else { body };
        let answer = self.egress.send(Request {
            method: self.method.clone(),
            url,
            headers: self.headers.clone(),
            body: body.into_bytes().into(),
            answer_bytes_max: ANSWER_BYTES_MAX,
            redirects_max: 0,
        });
        let status = answer.await?.status;
        if status.is_success() { Ok(()) } else { Err(SendError::Status(status)) }
    }
}

struct Message {
    url: String,
    body: String,
}

fn message(
    templates: &Environment<'static>,
    server_name: &str,
    phone: &str,
    code: &str,
) -> Result<Message, SetupError> {
    let [url, body, text] = TEMPLATES;
    let render = |key: &'static str, values: minijinja::Value| {
        let rendered = templates.get_template(key).and_then(|template| template.render(values));
        rendered.map_err(|error| SetupError::Template { key, why: error.to_string() })
    };
    let text = render(text, context! { code, server_name })?;
    let values = context! { phone, text => text.as_str() };
    Ok(Message { url: render(url, values.clone())?, body: render(body, values)? })
}

fn templates(settings: &config::Sms) -> Result<Environment<'static>, SetupError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.add_filter("json", |text: String| serde_json::Value::from(text).to_string());
    environment
        .add_filter("url", |text: String| utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string());
    let url = settings.url.clone().unwrap_or_default();
    let sources = [url, settings.body.clone(), settings.text.clone()];
    for (key, source) in TEMPLATES.into_iter().zip(sources) {
        environment
            .add_template_owned(key, source)
            .map_err(|error| SetupError::Template { key, why: error.to_string() })?;
    }
    Ok(environment)
}

fn headers(settings: &config::Sms) -> Result<HeaderMap, SetupError> {
    let mut headers = HeaderMap::new();
    for header in &settings.headers {
        let (name, value) = header.expose().split_once(':').ok_or(SetupError::Header)?;
        let name: HeaderName = name.trim().parse().map_err(|_| SetupError::Header)?;
        let mut value: HeaderValue = value.trim().parse().map_err(|_| SetupError::Header)?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    if settings.method != HttpMethod::Get
        && let Entry::Vacant(entry) = headers.entry(CONTENT_TYPE)
    {
        entry.insert(HeaderValue::from_static("application/json"));
    }
    Ok(headers)
}

#[cfg(test)]
mod tests;
