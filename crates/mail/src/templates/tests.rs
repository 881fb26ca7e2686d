use std::fs;

use tempfile::TempDir;

use super::*;

fn render(templates: &Templates, letter: &Letter) -> Words {
    templates.render(letter, "Our <Chat>", "example.org", "alice@example.org").unwrap()
}

#[test]
fn every_kind_has_its_words() {
    let templates = Templates::load(None).unwrap();
    assert_eq!(BUILT_IN.len(), 1 + PARTS.len() * Kind::ALL.len());
    for kind in Kind::ALL {
        let words = render(&templates, &kind.sample());
        assert!(!words.subject.is_empty() && !words.subject.contains('\n'), "{kind:?}");
        assert!(words.text.contains("Our <Chat>"), "{kind:?}: {}", words.text);
        assert!(words.html.contains("Our &lt;Chat&gt;"), "{kind:?}: {}", words.html);
        assert!(!words.html.contains("<Chat>"), "{kind:?}");
    }
}

#[test]
fn links_are_in_the_text_and_in_the_page() {
    let templates = Templates::load(None).unwrap();
    for kind in [Kind::Register, Kind::AddAddress, Kind::ResetPassword] {
        let words = render(&templates, &kind.sample());
        assert!(words.text.contains("https://example.org/verify?sid=a&token=b"), "{kind:?}");
        assert!(words.text.contains("1 hour"), "{kind:?}");
        assert!(words.html.contains("verify?sid=a&amp;token=b\""), "{kind:?}: {}", words.html);
    }
}

/// A11: what somebody has typed is neither a header nor markup.
#[test]
fn values_cannot_break_out() {
    let templates = Templates::load(None).unwrap();
    let hostile = "@a:x\r\nBcc: victim@example.org\r\n\r\n<script>alert(1)</script>{{ link }}";
    let letter = Kind::AddressInUse.sample().with("user_id", hostile);
    let words = render(&templates, &letter);
    assert!(!words.html.contains("<script>"), "{}", words.html);
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("address_in_use.subject.txt"), "About {{ user_id }}\n").unwrap();
    let templates = Templates::load(Some(folder.path())).unwrap();
    let words = render(&templates, &letter);
    assert!(words.subject.starts_with("About @a:x Bcc: victim"), "{}", words.subject);
    assert!(!words.subject.contains(['\r', '\n']));
    assert!(words.subject.contains("{{ link }}"), "a value is no template: {}", words.subject);
    let long = letter.with("user_id", "x".repeat(10_000));
    assert_eq!(render(&templates, &long).subject.chars().count(), SUBJECT_CHARS_MAX);
}

#[test]
fn an_administrators_words_win() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("test.txt"), "Hallo {{ address }}").unwrap();
    fs::write(folder.path().join("layout.html"), "<b>{% block body %}{% endblock %}</b>").unwrap();
    fs::write(folder.path().join("notes.md"), "not a template").unwrap();
    let words = render(&Templates::load(Some(folder.path())).unwrap(), &Letter::new(Kind::Test));
    assert_eq!(words.text, "Hallo alice@example.org");
    assert!(words.html.trim().starts_with("<b>"), "{}", words.html);
}

#[test]
fn a_wrong_template_is_named_at_the_start() {
    for (name, source, expected) in [
        ("test.txt", "{{ nothing_of_this_name }}", "test.txt: undefined value"),
        ("test.html", "{% if %}", "test.html: syntax error"),
        ("register.txt", "{{ user_id }}", "register.txt: undefined value"),
        ("registre.txt", "x", "registre.txt is not the name of a template"),
        ("test.subject.txt", "{% include 'other.txt' %}", "test.subject.txt: template not found"),
    ] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join(name), source).unwrap();
        let error = Templates::load(Some(folder.path())).unwrap_err().to_string();
        assert!(error.contains(expected), "{name}: {error}");
    }
    let nowhere = Path::new("/nonexistent/of/this/name");
    assert!(matches!(Templates::load(Some(nowhere)), Err(TemplateError::Unreadable { .. })));
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("test.txt"), " ".repeat(300 * 1024)).unwrap();
    assert!(matches!(Templates::load(Some(folder.path())), Err(TemplateError::TooLong(_))));
}
