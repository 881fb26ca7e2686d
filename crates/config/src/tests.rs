//! The layers together, and the generated documents.
use std::{fs, path::Path, time::Duration};

use crate::{
    Bytes, Config, Invalid, Loaded, Origin, Override, Rate, RegistrationMode, Serves, Sources,
    load, reference,
};

/// A folder of its own for each test, deleted afterwards.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("longhouse-config-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> std::path::PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn environment(pairs: &[(&str, &str)]) -> Sources {
    let environment =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Sources { environment, ..Sources::default() }
}

fn messages(result: Result<Loaded, Invalid>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn defaults_are_valid() {
    let loaded = load(&Sources::default()).unwrap();
    assert_eq!(loaded.config.server.name, "localhost");
    assert_eq!(loaded.config.listeners.len(), 1);
    assert_eq!(loaded.config.registration.mode, RegistrationMode::Closed);
}

#[test]
fn later_layers_win_and_values_know_their_origin() {
    let folder = Folder::new("layers");
    let file = folder.write(
        "longhouse.toml",
        "[server]\nname = \"file.example\"\n[rooms]\ndefault_version = \"11\"\n\
         [media]\nupload_max = \"10 MiB\"\n",
    );
    let mut sources = environment(&[
        ("LONGHOUSE_SERVER__NAME", "environment.example"),
        ("LONGHOUSE_ROOMS__DEFAULT_VERSION", "10"),
        ("PATH", "/bin"),
    ]);
    sources.file = Some(file.clone());
    sources.options = vec![Override {
        path: "server.name",
        value: "option.example".to_owned(),
        option: "--server-name",
    }];
    let loaded = load(&sources).unwrap();
    assert_eq!(loaded.config.server.name, "option.example");
    assert_eq!(loaded.config.rooms.default_version, "10");
    assert_eq!(loaded.config.media.upload_max, Bytes::mebibytes(10));
    let origin = |path| loaded.origins.of(path);
    assert_eq!(origin("server.name"), Origin::Option("--server-name".to_owned()));
    let variable = "LONGHOUSE_ROOMS__DEFAULT_VERSION".to_owned();
    assert_eq!(origin("rooms.default_version"), Origin::Environment(variable));
    assert_eq!(origin("media.upload_max"), Origin::File(file));
    assert_eq!(origin("log.filter"), Origin::Default);
}

#[test]
fn the_names_that_test_rigs_rely_on() {
    let loaded = load(&environment(&[
        ("LONGHOUSE_REGISTRATION__MODE", "open"),
        ("LONGHOUSE_REGISTRATION__SHARED_SECRET", "a shared secret"),
        ("LONGHOUSE_RATE_LIMITS__ENABLED", "false"),
        ("LONGHOUSE_ROOMS__DEFAULT_VERSION", "11"),
        ("LONGHOUSE_EGRESS__ALLOW_PRIVATE", "true"),
        ("LONGHOUSE_EGRESS__EXTRA_CA_FILE", "/tmp/ca.pem"),
    ]))
    .unwrap();
    let config = loaded.config;
    assert_eq!(config.registration.mode, RegistrationMode::Open);
    assert_eq!(config.registration.shared_secret.unwrap().expose(), "a shared secret");
    assert!(!config.rate_limits.enabled);
    assert_eq!(config.rooms.default_version, "11");
    assert!(config.egress.allow_private);
    assert_eq!(config.egress.extra_ca_file.unwrap(), Path::new("/tmp/ca.pem"));
}

#[test]
fn unknown_names_are_refused_with_a_suggestion() {
    let folder = Folder::new("unknown");
    let file =
        folder.write("a.toml", "[registration]\nmodes = \"open\"\n[servers]\nname = \"a\"\n");
    let text = messages(load(&Sources { file: Some(file), ..Sources::default() }));
    assert!(text.contains("did you mean `registration.mode`?"), "{text}");
    assert!(text.contains("did you mean `server.name`?"), "{text}");

    let text = messages(load(&environment(&[("LONGHOUSE_REGISTRATION_MODE", "open")])));
    assert!(text.contains("LONGHOUSE_REGISTRATION_MODE"), "{text}");
    assert!(text.contains("did you mean `registration.mode`?"), "{text}");
}

#[test]
fn variables_that_kubernetes_makes_are_no_settings() {
    load(&environment(&[
        ("LONGHOUSE_SERVICE_HOST", "10.0.0.1"),
        ("LONGHOUSE_PORT_8008_TCP_ADDR", "10.0.0.1"),
        ("LONGHOUSE_PORT", "tcp://10.0.0.1:8008"),
    ]))
    .unwrap();
}

#[test]
fn every_problem_is_told_at_once() {
    let text = messages(load(&environment(&[
        ("LONGHOUSE_MEDIA__UPLOAD_MAX", "lots"),
        ("LONGHOUSE_ROOMS__DEFAULT_VERSION", "99"),
        ("LONGHOUSE_SERVER__NAME", "not a name"),
    ])));
    for part in ["3 mistakes", "50 MiB", "found `lots`", "from 3 to 12", "`not a name`"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn secrets_come_from_files_and_are_never_shown() {
    let folder = Folder::new("secrets");
    let secret = folder.write("secret", "from the file\n");
    let tokens = folder.write("tokens", "one\ntwo\n");
    let file = folder.write(
        "a.toml",
        &format!("[registration]\nshared_secret_file = {:?}\n", secret.to_str().unwrap()),
    );
    let mut sources = environment(&[
        ("LONGHOUSE_REGISTRATION__TOKENS_FILE", tokens.to_str().unwrap()),
        ("LONGHOUSE_DATABASE__URL", "postgres://longhouse:hunter@2@db/longhouse?password=hunter3"),
    ]);
    sources.file = Some(file);
    let loaded = load(&sources).unwrap();
    let registration = &loaded.config.registration;
    assert_eq!(registration.shared_secret.as_ref().unwrap().expose(), "from the file");
    assert_eq!(registration.tokens.len(), 2);
    let shown = format!("{loaded:?} {:?}", reference::in_force(&loaded));
    for secret in ["from the file", "hunter", "\"one\"", "\"two\""] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(shown.contains("postgres://longhouse:[secret]@db/longhouse"), "{shown}");
}

#[test]
fn a_secret_of_the_wrong_kind_is_not_repeated() {
    let text = messages(load(&environment(&[("LONGHOUSE_DATABASE__URL", "mysql://u:hunter2@h")])));
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn several_listeners() {
    let folder = Folder::new("listeners");
    let file = folder.write(
        "a.toml",
        "[[listeners]]\naddress = \"127.0.0.1:1\"\n\
         [[listeners]]\naddress = \"127.0.0.1:2\"\nserves = [\"management\"]\n",
    );
    let mut sources = environment(&[("LONGHOUSE_LISTENERS__1__ADDRESS", "[::1]:3")]);
    sources.file = Some(file);
    let listeners = load(&sources).unwrap().config.listeners;
    let addresses: Vec<String> = listeners.iter().map(|l| l.address.to_string()).collect();
    assert_eq!(addresses, ["127.0.0.1:1", "[::1]:3"]);
    assert!(listeners[0].serves(Serves::Client));
    assert!(!listeners[1].serves(Serves::Client));

    let text = messages(load(&environment(&[("LONGHOUSE_LISTENERS__0__TLS_KEY", "/k.pem")])));
    assert!(text.contains("needed together"), "{text}");
}

#[test]
fn units_are_read_and_shown() {
    let loaded = load(&environment(&[
        ("LONGHOUSE_MEDIA__UPLOAD_MAX", "1536 KiB"),
        ("LONGHOUSE_ACCOUNTS__ACCESS_TOKEN_LIFETIME", "90s"),
        ("LONGHOUSE_EGRESS__CONNECT_TIMEOUT", "250ms"),
        ("LONGHOUSE_RATE_LIMITS__LOGIN", "0.5/s burst 3"),
        ("LONGHOUSE_SERVER__TRUSTED_PROXIES", "10.0.0.0/8,::1"),
    ]))
    .unwrap();
    assert_eq!(loaded.config.media.upload_max.0, 1536 * 1024);
    assert_eq!(loaded.config.accounts.access_token_lifetime.as_ms(), 90_000);
    assert_eq!(loaded.config.egress.connect_timeout.as_duration(), Duration::from_millis(250));
    assert_eq!(loaded.config.rate_limits.login, Rate { per_second: 0.5, burst: 3 });
    let shown = |path: &str| {
        let all = reference::in_force(&loaded);
        all.into_iter().find(|entry| entry.path == path).unwrap().value.unwrap()
    };
    assert_eq!(shown("media.upload_max"), "\"1536 KiB\"");
    assert_eq!(shown("accounts.access_token_lifetime"), "\"90s\"");
    assert_eq!(shown("server.trusted_proxies"), "[\"10.0.0.0/8\", \"::1/128\"]");
    assert_eq!(shown("rate_limits.login"), "\"0.5/s burst 3\"");
}

/// The example, with every value uncommented, is a file that loads to the defaults.
#[test]
fn the_example_is_valid_and_equals_the_defaults() {
    let folder = Folder::new("example");
    let text: Vec<String> = reference::example()
        .lines()
        .filter(|line| !line.contains('…') && !line.contains("[secret]"))
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => setting.to_owned(),
            _ => line.to_owned(),
        })
        .collect();
    let file = folder.write("a.toml", &text.join("\n"));
    let loaded = load(&Sources { file: Some(file), ..Sources::default() }).unwrap();
    assert_eq!(loaded.config, load(&Sources::default()).unwrap().config);
}

#[test]
fn the_documents_in_docs_are_the_generated_ones() {
    let docs = Path::new("../../docs");
    for (name, generated) in
        [("configuration.md", reference::page()), ("longhouse.example.toml", reference::example())]
    {
        let kept = fs::read_to_string(docs.join(name)).unwrap_or_default();
        assert!(kept == generated, "docs/{name} is stale: run `cargo xtask docs`");
    }
}

#[test]
fn every_section_is_in_the_reference() {
    let page = reference::page();
    for section in Config::default().sections() {
        assert!(page.contains(&format!("\n## `[{}]`\n", section.name())), "{}", section.name());
    }
}

/// F13: a secret that everybody knows is none.
#[test]
fn well_known_secrets_are_refused() {
    let accepted = |secret: &str| {
        load(&environment(&[("LONGHOUSE_REGISTRATION__SHARED_SECRET", secret)])).is_ok()
    };
    for weak in [
        "short",
        "changeme",
        "ChangeMe!",
        "<change-me>",
        "aaaaaaaaaaaa",
        "abababababab",
        "passwordpassword",
        "12345678",
        "registration_shared_secret",
    ] {
        assert!(!accepted(weak), "{weak:?}");
    }
    assert!(accepted("k7Rm-2p9Xw-Qz51"));
}
