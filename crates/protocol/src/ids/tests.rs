use super::*;

fn server() -> OwnedServerName {
    OwnedServerName::try_from("example.org").unwrap()
}

#[test]
fn new_user_ids_keep_the_strict_grammar() {
    let make = |name: &str| new_local_user_id(name, &server());
    assert_eq!(make("alice_1.=-/+").unwrap(), "@alice_1.=-/+:example.org");
    for (name, error) in [
        ("", LocalpartError::Empty),
        ("Alice", LocalpartError::Character),
        ("älice", LocalpartError::Character),
        ("a b", LocalpartError::Character),
        ("a:b", LocalpartError::Character),
        ("a\0", LocalpartError::Character),
        ("@alice", LocalpartError::Character),
    ] {
        assert_eq!(make(name), Err(error), "{name:?}");
    }
}

#[test]
fn a_user_id_has_at_most_255_bytes() {
    let room = ID_BYTES_MAX - "@:example.org".len();
    assert_eq!(new_local_user_id(&"a".repeat(room), &server()).unwrap().as_str().len(), 255);
    let too_long = new_local_user_id(&"a".repeat(room + 1), &server());
    assert_eq!(too_long, Err(LocalpartError::TooLong));
}

#[test]
fn login_names_are_localparts_or_ids() {
    let find = |name: &str| local_user_id(name, &server());
    assert_eq!(find("alice").unwrap(), "@alice:example.org");
    assert_eq!(find("@alice:example.org").unwrap(), "@alice:example.org");
    assert_eq!(find("Alice").unwrap(), "@Alice:example.org", "historical users exist");
    assert_eq!(find("@alice:other.org"), Err(LocalpartError::OtherServer));
    assert_eq!(find("@:example.org"), Err(LocalpartError::Empty));
    assert_eq!(find("@alice"), Err(LocalpartError::Character));
    assert_eq!(find(""), Err(LocalpartError::Empty));
}

#[test]
fn generators_are_functions_of_their_entropy() {
    let room = room_id(&server(), &[7; 18]).unwrap();
    assert_eq!(room, room_id(&server(), &[7; 18]).unwrap());
    assert_eq!(room, "!hhhhhhhhhhhhhhhhhh:example.org");
    assert_eq!(device_id(&[0, 1, 25, 26, 255, 5, 6, 7, 8, 9]), "ABZAVFGHIJ");
    assert_eq!(media_id(&[51; 24]), "Z".repeat(24));
    assert_eq!(token(&[0, 26, 52]), "aAa");
}
