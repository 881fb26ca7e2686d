//! What a client asks a node, as plain as HTTP can be.
use std::{
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::{Value, json};

/// The status of a GET.
pub(crate) fn get(address: &str, path: &str) -> u16 {
    exchange(address, "GET", path, None, "").0
}

/// A client with an account.
pub(crate) struct Client {
    address: String,
    token: String,
}

impl Client {
    pub(crate) fn log_in(address: &str, user: &str, password: &str) -> Self {
        let identifier = json!({ "type": "m.id.user", "user": user });
        let body =
            json!({ "type": "m.login.password", "identifier": identifier, "password": password });
        let (status, text) =
            exchange(address, "POST", "/_matrix/client/v3/login", None, &body.to_string());
        assert_eq!(status, 200, "{text}");
        let reply: Value = serde_json::from_str(&text).unwrap();
        Self {
            address: address.to_owned(),
            token: reply["access_token"].as_str().unwrap().to_owned(),
        }
    }

    /// The status and the body of a call of the client-server API.
    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let path = format!("/_matrix/client/v3{path}");
        let body = if method == "GET" { String::new() } else { body.to_string() };
        let (status, text) = exchange(&self.address, method, &path, Some(&self.token), &body);
        (status, serde_json::from_str(&text).unwrap())
    }
}

/// A request on a connection of its own, and the status and the body of its answer.
fn exchange(
    address: &str,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: &str,
) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{token}Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}
