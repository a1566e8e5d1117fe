//! The laws of the house that a compiler does not see, read from the tree itself: the direction of the arrows,
//! lengths, names, namespaces, the paths that ARCHITECTURE.md promises. An offence is shown as `file:line`.
//! Every rule is proved on a wrong sample below, so that a rule that judges nothing is noticed.

mod rules;
mod source;

use std::path::Path;

use source::Source;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn tree() -> Vec<Source> {
    source::tree(root())
}

#[track_caller]
fn clean(offences: &[String]) {
    assert!(offences.is_empty(), "{} offences:\n{}", offences.len(), offences.join("\n"));
}

#[track_caller]
fn offends(rule: impl Fn(&Source) -> Vec<String>, path: &str, text: &str, expected: &[&str]) {
    assert_eq!(rule(&Source::new(path, text)), expected, "{path}:\n{text}");
}

fn each(rule: impl Fn(&Source) -> Vec<String>) -> Vec<String> {
    tree().iter().flat_map(rule).collect()
}

#[test]
fn arrows_go_one_way() {
    clean(&each(rules::arrows));
}

#[test]
fn a_wrong_arrow_is_seen_in_every_spelling() {
    let seen = |path: &str, text: &str, expected: &[&str]| offends(rules::arrows, path, text, expected);
    seen("src/model/name.rs", "\nuse crate::store::Tx;", &["src/model/name.rs:2: model may not name store"]);
    seen(
        "src/store/mod.rs",
        "use crate::{model, registry::Refusal};",
        &["src/store/mod.rs:1: store may not name registry"],
    );
    seen(
        "src/store/sql.rs",
        "use crate::{\n    model::{Name, status},\n    gateway,\n};",
        &["src/store/sql.rs:3: store may not name gateway"],
    );
    seen(
        "src/registry/domain/create.rs",
        "fn f() { super::super::super::ext::g() }",
        &["src/registry/domain/create.rs:1: registry may not name ext"],
    );
    seen(
        "src/registry/mod.rs",
        "use super::dialect;",
        &["src/registry/mod.rs:1: registry may not name dialect"],
    );
    seen(
        "src/gateway/epp/frame.rs",
        "fn f(tx: &mut crate::store::Tx) {}",
        &["src/gateway/epp/frame.rs:1: gateway may not name store"],
    );
    seen(
        "src/ext/rgp/mod.rs",
        "use crate::dialect::ietf;",
        &["src/ext/rgp/mod.rs:1: ext may not name dialect"],
    );
    seen(
        "src/registry/poll.rs",
        "use crate::config::Config;",
        &["src/registry/poll.rs:1: registry may not name config"],
    );
    seen(
        "src/gateway/tls/tests.rs",
        "use crate::store::Tx;",
        &["src/gateway/tls/tests.rs:1: gateway may not name store"],
    );
    seen(
        "src/gateway/tls.rs",
        "#[cfg(test)]\nmod tests;\nuse crate::sandbox::pki;",
        &["src/gateway/tls.rs:3: gateway may not name sandbox"],
    );
    seen(
        "src/stuff.rs",
        "",
        &["src/stuff.rs: neither a layer nor wiring: give it a place in tests/it/tidy/rules.rs"],
    );
}

#[test]
fn a_right_arrow_is_let_be() {
    let allowed = |path: &str, text: &str| offends(rules::arrows, path, text, &[]);
    allowed("src/store/mod.rs", "use crate::model::{self, name::DomainName};");
    allowed("src/dialect/ietf/mod.rs", "use crate::{ext::rgp, gateway::epp, registry::Refusal};");
    allowed(
        "src/gateway/epp/error.rs",
        "//! [`crate::store::Tx`] is out of reach.\nuse crate::registry::Refusal;",
    );
    allowed("src/server.rs", "use crate::{dialect, store};");
    allowed("src/model/name.rs", "use super::registrar; const S: &str = \"crate::store\";");
    allowed("src/gateway/tls/tests.rs", "use crate::sandbox::pki;");
    allowed(
        "src/registry/poll.rs",
        "fn f() {}\n\n#[cfg(test)]\nmod tests {\n    use crate::sandbox::pki;\n}",
    );
    // A module of the same layer that merely shares a layer's name.
    allowed("src/registry/domain/check.rs", "use super::super::store;");
}

#[test]
fn files_are_short_enough_to_read() {
    clean(&each(rules::lengths));
}

#[test]
fn a_long_file_is_seen() {
    offends(rules::lengths, "src/a.rs", &"\n".repeat(rules::LONGEST), &[]);
    offends(
        rules::lengths,
        "src/a.rs",
        &"\n".repeat(rules::LONGEST + 1),
        &["src/a.rs: 801 lines, 800 at most"],
    );
}

#[test]
fn names_are_field_words() {
    clean(&each(rules::names));
}

#[test]
fn an_empty_name_is_seen() {
    offends(
        rules::names,
        "src/a.rs",
        "pub struct SessionManager;\nenum CommandHandler {}\ntype Dto = u8;",
        &[
            "src/a.rs:1: SessionManager says nothing: Manager",
            "src/a.rs:2: CommandHandler says nothing: Handler",
            "src/a.rs:3: Dto says nothing: Dto",
        ],
    );
    offends(
        rules::names,
        "src/gateway/xml_util.rs",
        "",
        &["src/gateway/xml_util.rs: xml_util says nothing: util"],
    );
    offends(
        rules::names,
        "src/common/name.rs",
        "mod helpers;",
        &[
            "src/common/name.rs: common says nothing: common",
            "src/common/name.rs:1: helpers says nothing: helpers",
        ],
    );
    offends(
        rules::names,
        "src/a.rs",
        "struct EppService;",
        &["src/a.rs:1: EppService says nothing: Service"],
    );
    // RFC 5730's own word.
    offends(rules::names, "src/registry/poll.rs", "pub struct ServiceMessage; // no Manager", &[]);
}

#[test]
fn extensions_and_dialects_are_named_in_their_folders_only() {
    clean(&each(rules::namespaces));
}

#[test]
fn a_namespace_in_the_wrong_place_is_seen() {
    let text = "const A: &str = \"urn:ietf:params:xml:ns:domain-1.0\";\nconst B: &str = \"urn:ietf:params:xml:ns:rgp-1.0\";";
    offends(
        rules::namespaces,
        "src/gateway/epp/response.rs",
        text,
        &["src/gateway/epp/response.rs:2: urn:ietf:params:xml:ns:rgp-1.0 belongs to ext/ or dialect/"],
    );
    offends(rules::namespaces, "src/ext/rgp/mod.rs", text, &[]);
    offends(
        rules::namespaces,
        "src/registry/poll.rs",
        "f(\"http://www.nominet.org.uk/epp/xml/std-notifications-1.2\")",
        &["src/registry/poll.rs:1: nominet.org.uk belongs to ext/ or dialect/"],
    );
    offends(
        rules::namespaces,
        "src/gateway/xml.rs",
        "// secDNS\n#[cfg(test)]\nmod tests { const A: &str = \"<secDNS:x/>\"; }",
        &[],
    );
}

#[test]
fn nothing_is_left_half_done() {
    clean(&each(rules::leftovers));
}

#[test]
fn a_leftover_is_seen() {
    let text = concat!(
        "fn f() { to",
        "do!() }\n#[ig",
        "nore]\nfn g() {}\n// to",
        "do!() in words\n#[ig",
        "nore = \"slow\"]"
    );
    offends(
        rules::leftovers,
        "src/a.rs",
        text,
        &[concat!("src/a.rs:1: to", "do!"), concat!("src/a.rs:2: #[ig", "nore] without a reason")],
    );
}

#[test]
fn no_path_leads_to_one_machine() {
    clean(&each(rules::machine_paths));
}

#[test]
fn a_path_of_one_machine_is_seen() {
    let text = concat!("cd /ho", "me/ada/domesday\nhttps://example.org/ho", "me/page\n");
    offends(
        rules::machine_paths,
        "doc/run.md",
        text,
        &[concat!("doc/run.md:1: /ho", "me/ is a path of one machine")],
    );
}

#[test]
fn every_dependency_says_why() {
    let manifest = tree().into_iter().find(|file| file.path == "Cargo.toml").expect("Cargo.toml is there");
    clean(&rules::dependencies(&manifest));
}

#[test]
fn a_dependency_without_a_reason_is_seen() {
    let text = "[package]\nname = \"x\"\n[dependencies]\n# Why.\na = \"1\"\nb = \"1\"\n[dev-dependencies]\nc = [\n  \"d\"\n]\n";
    offends(
        rules::dependencies,
        "Cargo.toml",
        text,
        &["Cargo.toml:6: b has no comment that says why", "Cargo.toml:8: c has no comment that says why"],
    );
}

#[test]
fn documents_name_what_exists() {
    for name in ["ARCHITECTURE.md", "doc/epp.md", "doc/lifecycle.md"] {
        let text = std::fs::read_to_string(root().join(name)).expect("the document is there, and text");
        clean(&rules::promised_paths(&Source::new(name, &text), root()));
    }
}

#[test]
fn a_promised_path_that_is_not_there_is_seen() {
    let text = "`Cargo.toml`, `src/lib.rs` and `tests/it/{main,tidy}.rs` are, `src/nowhere.rs` is not.\n\
                `model/nothing.rs`; words: `domain:create`, `and/or`, `DIR/sandbox.json`, `it/{main,tidy}.rs`";
    let rule = |file: &Source| rules::promised_paths(file, root());
    offends(
        rule,
        "ARCHITECTURE.md",
        text,
        &[
            "ARCHITECTURE.md:1: src/nowhere.rs does not exist",
            "ARCHITECTURE.md:2: model/nothing.rs does not exist",
        ],
    );
}
