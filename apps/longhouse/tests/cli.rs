//! The program as administrators use it: started, asked, stopped, misused.
#![expect(clippy::unwrap_used, reason = "a test's helper may fail as the test itself")]

#[path = "cli/decoder.rs"]
mod decoder;
#[path = "cli/http.rs"]
mod http;
#[path = "cli/node.rs"]
mod node;
#[path = "cli/rooms.rs"]
mod rooms;

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    process::Stdio,
    time::{Duration, Instant},
};

use http::get;
use node::{Node, longhouse, text};
use serde_json::Value;
use tempfile::TempDir;

#[test]
fn an_administrator_is_made_listed_and_closed() {
    let node = Node::start(&[]);
    let password = node.file("password", "a good password\n");
    let run = |arguments: &[&str]| node.command(arguments).output().unwrap();

    let made = run(&["user", "create", "alice", "--admin", "--password-file", &password]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(text(&made.stdout).contains("@alice:localhost"), "{}", text(&made.stdout));
    let again = run(&["user", "create", "alice", "--password-file", &password]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("taken"), "{}", text(&again.stderr));

    let listed: Value = serde_json::from_slice(&run(&["--json", "user", "list"]).stdout).unwrap();
    assert_eq!(listed["users"][0]["user_id"], "@alice:localhost");
    assert_eq!(listed["users"][0]["admin"], true);

    let demoted = run(&["--json", "user", "demote", "Alice"]);
    let demoted: Value = serde_json::from_slice(&demoted.stdout).unwrap();
    assert_eq!(
        (&demoted["user_id"], &demoted["admin"]),
        (&"@alice:localhost".into(), &false.into())
    );
    let stranger = run(&["--json", "user", "promote", "@a:elsewhere"]);
    let why: Value = serde_json::from_slice(&stranger.stderr).unwrap();
    assert!(why["error"].as_str().unwrap().contains("not a user of this server"), "{why}");
    assert!(stranger.stdout.is_empty());
    assert!(run(&["user", "password", "alice", "--password-file", &password]).status.success());
    let unconfirmed = run(&["user", "deactivate", "alice"]);
    assert_eq!(unconfirmed.status.code(), Some(2), "without a terminal it needs --yes");
    assert!(run(&["user", "deactivate", "alice", "--yes"]).status.success());
    let listed: Value = serde_json::from_slice(&run(&["--json", "user", "list"]).stdout).unwrap();
    assert_eq!(listed["users"], Value::Array(Vec::new()));

    let status: Value = serde_json::from_slice(&run(&["--json", "status"]).stdout).unwrap();
    assert_eq!(status["server_name"], "localhost");
    assert_eq!(status["components"][0]["health"], "running");
    let database = status["database"].as_str().unwrap();
    assert!(
        database.starts_with(&format!("sqlite:{}/", node.folder.path().display())),
        "{database}"
    );
}

#[test]
fn what_the_node_keeps_is_its_owners() {
    use std::os::unix::fs::PermissionsExt as _;
    let node = Node::start(&[]);
    for name in
        ["longhouse.db", "longhouse.db-wal", "longhouse.sock", "longhouse.toml", "signing.key"]
    {
        let mode = fs::metadata(node.folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }
}

#[test]
fn a_start_that_fails_leaves_no_configuration() {
    let folder = TempDir::new().unwrap();
    // An address of a network that is for documents only.
    let up = longhouse(folder.path()).args(["up", "--listen", "192.0.2.1:1"]).output().unwrap();
    assert_eq!(up.status.code(), Some(1));
    assert!(text(&up.stderr).contains("192.0.2.1:1"), "{}", text(&up.stderr));
    assert!(!folder.path().join("longhouse.toml").exists());
}

#[test]
fn a_password_comes_from_standard_input() {
    let node = Node::start(&[]);
    let mut create = node.command(&["user", "create", "bob", "--password-file", "-"]);
    let mut create = create.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    create.stdin.take().unwrap().write_all(b"a good password\n").unwrap();
    assert!(create.wait().unwrap().success());
}

#[test]
fn a_stopped_node_is_named_as_the_reason() {
    let folder = TempDir::new().unwrap();
    for arguments in [&["user", "list"][..], &["status"], &["user", "create", "a"]] {
        let asked = longhouse(folder.path()).args(arguments).output().unwrap();
        assert_eq!(asked.status.code(), Some(1));
        assert!(text(&asked.stderr).contains("no node is running"), "{}", text(&asked.stderr));
        assert!(text(&asked.stderr).contains("up"), "it says what to do");
    }
}

#[test]
fn termination_is_quick_clean_and_leaves_no_socket() {
    let mut node = Node::start(&[]);
    // An open connection on which nothing is asked does not hold it up.
    let _idle = TcpStream::connect(&node.address).unwrap();
    let began = Instant::now();
    let code = node.stop();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(code, Some(0));
    assert!(!node.folder.path().join("longhouse.sock").exists());
}

#[test]
fn a_killed_node_starts_again() {
    let mut node = Node::start(&[]);
    let password = node.file("password", "a good password\n");
    let create = node.command(&["user", "create", "alice", "--password-file", &password]).output();
    assert!(create.unwrap().status.success());
    node.kill();
    assert!(node.folder.path().join("longhouse.sock").exists());
    node.start_again();
    let listed = node.command(&["user", "list"]).output().unwrap();
    assert!(text(&listed.stdout).contains("@alice:localhost"));
}

#[test]
fn one_node_a_folder() {
    let node = Node::start(&[]);
    let second = longhouse(node.folder.path()).args(["up", "--listen", "127.0.0.1:0"]).output();
    let second = second.unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(text(&second.stderr).contains("another node runs"), "{}", text(&second.stderr));
}

#[test]
fn the_server_name_cannot_change() {
    let mut node = Node::start(&["--server-name", "first.example"]);
    node.stop();
    let other = longhouse(node.folder.path())
        .args(["up", "--listen", "127.0.0.1:0", "--server-name", "second.example"])
        .output()
        .unwrap();
    assert_eq!(other.status.code(), Some(1));
    let message = text(&other.stderr);
    assert!(message.contains("first.example") && message.contains("second.example"), "{message}");
    // Without the option the name comes from the file that the first start wrote.
    node.start_again();
}

#[test]
fn mistakes_are_told_before_anything_is_made() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let run = |variable: &str, value: &str, arguments: &[&str]| {
        longhouse(&data).env(variable, value).args(arguments).output().unwrap()
    };
    let up = run("LONGHOUSE_REGISTRATION__MOD", "open", &["up"]);
    assert_eq!(up.status.code(), Some(10));
    let message = text(&up.stderr);
    assert!(message.contains("did you mean `registration.mode`?"), "{message}");
    assert!(!data.exists());

    let checked = run("LONGHOUSE_LOG__FILTER", "rooms=loud", &["--json", "config", "check"]);
    assert_eq!(checked.status.code(), Some(10));
    let checked: Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!(checked["valid"], false);
    let place = checked["problems"][0]["place"].as_str().unwrap();
    assert!(place.contains("LONGHOUSE_LOG__FILTER"), "{checked}");
    let guessable = run("LONGHOUSE_REGISTRATION__SHARED_SECRET", "changeme", &["config", "check"]);
    assert!(text(&guessable.stderr).contains("strangers would try"), "{}", text(&guessable.stderr));

    let shown = run(
        "LONGHOUSE_REGISTRATION__SHARED_SECRET",
        "hunter2hunter2",
        &["--json", "config", "show"],
    );
    assert!(!text(&shown.stdout).contains("hunter2"));
    let settings: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let secret =
        settings.as_array().unwrap().iter().find(|s| s["key"] == "registration.shared_secret");
    assert_eq!(secret.unwrap()["origin"], "environment LONGHOUSE_REGISTRATION__SHARED_SECRET");
    let version = settings.as_array().unwrap().iter().find(|s| s["key"] == "rooms.default_version");
    assert_eq!(version.unwrap()["value"], "12", "a JSON value, not a text of TOML");

    let usage = run("A", "b", &["up", "--listen", "nowhere"]);
    assert_eq!(usage.status.code(), Some(2));
}

#[test]
fn application_services_are_checked_and_listed_with_the_configuration() {
    let folder = TempDir::new().unwrap();
    let check = |more: &[&str]| {
        let files = format!("irc.yaml,{}", folder.path().join("xmpp.yaml").display());
        let mut command = longhouse(folder.path());
        command.env("LONGHOUSE_APPSERVICES__REGISTRATIONS", files).args(more);
        command.args(["config", "check"]).output().unwrap()
    };
    let registration = |id: &str, regex: &str| {
        let users = format!("namespaces: {{users: [{{regex: '{regex}', exclusive: true}}]}}\n");
        let text = format!(
            "id: {id}\nurl: null\nas_token: as-{id}\nhs_token: hs-{id}\nsender_localpart: {id}bot\n"
        );
        fs::write(folder.path().join(format!("{id}.yaml")), text + &users).unwrap();
    };
    registration("irc", "@irc_.*");
    let missing = check(&[]);
    assert_eq!(missing.status.code(), Some(10));
    let why = text(&missing.stderr);
    assert!(why.contains("xmpp.yaml") && why.contains("cannot be read"), "{why}");
    registration("xmpp", "@xmpp_(");
    let why: Value = serde_json::from_slice(&check(&["--json"]).stdout).unwrap();
    let place = why["problems"][0]["place"].as_str().unwrap();
    assert!(place.ends_with("xmpp.yaml, namespaces.users[0].regex)"), "{why}");
    registration("xmpp", "@xmpp_.*");
    let listed = check(&[]);
    assert!(text(&listed.stdout).contains("application services: irc, xmpp"), "{listed:?}");
}

#[test]
fn each_listener_serves_what_it_is_for() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("node.toml");
    fs::write(
        &file,
        "[[listeners]]\naddress = \"127.0.0.1:0\"\nserves = [\"client\"]\n\
         [[listeners]]\naddress = \"127.0.0.1:0\"\nserves = [\"management\"]\n",
    )
    .unwrap();
    let node = Node::serve(folder, &file);
    let status: Value =
        serde_json::from_slice(&node.command(&["--json", "status"]).output().unwrap().stdout)
            .unwrap();
    let address = |number: usize| {
        let url = status["listeners"][number]["url"].as_str().unwrap();
        url.strip_prefix("http://").unwrap().to_owned()
    };
    let (client, management) = (address(0), address(1));
    for listener in [&client, &management] {
        assert_eq!(get(listener, "/health"), 200);
        assert_eq!(get(listener, "/_longhouse/local/v1/status"), 404, "local commands are local");
    }
    assert_eq!(get(&client, "/metrics"), 404);
    assert_eq!(get(&management, "/metrics"), 200);
    assert_eq!(get(&client, "/_matrix/client/versions"), 200);
    assert_eq!(get(&management, "/_matrix/client/versions"), 404);
}

#[test]
fn synapses_registration_script_works_under_its_name() {
    let node =
        Node::start_with(&[("LONGHOUSE_REGISTRATION__SHARED_SECRET", "a shared secret")], &[]);
    let link = node.folder.path().join("register_new_matrix_user");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_longhouse"), &link).unwrap();
    let url = format!("http://{}", node.address);
    let register = |secret: &str, more: &[&str]| {
        let arguments = ["-u", "carol", "-p", "a good password", "-a", "-k", secret];
        let mut command = std::process::Command::new(&link);
        command.args(arguments).args(more).arg(&url).output().unwrap()
    };
    assert!(!register("not the secret", &[]).status.success());
    let made = register("a shared secret", &[]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(!register("a shared secret", &[]).status.success());
    assert!(register("a shared secret", &["--exists-ok"]).status.success());
    let listed = node.command(&["user", "list"]).output().unwrap();
    assert!(text(&listed.stdout).contains("administrator"));
}

#[test]
fn doctor_finds_a_running_node_sound() {
    let node = Node::start(&[]);
    let doctor = node.command(&["--json", "doctor"]).output().unwrap();
    let report: Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let faults: Vec<&Value> =
        report["checks"].as_array().unwrap().iter().filter(|c| c["verdict"] != "good").collect();
    // Room on the disk is the machine's business.
    let faults: Vec<_> = faults.into_iter().filter(|check| check["name"] != "disk").collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn doctor_finds_no_node() {
    let folder = TempDir::new().unwrap();
    let doctor = longhouse(folder.path()).arg("doctor").output().unwrap();
    assert_eq!(doctor.status.code(), Some(10));
    assert!(
        text(&doctor.stdout).contains("✘ node: no node is running"),
        "{}",
        text(&doctor.stdout)
    );
}

#[test]
fn completions_and_version_are_printed() {
    let folder = TempDir::new().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = longhouse(folder.path()).args(["completions", shell]).output().unwrap();
        assert!(script.status.success() && text(&script.stdout).contains("longhouse"));
    }
    let version = longhouse(folder.path()).arg("version").output().unwrap();
    assert_eq!(text(&version.stdout).trim(), format!("longhouse {}", env!("CARGO_PKG_VERSION")));
    let mut help = String::new();
    let printed = longhouse(folder.path()).arg("--help").output().unwrap();
    printed.stdout.as_slice().read_to_string(&mut help).unwrap();
    assert!(help.contains("register_new_matrix_user") || help.contains("doctor"));
}
