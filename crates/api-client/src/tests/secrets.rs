//! A10: passwords and tokens are in no table and in no line of the log.
use std::{
    fmt::Write as _,
    io,
    sync::{Arc, Mutex},
};

use db::{Engine, Read as _, params};
use http::Method;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::testing::TestApp;

const PASSWORD: &str = "canary-password-5f0c1e";
const WRONG: &str = "canary-wrong-password-77ab";
const NEXT: &str = "canary-next-password-19d3";
const QUERY_TOKEN: &str = "canary-token-of-a-query-c4";

/// Keeps every line.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Everything that is in the database, as hexadecimal digits: every column of every table.
async fn dump(app: &TestApp) -> String {
    let db = &app.app.rooms.store().db;
    let (columns, hex) = match db.engine() {
        Engine::Sqlite => (
            "SELECT t.name, c.name, c.type FROM sqlite_master t \
             JOIN pragma_table_info(t.name) c WHERE t.type = 'table'",
            ["LOWER(HEX({}))", "LOWER(HEX({}))"],
        ),
        Engine::Postgres => (
            "SELECT table_name::text, column_name::text, data_type::text \
             FROM information_schema.columns WHERE table_schema = 'public'",
            ["ENCODE({}, 'hex')", "ENCODE(CONVERT_TO({}::text, 'UTF8'), 'hex')"],
        ),
    };
    let mut dump = String::new();
    for column in db.query(columns, params![]).await.unwrap() {
        let (table, name) = (column.text(0).unwrap(), column.text(1).unwrap());
        let kind = column.text(2).unwrap().to_lowercase();
        let [of_bytes, of_others] = hex;
        let form = if kind == "bytea" || kind == "blob" { of_bytes } else { of_others };
        let value = form.replace("{}", &format!("\"{name}\""));
        let sql = format!("SELECT {value} FROM \"{table}\" WHERE \"{name}\" IS NOT NULL");
        // One for each column of a test's database.
        let sql: &'static str = Box::leak(sql.into_boxed_str());
        for row in db.query(sql, params![]).await.unwrap() {
            dump.push_str(row.text(0).unwrap());
            dump.push('\n');
        }
    }
    dump
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The life of an account, with everything that can go wrong. Returns the tokens that it was given.
async fn live(app: &TestApp) -> Vec<String> {
    let post = async |path: &str, token: Option<&str>, body: Value| {
        app.request(Method::POST, path, token, &body).await
    };
    let mut tokens = Vec::new();
    let mut keep = |reply: Value| {
        for name in ["access_token", "refresh_token"] {
            tokens.extend(reply[name].as_str().map(str::to_owned));
        }
        reply["access_token"].as_str().unwrap_or_default().to_owned()
    };
    let auth = json!({ "type": "m.login.dummy" });
    let body = json!({ "username": "alice", "password": PASSWORD, "auth": auth });
    keep(post("/register", None, body).await.json());
    let login = |password: &str| {
        let identifier = json!({ "type": "m.id.user", "user": "alice" });
        json!({
            "type": "m.login.password", "identifier": identifier, "password": password,
            "refresh_token": true,
        })
    };
    assert_eq!(post("/login", None, login(WRONG)).await.verdict(), "403 M_FORBIDDEN");
    let granted = post("/login", None, login(PASSWORD)).await.json();
    let token = keep(granted.clone());
    let refresh = json!({ "refresh_token": granted["refresh_token"] });
    let refreshed = post("/refresh", None, refresh).await.json();
    let token = if refreshed["access_token"].is_string() { keep(refreshed) } else { token };
    app.get(&format!("/account/whoami?access_token={QUERY_TOKEN}")).await;
    app.request(Method::GET, "/account/whoami", Some(QUERY_TOKEN), &Value::Null).await;
    // Bodies that are wrong, with the secret where something else should be.
    for body in [
        json!({ "type": WRONG, "password": [WRONG] }),
        json!({ "type": "m.login.password", "identifier": WRONG, "password": WRONG }),
        json!({ "type": "m.login.password", "refresh_token": WRONG, "password": { "a": WRONG } }),
    ] {
        post("/login", None, body).await;
    }
    let broken = format!(r#"{{"type": "m.login.password", "password": "{WRONG}""#);
    app.request_raw(Method::POST, "/login", None, broken.into()).await;
    let proof = |password: &str| {
        let identifier = json!({ "type": "m.id.user", "user": "alice" });
        json!({ "type": "m.login.password", "identifier": identifier, "password": password })
    };
    for password in [WRONG, PASSWORD] {
        let body = json!({ "new_password": NEXT, "auth": proof(password) });
        post("/account/password", Some(&token), body).await;
    }
    let granted = post("/login", None, login(NEXT)).await;
    assert_eq!(granted.verdict(), "200", "the password was changed");
    keep(granted.json());
    let body = json!({ "auth": proof(NEXT) });
    assert_eq!(post("/account/deactivate", Some(&token), body).await.verdict(), "200");
    tokens
}

#[tokio::test]
async fn no_password_and_no_token_is_stored_or_logged() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(lines.clone())
        .finish();
    // Threads that hash passwords log too.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let open = |config: &mut config::Config| {
        config.registration.mode = config::RegistrationMode::Open;
        config.accounts.password_length_min = 8;
    };
    for app in TestApp::on_each_engine_with(open).await {
        let mut secrets = live(&app).await;
        assert!(secrets.len() >= 6, "{secrets:?}");
        secrets.extend([PASSWORD, WRONG, NEXT, QUERY_TOKEN].map(str::to_owned));
        app.app.accounts.flush_activity().await.unwrap();
        let dump = dump(&app).await;
        let log = String::from_utf8_lossy(&lines.0.lock().unwrap()).into_owned();
        assert!(dump.contains(&hex("@alice:example.org")), "the dump has what is stored");
        assert!(log.contains("/_matrix/client/v3/login"), "the log has what happens");
        for secret in secrets {
            assert!(!dump.contains(&hex(&secret)), "{secret} is stored");
            let place = log.lines().find(|line| line.contains(&secret));
            assert_eq!(place, None, "{secret} is logged");
        }
    }
}
