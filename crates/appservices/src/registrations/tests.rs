use std::io::Write as _;

use tempfile::TempDir;

use super::*;

fn registration(id: &str, token: &str, sender: &str, users: &str) -> String {
    format!(
        "id: {id}\nurl: null\nas_token: {token}\nhs_token: hs_{token}\nsender_localpart: {sender}\n\
         namespaces:\n  users:\n  - {{regex: '{users}', exclusive: true}}\n"
    )
}

fn load_all(texts: &[String]) -> Result<Registrations, Vec<(Option<String>, String)>> {
    let folder = TempDir::new().unwrap();
    let mut files = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let path = folder.path().join(format!("{index}.yaml"));
        fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        files.push(path);
    }
    let server: protocol::ids::OwnedServerName = "example.org".try_into().unwrap();
    Registrations::load(&files, &server)
        .map_err(|invalid| invalid.problems.into_iter().map(|p| (p.key, p.message)).collect())
}

#[test]
fn each_is_found_by_its_token_and_its_names() {
    let all = load_all(&[
        registration("irc", "one", "ircbot", "@irc_.*"),
        registration("xmpp", "two", "xmppbot", "@xmpp_.*"),
    ])
    .unwrap();
    assert_eq!(&*all.by_token("two").unwrap().id, "xmpp");
    assert!(all.by_token("three").is_none() && all.by_token("").is_none());
    assert!(all.by_token("hs_one").is_none());
    let user = |name: &str| -> protocol::ids::OwnedUserId {
        format!("@{name}:example.org").try_into().unwrap()
    };
    assert_eq!(&*all.owner_of_user(&user("irc_bob")).unwrap().id, "irc");
    assert_eq!(&*all.owner_of_user(&user("xmppbot")).unwrap().id, "xmpp");
    assert!(all.owner_of_user(&user("bob")).is_none());
}

#[test]
fn two_that_claim_the_same_are_refused() {
    let irc = registration("irc", "one", "ircbot", "@irc_.*");
    for (other, key) in [
        (registration("irc", "two", "xmppbot", "@xmpp_.*"), "id"),
        (registration("xmpp", "one", "xmppbot", "@xmpp_.*"), "as_token"),
        (registration("xmpp", "two", "ircbot", "@xmpp_.*"), "sender_localpart"),
        (registration("xmpp", "two", "irc_bot", "@xmpp_.*"), "sender_localpart"),
        (registration("xmpp", "two", "xmppbot", "@ircbot.*"), "namespaces.users"),
        (registration("xmpp", "two", "xmppbot", "@irc_.*"), "namespaces.users[0].regex"),
    ] {
        let problems = load_all(&[irc.clone(), other]).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].0.as_deref(), Some(key));
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let server: protocol::ids::OwnedServerName = "example.org".try_into().unwrap();
    let missing = PathBuf::from("/nowhere/irc.yaml");
    let invalid = Registrations::load(std::slice::from_ref(&missing), &server).unwrap_err();
    assert_eq!(invalid.problems[0].file, missing);
    assert!(invalid.to_string().starts_with("/nowhere/irc.yaml: cannot be read"));
}
