//! Tidy on small trees that break one rule each, and on our own.
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail as the test itself")]

use std::{fs, path::Path};

use tempfile::TempDir;
use xtask::tidy;

struct Tree(TempDir);

impl Tree {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn with(self, path: &str, text: &str) -> Self {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn with_crate(self, name: &str, layer: i64, dependencies: &str) -> Self {
        let manifest = format!(
            "[package]\nname = \"{name}\"\n[package.metadata.longhouse]\nlayer = {layer}\n\
             [dependencies]\n{dependencies}\n"
        );
        self.with(&format!("crates/{name}/Cargo.toml"), &manifest)
    }

    fn report(&self) -> tidy::Report {
        tidy::run(self.0.path()).unwrap()
    }
}

#[test]
fn arrows_point_down() {
    let tree = Tree::new()
        .with_crate("rooms", 3, "store.workspace = true")
        .with_crate("store", 2, "db.workspace = true")
        .with_crate("db", 2, "");
    assert_eq!(tree.report().violations, Vec::<String>::new());

    let up = Tree::new().with_crate("rooms", 3, "").with_crate("db", 2, "rooms.workspace = true");
    assert!(up.report().violations[0].contains("db (layer 2) depends on rooms (layer 3)"));

    let sideways =
        Tree::new().with_crate("rooms", 3, "sync.workspace = true").with_crate("sync", 3, "");
    assert!(sideways.report().violations[0].contains("rooms (layer 3) depends on sync (layer 3)"));
}

#[test]
fn a_crate_names_its_layer_and_is_named_for_its_content() {
    let tree = Tree::new().with("crates/a/Cargo.toml", "[package]\nname = \"a\"\n").with_crate(
        "room-utils",
        1,
        "",
    );
    let violations = tree.report().violations;
    assert!(violations.iter().any(|v| v.starts_with("a: no [package")), "{violations:?}");
    assert!(violations.iter().any(|v| v.contains("`utils` says nothing")), "{violations:?}");
}

#[test]
fn only_protocol_knows_ruma_outside_tests() {
    let tests_only = "[package]\nname = \"sync\"\n[package.metadata.longhouse]\nlayer = 3\n\
                      [dev-dependencies]\nruma = \"1\"\n";
    let tree = Tree::new()
        .with_crate("protocol", 1, "ruma = \"1\"")
        .with("crates/sync/Cargo.toml", tests_only);
    assert_eq!(tree.report().violations, Vec::<String>::new());
    let tree = tree.with_crate("rooms", 3, "ruma.workspace = true");
    assert_eq!(tree.report().violations, ["rooms imports ruma: only protocol may"]);
}

#[test]
fn leftovers_fail() {
    let leftover = ["fn a() {} // TO", "DO: more\n"].concat();
    let tree = Tree::new()
        .with("crates/a/src/mod.rs", "")
        .with("crates/a/src/utils.rs", "")
        .with("crates/a/src/lib.rs", &leftover);
    let violations = tree.report().violations.join("\n");
    for part in ["foo/mod.rs", "lib.rs:1: bare TO", "utils.rs: the name says nothing"] {
        assert!(violations.contains(part), "{part} in {violations}");
    }
}

#[test]
fn long_functions_and_files_are_reported() {
    let body = "    work();\n".repeat(69);
    let short = format!("fn short() {{\n{}}}\n", "    work();\n".repeat(68));
    let long =
        format!("impl A {{\n    pub async fn long(\n        a: u8,\n    ) {{\n{body}    }}\n}}\n");
    let tree = Tree::new()
        .with("crates/a/src/lib.rs", &(short + &long))
        .with("crates/a/src/big.rs", &"// line\n".repeat(501));
    let found: Vec<String> = tree.report().long.iter().map(|long| long.place.clone()).collect();
    assert_eq!(found, ["crates/a/src/big.rs", "crates/a/src/lib.rs:72 fn long"]);
}

#[test]
fn the_page_of_faults_names_tests_that_are_there() {
    let tree = Tree::new()
        .with("crates/a/src/lib.rs", "async fn nothing_is_lost() {}\n")
        .with("tests/kill/run", "")
        .with("docs/faults.md", "| F1 | `nothing_is_lost`, `tests/kill`, `Secret` | `&self.x` |\n");
    assert_eq!(tree.report().violations, Vec::<String>::new());
    let tree = tree.with("docs/faults.md", "`something_is_lost` `tests/gone` `nothing_is_lost`");
    let expected = ["something_is_lost", "tests/gone"];
    let expected = expected.map(|name| format!("docs/faults.md: there is no `{name}`"));
    assert_eq!(tree.report().violations, expected);
}

#[test]
fn our_own_tree_is_tidy() {
    let root = Path::new("..");
    let report = tidy::run(root).unwrap();
    assert!(report.violations.is_empty(), "{report}");
}
