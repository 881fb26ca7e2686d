use proptest::prelude::*;

use super::*;

fn read(html: &str) -> Page {
    let mut reader = Reader::new(Some("text/html; charset=utf-8"));
    reader.write(html.as_bytes());
    reader.finish()
}

fn property<'a>(page: &'a Page, name: &str) -> Option<&'a str> {
    page.properties.get(name).map(String::as_str)
}

#[test]
fn open_graph_comes_first() {
    let page = read(
        r#"<!DOCTYPE html><html prefix="og: https://ogp.me/ns#"><head>
        <title>The Rock (1996)</title>
        <meta property="og:title" content="The Rock &amp; Roll">
        <meta property="og:title" content="A second one">
        <meta property="og:type" content="video.movie" />
        <meta property="OG:Site_Name" content="IMDb">
        <meta property="og:image" content="/rock.jpg?a=1&amp;b=2">
        <meta property="og:image:width" content="9999">
        <meta property="og:description" content="">
        <meta name="twitter:title" content="No">
        <meta name="twitter:image" content="/no.jpg">
        <meta name=description content='A group of
          marines'>
        <link rel="alternate" type="application/json+oembed" href="/oembed?x=1&amp;y=2">
        </head><body><p>Not this, though it is long enough to be taken for a description.</p>"#,
    );
    assert_eq!(property(&page, "og:title"), Some("The Rock & Roll"));
    assert_eq!(property(&page, "og:type"), Some("video.movie"));
    assert_eq!(property(&page, "og:site_name"), Some("IMDb"));
    assert_eq!(property(&page, "og:description"), Some("A group of marines"));
    assert_eq!(property(&page, "og:image:width"), None);
    assert_eq!(page.image.as_deref(), Some("/rock.jpg?a=1&b=2"));
    assert_eq!(page.oembed.as_deref(), Some("/oembed?x=1&y=2"));
}

#[test]
fn twitter_titles_and_paragraphs_stand_in() {
    let page = read(
        r#"<head><meta name="twitter:title" content="T"><meta property="twitter:description" content="D">
        <meta name="twitter:image:src" content="/t.png"></head>"#,
    );
    assert_eq!(
        (property(&page, "og:title"), property(&page, "og:description")),
        (Some("T"), Some("D"))
    );
    assert_eq!(page.image.as_deref(), Some("/t.png"));

    let page = read(
        "<title>\n Chapter&nbsp;1 </title><body><svg><title>icon</title></svg><h1>No</h1><p>Menu</p>
        <p>It is a <b>truth</b> universally<script>no()</script> acknowledged &lt;b&gt;.<p>And more of it, in a second paragraph of the page",
    );
    assert_eq!(property(&page, "og:title"), Some("Chapter 1"));
    let text = "It is a truth universally acknowledged <b>. And more of it, in a second paragraph of the page";
    assert_eq!(property(&page, "og:description"), Some(text));
    let page = read("<link rel='image_src' href=a.gif><h1>Head <i>line</i></h1><h1>other</h1>");
    assert_eq!(property(&page, "og:title"), Some("Head line"));
    assert_eq!(page.image.as_deref(), Some("a.gif"));
    assert_eq!(read(""), Page::default());
    assert_eq!(read("<p>short</p> text"), Page::default());
}

#[test]
fn a_page_of_a_million_elements_in_each_other_is_read_up_to_a_limit() {
    // F11 and B15 of the faults: on a thread with a small stack, in little memory, in a second.
    let read_deep = || {
        for element in ["<div>", "<p>", "<svg><g>", "<b><i>", "<table><tr><td>"] {
            let began = std::time::Instant::now();
            let mut reader = Reader::new(None);
            reader.write(b"<title>Deep</title>");
            for _ in 0..1_000 {
                reader.write(element.repeat(1_000).as_bytes());
            }
            let page = reader.finish();
            assert_eq!(property(&page, "og:title"), Some("Deep"));
            assert!(began.elapsed().as_secs() < 20, "{element}: {:?}", began.elapsed());
        }
    };
    std::thread::Builder::new().stack_size(256 * 1_024).spawn(read_deep).unwrap().join().unwrap();
}

#[test]
fn long_tags_texts_and_many_properties_are_cut() {
    let mut page = "<meta property='og:title' content='".to_owned() + &"t".repeat(100_000) + "'>";
    for n in 0..10_000 {
        page.push_str("<meta property='og:x");
        page.push_str(&n.to_string());
        page.push_str("' content='y'>");
    }
    page += &("<meta property='og:".to_owned() + &"n".repeat(1_000) + "' content=x>");
    let page = read(&page);
    assert!(page.properties.len() <= 51);
    assert!(page.properties["og:title"].chars().count() <= 501);
    // A tag without an end is more than the parser keeps.
    let mut reader = Reader::new(None);
    reader.write(b"<title>Endless</title><meta content='");
    for _ in 0..100 {
        reader.write(&vec![b'x'; 100_000]);
    }
    assert!(reader.is_done());
    assert_eq!(property(&reader.finish(), "og:title"), Some("Endless"));
}

#[test]
fn reading_ends_where_nothing_more_is_needed() {
    let mut reader = Reader::new(Some("text/html; charset=utf-8"));
    reader.write(b"<head><meta property=og:title content=a><meta property=og:image content=b>");
    reader.write(b"<meta property=og:description content=c>");
    assert!(!reader.is_done());
    reader.write(b"</head><body>");
    assert!(reader.is_done());
}

proptest! {
    /// However a page is cut into pieces, it says the same; and no page makes the reader panic.
    #[test]
    fn pieces_do_not_matter(
        parts in prop::collection::vec(prop_oneof![
            Just("<meta property='og:title' content='Ä&amp;b'>"), Just("<title>T&lt;</title>"), Just("<p>"), Just("</p>"),
            Just("some words of a paragraph that is long enough, &eacute; "), Just("<!-- x -->"), Just("<script>a<b</script>"),
            Just("<svg>"), Just("</svg>"), Just("<"), Just("<meta"), Just("&#"), Just("'"), Just("\""), Just("<![CDATA[")
        ], 0..30),
        size in 1_usize..50,
    ) {
        let html = parts.concat();
        let mut reader = Reader::new(Some("text/html; charset=utf-8"));
        for piece in html.as_bytes().chunks(size) {
            reader.write(piece);
        }
        prop_assert_eq!(reader.finish(), read(&html));
    }
}
