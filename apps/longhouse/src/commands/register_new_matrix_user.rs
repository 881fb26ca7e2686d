//! `register_new_matrix_user`, as Synapse has it: scripts that make accounts go on working when the
//! program of that name is a link to ours.
use std::{
    ffi::OsString,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Parser;
use egress::{Egress, Options, Request};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderValue, Method, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};
use sha1::Sha1;

use super::block_on;
use crate::{
    failure::{Failure, code},
    folder::Folder,
    output, passwords,
};

const PATH: &str = "/_synapse/admin/v1/register";
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Registers a user with the homeserver's shared secret.
#[derive(Debug, Parser)]
#[command(name = "register_new_matrix_user")]
struct Line {
    /// The new user's name.
    #[arg(short, long)]
    user: Option<String>,
    /// Do not fail if the user exists.
    #[arg(long)]
    exists_ok: bool,
    /// The password.
    #[arg(short, long, conflicts_with = "password_file")]
    password: Option<String>,
    /// A file with the password; `-` for standard input.
    #[arg(long)]
    password_file: Option<String>,
    /// The kind of user.
    #[arg(short = 't', long)]
    user_type: Option<String>,
    /// Make the user an administrator.
    #[arg(short, long, conflicts_with = "no_admin")]
    admin: bool,
    /// Make the user an ordinary one.
    #[arg(long)]
    no_admin: bool,
    /// The server's configuration file, for the shared secret.
    #[arg(short, long, required_unless_present = "shared_secret")]
    config: Option<PathBuf>,
    /// The shared secret.
    #[arg(short = 'k', long)]
    shared_secret: Option<String>,
    /// The homeserver's URL.
    #[arg(default_value = "http://127.0.0.1:8008")]
    server_url: String,
}

pub(super) fn run(arguments: Vec<OsString>) -> Result<(), Failure> {
    let line = Line::parse_from(arguments);
    let secret = line.secret()?;
    let user = match &line.user {
        Some(user) => user.clone(),
        None => ask("New user localpart: ")?,
    };
    let password = match &line.password {
        Some(password) => password.clone(),
        None => passwords::new_password(line.password_file.as_deref())?,
    };
    let admin = line.admin
        || (!line.no_admin && line.user.is_none() && ask("Make admin [no]: ")?.starts_with('y'));
    block_on(register(&line, &secret, &user, &password, admin))
}

impl Line {
    fn secret(&self) -> Result<String, Failure> {
        if let Some(secret) = &self.shared_secret {
            return Ok(secret.clone());
        }
        let Some(path) = &self.config else {
            return Err(Failure::new("give -c FILE or -k SECRET").with_code(code::USAGE));
        };
        let missing = || {
            Failure::new(format!("no shared secret in {}", path.display()))
                .next("Set registration.shared_secret there, or give it with -k.")
        };
        if path.extension().is_some_and(|extension| extension == "toml") {
            let folder = Folder::new(path.parent().unwrap_or(Path::new(".")).to_owned());
            let loaded = crate::settings::load(&folder, Some(path.clone()), Vec::new())?;
            let secret = loaded.config.registration.shared_secret;
            return secret.map(|secret| secret.expose().to_owned()).ok_or_else(missing);
        }
        // Synapse's own file: one line of its YAML is all that is wanted.
        let text = fs::read_to_string(path)
            .map_err(|error| Failure::of(&format!("cannot read {}", path.display()), &error))?;
        let value = text.lines().find_map(|line| line.strip_prefix("registration_shared_secret:"));
        let value = value.map(|value| value.trim().trim_matches(['"', '\'']).to_owned());
        value.filter(|value| !value.is_empty()).ok_or_else(missing)
    }
}

fn ask(question: &str) -> Result<String, Failure> {
    output::note(question);
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .map_err(|error| Failure::of("cannot read the answer", &error))?;
    Ok(answer.trim().to_owned())
}

async fn register(
    line: &Line,
    secret: &str,
    user: &str,
    password: &str,
    admin: bool,
) -> Result<(), Failure> {
    // The administrator names the server: any address is fine.
    let client = Egress::new(Options {
        allow_private: true,
        allow_own: true,
        extra_ca_file: None,
        connect_timeout: Duration::from_secs(10),
        request_timeout: Duration::from_secs(30),
    })
    .map_err(Failure::new)?;
    let url = format!("{}{PATH}", line.server_url.trim_end_matches('/'));
    let failed = |error: egress::Error| Failure::of(&format!("no answer from {url}"), &error);
    let answer = client.send(Request::get(&url, ANSWER_BYTES_MAX)).await.map_err(failed)?;
    let answer_json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let Some(nonce) = answer_json.get("nonce").and_then(Value::as_str) else {
        return Err(refused(answer.status, &answer_json));
    };
    let mut body = json!({
        "nonce": nonce, "username": user, "password": password, "admin": admin,
        "mac": mac(secret, nonce, user, password, admin, line.user_type.as_deref())?,
    });
    if let (Some(kind), Some(body)) = (&line.user_type, body.as_object_mut()) {
        body.insert("user_type".to_owned(), kind.clone().into());
    }
    let mut request = Request::get(&url, ANSWER_BYTES_MAX);
    request.method = Method::POST;
    request.body = body.to_string().into();
    request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    output::note("Sending registration request...");
    let answer = client.send(request).await.map_err(failed)?;
    let answer_json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let exists = answer_json.get("errcode").is_some_and(|code| code == "M_USER_IN_USE");
    match answer.status {
        StatusCode::OK => output::print("Success!"),
        _ if exists && line.exists_ok => output::print("User already exists. Skipping."),
        status => Err(refused(status, &answer_json)),
    }
}

fn refused(status: StatusCode, answer: &Value) -> Failure {
    let why = answer.get("error").and_then(Value::as_str).unwrap_or("no reason given");
    Failure::new(format!("ERROR! Received {status}: {why}"))
}

fn mac(
    secret: &str,
    nonce: &str,
    user: &str,
    password: &str,
    admin: bool,
    kind: Option<&str>,
) -> Result<String, Failure> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).map_err(Failure::new)?;
    let admin = if admin { "admin" } else { "notadmin" };
    let parts: Vec<&str> = [nonce, user, password, admin].into_iter().chain(kind).collect();
    mac.update(parts.join("\0").as_bytes());
    Ok(mac.finalize().into_bytes().iter().fold(String::new(), |mut hex, byte| {
        // Writing to a String can't fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}

#[cfg(test)]
mod tests {
    use super::mac;

    /// Computed with Python's `hmac` module, as Synapse's script does it.
    #[test]
    fn the_mac_is_synapses() {
        let alice = mac("shared", "nonce", "alice", "wonderland", false, None).unwrap();
        assert_eq!(alice, "baeb0056ac9d638717f2422060a257bfef495c25");
        let bot = mac("shared", "nonce", "alice", "wonderland", true, Some("bot")).unwrap();
        assert_eq!(bot, "a9f970eeaa5ee38c1fa16213599ac30b3fcb4aa3");
    }
}
