use serde::Deserialize;
use serde_json::value::RawValue;

use super::*;

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only whether it can be read is looked at")]
struct Sample {
    #[serde(default)]
    limits: Limits,
    #[serde(rename = "content")]
    _content: Option<Box<RawValue>>,
}

#[derive(Debug, Default, Deserialize)]
#[expect(dead_code, reason = "only whether it can be read is looked at")]
struct Limits {
    burst: u32,
}

fn verdict(body: &[u8]) -> String {
    parse::<Sample>(body).map_or_else(|failure| failure.to_string(), |_| "ok".to_owned())
}

#[test]
fn the_place_of_a_mistake_is_named() {
    let wrong = verdict(br#"{"limits":{"burst":"three"}}"#);
    assert!(wrong.starts_with("M_BAD_JSON: limits.burst: invalid type: string"), "{wrong}");
    let missing = verdict(br#"{"limits":{}}"#);
    assert!(missing.starts_with("M_BAD_JSON: limits: missing field `burst`"), "{missing}");
}

#[test]
fn what_is_not_json_is_told_from_what_does_not_fit() {
    for body in [
        "",
        "{",
        "nope",
        "{\"limits\":1,}",
        "{\"limits\":\"x\"} {}",
        "\u{feff}{}",
        "{'limits':{}}",
        "{\"a\":\"\n\"}",
    ] {
        assert!(
            verdict(body.as_bytes()).starts_with("M_NOT_JSON"),
            "{body:?}: {}",
            verdict(body.as_bytes())
        );
    }
    assert!(verdict(b"{\"a\":\"\xff\"}").starts_with("M_NOT_JSON"));
    for body in [
        "[]",
        "null",
        "\"x\"",
        "[{\"burst\":1}]",
        "{\"limits\":{\"burst\":-1}}",
        "{\"limits\":{\"burst\":4294967296}}",
        "{\"limits\":{\"burst\":1e400}}",
    ] {
        let verdict = verdict(body.as_bytes());
        assert!(
            verdict.starts_with("M_BAD_JSON") || verdict.contains("number out of range"),
            "{body:?}: {verdict}"
        );
    }
    assert_eq!(verdict(b" \n{\"limits\":{\"burst\":1},\"unknown\":[1]}"), "ok");
}

#[test]
fn depth_is_limited_even_where_nothing_parses_the_value() {
    let nested = |depth: usize| {
        let content = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        verdict(format!(r#"{{"content":{content}}}"#).as_bytes())
    };
    assert_eq!(nested(DEPTH_MAX - 1), "ok");
    for depth in [DEPTH_MAX, 10_000, 1_000_000] {
        assert!(nested(depth).starts_with("M_BAD_JSON: The body is nested deeper"), "{depth}");
    }
    let brackets_in_text = format!(r#"{{"content":"\"{}"}}"#, "[".repeat(10_000));
    assert_eq!(verdict(brackets_in_text.as_bytes()), "ok");
}
