use proptest::prelude::*;

use super::*;

fn email(text: &str) -> Result<String, ThreepidError> {
    Threepid::email(text).map(|threepid| threepid.address().to_owned())
}

fn phone(country: &str, number: &str) -> Result<String, ThreepidError> {
    Threepid::phone(country, number).map(|threepid| threepid.address().to_owned())
}

#[test]
fn addresses_have_one_spelling() {
    for (text, address) in [
        ("alice@example.org", "alice@example.org"),
        (" Alice.B+tag@Example.ORG ", "alice.b+tag@example.org"),
        ("Straße@Example.org", "strasse@example.org"),
        ("ΣΊΣΥΦΟΣ@example.org", "σίσυφοσ@example.org"),
        ("bob@localhost", "bob@localhost"),
        ("o'neil@münchen.example", "o'neil@münchen.example"),
    ] {
        assert_eq!(email(text).as_deref(), Ok(address), "{text}");
    }
}

/// What Synapse, Sydent and Element accept by mistake: more than one `@`, white space, lists, control characters.
#[test]
fn what_is_no_address_is_refused() {
    let long = format!("{}@example.org", "x".repeat(65));
    let longer = format!("x@{}", vec!["y".repeat(60); 5].join("."));
    for text in [
        "",
        "@",
        "alice",
        "@example.org",
        "alice@",
        "a@b@example.org",
        "victim@example.org@evil.example",
        "a b@example.org",
        "a@exam ple.org",
        "a@example.org,b@example.org",
        "a@example.org;b@example.org",
        "<a@example.org>",
        "Alice <a@example.org>",
        "\"a b\"@example.org",
        "a@[127.0.0.1]",
        "a@example.org\r\nBcc: b@example.org",
        "a\0@example.org",
        "a\u{7f}@example.org",
        "a\u{202e}@example.org",
        ".a@example.org",
        "a.@example.org",
        "a..b@example.org",
        "a@.example.org",
        "a@example..org",
        "a@example.org.",
        "a@-example.org",
        &long,
        &longer,
    ] {
        assert_eq!(email(text), Err(ThreepidError::Email), "{text:?}");
    }
}

#[test]
fn phone_numbers_become_digits_with_their_countrys_code() {
    for (country, number, digits) in [
        ("GB", "07700 900123", "447700900123"),
        ("gb", "+44 7700 900123", "447700900123"),
        ("GB", "0044 (0)7700-900123", "447700900123"),
        ("DE", "0151/23456789", "4915123456789"),
        ("DE", "15123456789", "4915123456789"),
        ("DE", "4915123456789", "4915123456789"),
        ("US", "(202) 555-0123", "12025550123"),
        ("US", "1-202-555-0123", "12025550123"),
        ("US", "011 44 7700 900123", "447700900123"),
        ("IT", "06 698 1234", "39066981234"),
        ("RU", "8 912 345-67-89", "79123456789"),
        ("HU", "06 20 123 4567", "36201234567"),
        ("FR", "06 12 34 56 78", "33612345678"),
        ("CH", "+41 79 123 45 67", "41791234567"),
        ("JP", "010 1 202 555 0123", "12025550123"),
        ("ES", "612 345 678", "34612345678"),
    ] {
        assert_eq!(phone(country, number).as_deref(), Ok(digits), "{country} {number}");
    }
}

#[test]
fn what_is_no_phone_number_is_refused() {
    for (country, number) in [
        ("GB", ""),
        ("GB", "+"),
        ("GB", "12"),
        ("GB", "+44"),
        ("GB", "07700 900123 ext. 4"),
        ("GB", "0770x900123"),
        ("GB", "+1234567890123456"),
        ("GB", "07700900123; rm"),
        ("GB", "٠٧٧٠٠٩٠٠١٢٣"),
        ("GB", "+0044123456789"),
    ] {
        assert_eq!(phone(country, number), Err(ThreepidError::Phone), "{number:?}");
    }
    for country in ["", "G", "GBR", "XX", "44", "ß"] {
        assert_eq!(phone(country, "07700 900123"), Err(ThreepidError::Country), "{country:?}");
    }
    assert_eq!(Threepid::msisdn("44 7700"), Err(ThreepidError::Phone));
    assert_eq!(Threepid::parse("fax", "447700900123"), Err(ThreepidError::Medium));
    assert_eq!(Threepid::msisdn("+447700900123").unwrap().address(), "447700900123");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::test_cases(256)))]

    /// Whatever is accepted is spelled like that from then on, and can be neither a header nor a list.
    #[test]
    fn a_spelling_stays(text in ".{0,40}", domain in "[A-Za-z0-9.\u{e0}-\u{ff}-]{0,20}") {
        for text in [text.clone(), format!("{text}@{domain}")] {
            if let Ok(threepid) = Threepid::email(&text) {
                let again = Threepid::email(threepid.address());
                prop_assert_eq!(again.as_ref(), Ok(&threepid));
                let no = |c: char| c.is_control() || c.is_whitespace() || ",;<>\"()".contains(c);
                prop_assert!(!threepid.address().contains(no));
            }
            for country in ["GB", "US", "IT"] {
                if let Ok(threepid) = Threepid::phone(country, &text) {
                    prop_assert!(Threepid::msisdn(threepid.address()).is_ok());
                }
            }
        }
    }
}
