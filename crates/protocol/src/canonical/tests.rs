use proptest::prelude::*;

use super::*;

fn fault(json: &str) -> JsonFault {
    parse_object(json.as_bytes()).unwrap_err().fault
}

/// The examples of the specification's appendix.
#[test]
fn examples_of_the_specification() {
    for (given, canonical) in [
        ("{}", "{}"),
        (r#"{"one": 1, "two": "Two"}"#, r#"{"one":1,"two":"Two"}"#),
        (r#"{"b": "2", "a": "1"}"#, r#"{"a":"1","b":"2"}"#),
        (r#"{"本": 2, "日": 1}"#, r#"{"日":1,"本":2}"#),
        (r#"{"a": "日本語"}"#, r#"{"a":"日本語"}"#),
        (r#"{"a": "\u65E5"}"#, r#"{"a":"日"}"#),
        (r#"{"a": null}"#, r#"{"a":null}"#),
        (
            r#"{"auth": {"success": true, "mxid": "@john.doe:example.com", "profile": {"display_name": "John Doe", "three_pids": [{"medium": "email", "address": "john.doe@example.org"}]}}}"#,
            r#"{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"address":"john.doe@example.org","medium":"email"}]},"success":true}}"#,
        ),
    ] {
        assert_eq!(to_string(&parse_object(given.as_bytes()).unwrap()), canonical);
    }
}

#[test]
fn escapes_are_the_shortest() {
    let object =
        parse_object(br#"{"a":"\u0000\u0008\t\n\u000b\f\r\u001f\"\\\/\u007f\u2028"}"#).unwrap();
    assert_eq!(
        to_string(&object),
        "{\"a\":\"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\\\"\\\\/\u{7f}\u{2028}\"}"
    );
}

#[test]
fn keys_are_sorted_by_code_point_not_by_utf16() {
    let object = parse_object("{\"\u{ff5e}\":1,\"\u{1f600}\":2,\"z\":3}".as_bytes()).unwrap();
    assert_eq!(to_string(&object), "{\"z\":3,\"\u{ff5e}\":1,\"\u{1f600}\":2}");
}

#[test]
fn integers_at_the_boundary() {
    for good in ["9007199254740991", "-9007199254740991", "0"] {
        assert_eq!(
            to_string(&parse_object(format!("{{\"a\":{good}}}").as_bytes()).unwrap()),
            format!("{{\"a\":{good}}}")
        );
    }
    for bad in [
        "9007199254740992",
        "-9007199254740992",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "18446744073709551615",
    ] {
        assert_eq!(fault(&format!("{{\"a\":{bad}}}")), JsonFault::IntegerOutOfRange, "{bad}");
    }
    for bad in ["1.0", "1e3", "-0", "-0.0", "1E-1", "18446744073709551616", "1e300"] {
        assert_eq!(fault(&format!("{{\"a\":{bad}}}")), JsonFault::Float, "{bad}");
    }
    assert_eq!(fault("{\"a\":1e999}"), JsonFault::IntegerOutOfRange);
}

#[test]
fn nesting_at_the_boundary() {
    let nested =
        |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
    assert!(parse_object(nested(DEPTH_MAX).as_bytes()).is_ok());
    assert_eq!(fault(&nested(DEPTH_MAX + 1)), JsonFault::TooDeep);
    assert_eq!(fault(&nested(100_000)), JsonFault::TooDeep);
    let objects = "{\"a\":".repeat(100_000);
    assert_eq!(fault(&objects), JsonFault::TooDeep);
}

#[test]
fn what_is_wrong_and_where() {
    let error = parse_object(b"{\"a\":1,\n \"a\":2}").unwrap_err();
    assert_eq!(error.fault, JsonFault::DuplicateKey("a".to_owned()));
    assert_eq!(error.line, 2);
    assert!(!error.is_not_json());
    assert_eq!(fault(r#"{"a":1,"\u0061":2}"#), JsonFault::DuplicateKey("a".to_owned()));
    assert_eq!(fault(r#"{"a":"#), JsonFault::Truncated);
    assert_eq!(fault(""), JsonFault::Truncated);
    assert_eq!(fault("[]"), JsonFault::NotAnObject);
    for syntax in
        ["{} x", "{'a':1}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":NaN}", "{\"a\":1,}", "\u{feff}{}"]
    {
        assert!(matches!(fault(syntax), JsonFault::Syntax(_)), "{syntax}");
    }
    for surrogate in [r#"{"a":"\ud800"}"#, r#"{"a":"\udc00\ud800"}"#, r#"{"\ud800":1}"#] {
        assert!(parse_object(surrogate.as_bytes()).unwrap_err().is_not_json(), "{surrogate}");
    }
    for bytes in [&b"{\"a\":\"\xff\"}"[..], b"{\"\xc3\x28\":1}", b"{\"a\":\"\xed\xa0\x80\"}"] {
        assert!(parse_object(bytes).unwrap_err().is_not_json());
    }
}

#[test]
fn control_characters_in_strings_are_refused() {
    assert!(matches!(fault("{\"a\":\"\n\"}"), JsonFault::Syntax(_)));
}

#[test]
fn serializable_values_become_objects() {
    #[derive(serde::Serialize)]
    struct Plain {
        b: u8,
        a: &'static str,
    }
    assert_eq!(to_string(&object_from(&Plain { b: 1, a: "x" }).unwrap()), r#"{"a":"x","b":1}"#);
    assert_eq!(object_from(&1).unwrap_err().fault, JsonFault::NotAnObject);
    assert_eq!(object_from(&[0.5]).unwrap_err().fault, JsonFault::Float);
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-INTEGER_MAX..=INTEGER_MAX).prop_map(|n| Value::Integer(Int::new(n).unwrap())),
        any::<String>().prop_map(Value::String),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::Array),
            prop::collection::btree_map(any::<String>(), inner, 0..8).prop_map(Value::Object),
        ]
    })
}

proptest! {
    #[test]
    fn writing_and_reading_is_the_identity(value in value()) {
        let object = Object::from([("v".to_owned(), value)]);
        let text = to_string(&object);
        let read = parse_object(text.as_bytes()).unwrap();
        prop_assert_eq!(to_string(&read), text);
        prop_assert_eq!(read, object);
    }

    /// Against serde_json's own reader: what is accepted means the same there, and is accepted there.
    #[test]
    fn the_strict_reader_is_stricter_never_different(text in r#"[\{\}\[\]",:0-9eE+.a-c\\u-]{0,24}"#) {
        if let Ok(value) = parse_value(text.as_bytes()) {
            let theirs: serde_json::Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(serde_json::to_value(&value).unwrap(), theirs);
        }
    }

    #[test]
    fn strings_are_written_as_serde_json_writes_them(text in any::<String>()) {
        let mut ours = String::new();
        write_string(&mut ours, &text);
        prop_assert_eq!(ours, serde_json::to_string(&text).unwrap());
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_value(&bytes);
    }
}
