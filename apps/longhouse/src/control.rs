//! Asks the running node, over the socket in its folder.
use std::{path::PathBuf, time::Duration};

use endpoint::{Endpoint, Method};
use http::{Request, StatusCode, header::HOST};
use http_body_util::{BodyExt, Full};
use hyper::{body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::time::timeout;

use crate::{commands::program, failure::Failure, folder::Folder, listen::connect_local};

/// What a node is asked here takes it moments.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// The node of a folder.
#[derive(Debug)]
pub(crate) struct Control {
    socket: PathBuf,
    folder: PathBuf,
}

impl Control {
    pub(crate) fn new(folder: &Folder) -> Self {
        Self { socket: folder.socket(), folder: folder.path().to_owned() }
    }

    /// Fails at once if no node runs: before the administrator has typed a password for nothing.
    pub(crate) fn check_running(&self) -> Result<(), Failure> {
        crate::commands::block_on(async {
            connect_local(&self.socket).await.map(drop).map_err(|error| self.not_running(&error))
        })
    }

    /// Calls an endpoint of the node. `subject` fills the one parameter that its path has, if it has any.
    pub(crate) async fn ask<B: Serialize, R: DeserializeOwned>(
        &self,
        endpoint: &Endpoint,
        subject: &str,
        body: &B,
    ) -> Result<R, Failure> {
        let path = match endpoint.path().split_once('{') {
            Some((start, rest)) => {
                let end = rest.split_once('}').map_or("", |(_, end)| end);
                format!("{start}{}{end}", encoded(subject))
            }
            None => endpoint.path().to_owned(),
        };
        let body = match endpoint.method {
            Method::Get | Method::Delete => Bytes::new(),
            _ => serde_json::to_vec(body).map_err(Failure::new)?.into(),
        };
        self.send(endpoint, &path, body).await
    }

    /// Calls an endpoint of the node that reads something.
    pub(crate) async fn get<R: DeserializeOwned>(
        &self,
        endpoint: &Endpoint,
        query: &[(&str, String)],
    ) -> Result<R, Failure> {
        let pairs = query.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
        let path = format!("{}?{}", endpoint.path(), pairs.collect::<Vec<_>>().join("&"));
        self.send(endpoint, &path, Bytes::new()).await
    }

    async fn send<R: DeserializeOwned>(
        &self,
        endpoint: &Endpoint,
        path: &str,
        body: Bytes,
    ) -> Result<R, Failure> {
        let silent = |_| {
            let within = ANSWER_WITHIN.as_secs();
            Failure::new(format!("the node has not answered within {within} seconds"))
                .next("Its log may say why. Is the process stopped, or the machine overloaded?")
        };
        timeout(ANSWER_WITHIN, self.exchange(endpoint, path, body)).await.map_err(silent)?
    }

    async fn exchange<R: DeserializeOwned>(
        &self,
        endpoint: &Endpoint,
        path: &str,
        body: Bytes,
    ) -> Result<R, Failure> {
        let stream = connect_local(&self.socket).await.map_err(|error| self.not_running(&error))?;
        let broken = |error: hyper::Error| Failure::of("the node did not answer", &error);
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        let request = Request::builder()
            .method(endpoint.method.as_str())
            .uri(path)
            .header(HOST, "localhost")
            .body(Full::new(body))
            .map_err(Failure::new)?;
        // The sender goes with the answer: the connection ends when nobody can ask on it any more.
        let answer = async move {
            let response = sender.send_request(request).await?;
            let status = response.status();
            Ok::<_, hyper::Error>((status, response.into_body().collect().await?.to_bytes()))
        };
        let (answer, _) = tokio::join!(answer, connection);
        let (status, body) = answer.map_err(broken)?;
        understand(status, &body)
    }

    fn not_running(&self, error: &std::io::Error) -> Failure {
        let folder = self.folder.display();
        if error.kind() == std::io::ErrorKind::PermissionDenied {
            return Failure::new(format!("you may not control the node in {folder}"))
                .next("Run this as the user that the node runs as, or as root.");
        }
        Failure::new(format!("no node is running in {folder}")).next(format!(
            "Start it with `{} --data {folder} up`, or name its folder with --data DIR.",
            program()
        ))
    }
}

fn understand<R: DeserializeOwned>(status: StatusCode, body: &[u8]) -> Result<R, Failure> {
    if status.is_success() {
        return serde_json::from_slice(body).map_err(|error| {
            Failure::of("the node's answer makes no sense", &error)
                .next("Is the running node of another version than this program?")
        });
    }
    let refusal: Value = serde_json::from_slice(body).unwrap_or_default();
    let why = refusal.get("error").and_then(Value::as_str).unwrap_or("it said nothing more");
    Err(if status.is_server_error() {
        Failure::new(format!("the node could not do it: {why} ({status})"))
            .next("The node's log says why.")
    } else {
        Failure::new(format!("the node refused: {why}"))
    })
}

/// Percent-encodes everything but letters, digits and `-._~` (RFC 3986 section 2.3).
fn encoded(text: &str) -> String {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().fold(String::with_capacity(text.len()), |encoded, byte| match byte {
        byte if kept(byte) => encoded + char::from(byte).encode_utf8(&mut [0; 4]),
        byte => encoded + &format!("%{byte:02X}"),
    })
}
