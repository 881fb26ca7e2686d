use super::*;

const IRC: &str = r#"
# As heisenbridge writes it.
id: heisenbridge
url: http://127.0.0.1:9898/
as_token: lBXCLkRGVFpVTVZxSExuTW9FSkVIdXRKY2tF
hs_token: "WvaYHoUMhQpcPXfLpUhVdMzNwJfWkdTE"
rate_limited: false
sender_localpart: heisenbridge
namespaces:
  users:
  - regex: '@irc_.*'
    exclusive: true
    group_id: +left:over
  aliases: []
  rooms: []
"#;

fn server() -> protocol::ids::OwnedServerName {
    "example.org".try_into().unwrap()
}

fn user(name: &str) -> OwnedUserId {
    format!("@{name}:example.org").try_into().unwrap()
}

fn mistakes(text: &str) -> Vec<(String, String)> {
    let mistakes = Registration::parse(text, &server()).unwrap_err();
    mistakes.into_iter().map(|m| (m.key.unwrap_or_default(), m.message)).collect()
}

#[test]
fn files_of_bridges_are_read() {
    let irc = Registration::parse(IRC, &server()).unwrap();
    assert_eq!((&*irc.id, irc.url.as_deref()), ("heisenbridge", Some("http://127.0.0.1:9898")));
    assert_eq!(irc.sender, user("heisenbridge"));
    assert!(!irc.is_rate_limited && !irc.receives_ephemeral && !irc.receives_encryption);
    assert!(irc.owns(&user("irc_alice")) && irc.owns(&user("heisenbridge")));
    assert!(!irc.owns(&user("alice")) && !irc.claims_user(&user("alice")));
    let elsewhere: OwnedUserId = "@irc_bob:elsewhere.org".try_into().unwrap();
    assert!(irc.follows(&elsewhere) && !irc.owns(&elsewhere));

    // As the bridges of mautrix write it.
    let whatsapp = r"
id: whatsapp
as_token: this-is-one
hs_token: this-is-another
namespaces:
    users:
        - regex: ^@whatsappbot:example\.org$
          exclusive: true
        - regex: ^@whatsapp_.*:example\.org$
          exclusive: true
url: null
sender_localpart: Zb1TzVhVSFqRNGoW0AXKDNH4mWZKqvpR
rate_limited: false
de.sorunome.msc2409.push_ephemeral: true
receive_ephemeral: true
org.matrix.msc3202: true
io.element.msc4190: true
";
    let found = Registration::parse(
        &whatsapp.replace("Zb1TzVhVSFqRNGoW0AXKDNH4mWZKqvpR", "zb1"),
        &server(),
    )
    .unwrap();
    assert_eq!(found.url, None);
    assert!(found.receives_ephemeral && found.receives_encryption);
    assert!(!found.owns(&user("whatsappbot2")));
}

#[test]
fn mistakes_name_their_key_and_show_no_token() {
    assert_eq!(
        mistakes(&IRC.replace("id: heis", "ident: heis")),
        [(String::new(), "missing field `id`".into())]
    );
    let found = mistakes(&IRC.replace("'@irc_.*'", "'@irc_('"));
    assert_eq!(found[0].0, "namespaces.users[0].regex");
    let found = mistakes(&IRC.replace("exclusive: true", "exclusive: maybe"));
    assert_eq!(found[0].0, "namespaces.users[0].exclusive");
    let found = mistakes(&IRC.replace("http://127", "127"));
    assert_eq!(found[0].0, "url");
    let found = mistakes(&IRC.replace("lBXCLkRGVFpVTVZxSExuTW9FSkVIdXRKY2tF", "12345678901"));
    assert_eq!(found[0].0, "as_token");
    assert!(!found[0].1.contains("12345"), "{found:?}");
    let found = mistakes(&IRC.replace("id: heis", "\tid: [heis"));
    assert!(!found[0].1.contains("heis"), "{found:?}");
    for nothing in ["", "[]", "just a text", "a: b: c"] {
        assert_eq!(mistakes(nothing).len(), 1, "{nothing}");
    }
}
