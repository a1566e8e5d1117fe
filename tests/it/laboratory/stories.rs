//! `domesday sandbox --script`: the documented story, and one that does not end as it should.

use std::path::Path;
use std::process::Command;

/// Plays a story in a sandbox of its own; whether it ended well, and what was printed.
fn play(dir: &Path, story: &str) -> (bool, String, String) {
    let file = dir.join("story.toml");
    std::fs::write(&file, story).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_domesday"));
    let sandbox = dir.join("sandbox");
    program.args(["sandbox", "--port-base", "0", "--clock", "2030-01-01T00:00:00Z"]);
    let ran = program.arg("--dir").arg(&sandbox).arg("--script").arg(&file).output().unwrap();
    assert!(!sandbox.join("sandbox.json").exists(), "it has stopped");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (ran.status.success(), text(ran.stdout), text(ran.stderr))
}

#[test]
fn the_documented_story_ends_as_it_should() {
    let doc = include_str!("../../../doc/sandbox.md");
    let (_, rest) = doc.split_once("## Stories").unwrap();
    let story = rest.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0;
    let dir = tempfile::tempdir().unwrap();
    let (done, told, refused) = play(dir.path(), story);
    assert!(done, "{told}\n{refused}");
    assert!(told.contains("TheRegistrar is cut off"), "{told}");
    assert!(told.trim_end().ends_with("The story ends as it should, after 8 steps."), "{told}");
}

#[test]
fn a_story_speaks_every_dialect() {
    let check = |listener: &str, login: &str, element: &str, name: &str, more: &str| {
        format!(
            "[[step]]\nlistener = \"{listener}\"\nas = \"{login}\"\nsend = \"<check><{element}:check><{element}:name>{name}\
             </{element}:name></{element}:check></check>\"\n{more}\n"
        )
    };
    let fault = |listener: &str| {
        format!(
            "[[step]]\nfault = {{ kind = \"answer-2400\", listener = \"{listener}\", command = \"check\" }}\n"
        )
    };
    let mut story = String::new();
    for (listener, login, element, name) in [
        ("ietf", "ClientX", "domain", "a.example"),
        ("eis", "eesti-epp", "domain-ee", "vaba.ee"),
        ("nominet", "EXAMPLE-TAG", "domain", "free.co.uk"),
        ("nominet", "AB", "domain", "free.co.uk"),
        ("nominet_legacy", "EXAMPLE-TAG", "nom-domain", "free.co.uk"),
    ] {
        story += &check(listener, login, element, name, &format!("contains = [\"{name}\"]"));
        story += &fault(listener);
        story += &check(listener, login, element, name, "code = 2400");
    }
    let dir = tempfile::tempdir().unwrap();
    let (done, told, refused) = play(dir.path(), &story);
    assert!(done, "{told}\n{refused}");
    for (step, sentence) in [
        (check("nominet_plain", "AB", "domain", "a.uk", ""), "no EPP listener nominet_plain with TLS"),
        (check("ietf", "nobody", "domain", "a.example", ""), "the sandbox has no registrar nobody"),
    ] {
        let story_dir = tempfile::tempdir_in(dir.path()).unwrap();
        let (done, _, refused) = play(story_dir.path(), &step);
        assert!(!done && refused.contains(sentence), "{refused}");
    }
}

#[test]
fn a_story_that_goes_otherwise_says_where() {
    let dir = tempfile::tempdir().unwrap();
    let check = "as = \"ClientX\"\nsend = \"<check><domain:check><domain:name>a.example</domain:name>\
                 </domain:check></check>\"\n";
    for (steps, sentence) in [
        (format!("[[step]]\n{check}[[step]]\n{check}code = 2303\n"), "step 2: 2303 was expected; this came:"),
        (
            format!("[[step]]\n{check}contains = [\"avail=\\\"0\\\"\"]\n"),
            "step 1: \"avail=\\\"0\\\"\" was expected",
        ),
        (format!("[[step]]\n{check}lacks = [\"a.example\"]\n"), "step 1: \"a.example\" was not expected"),
        (format!("[[step]]\n{check}cut = true\n"), "step 1: the connection was to be cut"),
        ("[[step]]\nadvance = \"P1D\"\nhappens = [\"domain:purge a.example\"]\n".to_owned(), "was to happen"),
        ("[[step]]\nset = \"2020-01-01T00:00:00Z\"\n".to_owned(), "does not go back"),
        ("[[step]]\nrestore = \"unknown\"\n".to_owned(), "there is no snapshot of this name"),
    ] {
        let story_dir = tempfile::tempdir_in(dir.path()).unwrap();
        let (done, told, refused) = play(story_dir.path(), &steps);
        assert!(!done && refused.contains(sentence), "{steps}: {told}\n{refused}");
    }
}
