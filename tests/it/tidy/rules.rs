//! The rules, each a function from a file to its offences.

use std::path::Path;

use super::source::Source;

/// Lines of the longest file that may be, its tests included.
pub(crate) const LONGEST: usize = 800;

/// Design law 2: `model ← store ← registry ← gateway ← {ext, dialect}`, the wiring above all.
///
/// A gateway, an extension and a dialect never touch the store. A dialect may name the extensions that it
/// offers; an extension knows no dialect. A layer's own tests may use the wiring (the sandbox's certificates),
/// as main does, but no layer above theirs.
pub(crate) fn arrows(file: &Source) -> Vec<String> {
    let Some(module) = file.path.strip_prefix("src/").filter(|_| file.is_rust()) else { return Vec::new() };
    let parts: Vec<&str> = module.trim_end_matches(".rs").trim_end_matches("/mod").split('/').collect();
    let own = parts[0];
    if WIRING.contains(&own) {
        return Vec::new();
    }
    let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == own) else {
        return vec![format!(
            "{}: neither a layer nor wiring: give it a place in tests/it/tidy/rules.rs",
            file.path
        )];
    };
    let code = file.code();
    let program_ends = program(file, &code).lines().count();
    let wired = |line: usize, name: &str| line > program_ends && WIRING.contains(&name);
    crate_names(&code, parts.len())
        .into_iter()
        .filter(|(_, name)| name != own && !allowed.contains(&name.as_str()) && has_a_place(name))
        .filter(|(line, name)| !wired(*line, name))
        .map(|(line, name)| format!("{}:{line}: {own} may not name {name}", file.path))
        .collect()
}

/// No file grows beyond what one reads in a sitting.
pub(crate) fn lengths(file: &Source) -> Vec<String> {
    let lines = file.text.lines().count();
    if lines <= LONGEST || !file.is_rust() {
        return Vec::new();
    }
    vec![format!("{}: {lines} lines, {LONGEST} at most", file.path)]
}

/// Names of files, modules and types are words of the field.
pub(crate) fn names(file: &Source) -> Vec<String> {
    if !file.is_rust() {
        return Vec::new();
    }
    let stem = file.path.trim_end_matches(".rs");
    let in_path = stem.split('/').filter_map(|part| {
        empty_word(part).map(|word| format!("{}: {part} says nothing: {word}", file.path))
    });
    let code = file.code();
    let in_code = code.lines().enumerate().flat_map(|(number, line)| {
        declared(line).filter_map(move |name| {
            empty_word(name).map(|word| format!("{}:{}: {name} says nothing: {word}", file.path, number + 1))
        })
    });
    in_path.chain(in_code).collect()
}

/// Below `ext` and `dialect` nothing names an extension's or a dialect's namespace; tests may.
pub(crate) fn namespaces(file: &Source) -> Vec<String> {
    let Some(module) = file.path.strip_prefix("src/").filter(|_| file.is_rust()) else { return Vec::new() };
    let shared = LAYERS.iter().map(|(layer, _)| *layer).filter(|layer| !matches!(*layer, "ext" | "dialect"));
    if !shared
        .into_iter()
        .any(|layer| module.starts_with(&format!("{layer}/")) || module == format!("{layer}.rs"))
    {
        return Vec::new();
    }
    let code = file.code_and_strings();
    let mut offences = Vec::new();
    for (number, line) in program(file, &code).lines().enumerate() {
        let iana = line.match_indices(IANA).map(|(at, _)| {
            let end = line[at..].find(|c: char| !(c.is_alphanumeric() || ":-._".contains(c)));
            &line[at..end.map_or(line.len(), |end| at + end)]
        });
        let iana = iana.filter(|name| !BASE.contains(&&name[IANA.len()..]));
        let words: Vec<&str> =
            iana.chain(FOREIGN.iter().copied().filter(|word| line.contains(word))).collect();
        let place = format!("{}:{}", file.path, number + 1);
        offences.extend(words.iter().map(|name| format!("{place}: {name} belongs to ext/ or dialect/")));
    }
    offences
}

/// Nothing unfinished, no debugging output, no test switched off without a reason.
pub(crate) fn leftovers(file: &Source) -> Vec<String> {
    if !file.is_rust() {
        return Vec::new();
    }
    let code = file.code();
    code.lines()
        .enumerate()
        .flat_map(|(number, line)| {
            let found = LEFTOVERS.iter().filter(move |(word, _)| line.contains(word));
            found.map(move |(_, what)| format!("{}:{}: {what}", file.path, number + 1))
        })
        .collect()
}

/// No path that exists on one machine only, in any text file.
pub(crate) fn machine_paths(file: &Source) -> Vec<String> {
    let mut offences = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        for folder in MACHINES {
            let absolute =
                |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "./_-*}".contains(c));
            if line.match_indices(folder).any(|(at, _)| absolute(at)) {
                offences.push(format!("{}:{}: {folder} is a path of one machine", file.path, number + 1));
            }
        }
    }
    offences
}

/// Each dependency of Cargo.toml has a comment of its own above it.
pub(crate) fn dependencies(manifest: &Source) -> Vec<String> {
    let mut offences = Vec::new();
    let mut inside = false;
    let mut before = "";
    for (number, line) in manifest.text.lines().enumerate() {
        if let Some(section) = line.strip_prefix('[').and_then(|section| section.strip_suffix(']')) {
            inside = section.ends_with("dependencies");
        } else if inside && line.starts_with(|c: char| c.is_alphanumeric()) && !before.starts_with('#') {
            let name = line.split('=').next().unwrap_or_default().trim();
            offences.push(format!("{}:{}: {name} has no comment that says why", manifest.path, number + 1));
        }
        before = line;
    }
    offences
}

/// Every path between backticks, relative to the root or to `src/`, exists. `a/{b,c}.rs` is two paths.
pub(crate) fn promised_paths(map: &Source, root: &Path) -> Vec<String> {
    let mut offences = Vec::new();
    for (number, line) in map.text.lines().enumerate() {
        for quoted in line.split('`').skip(1).step_by(2).filter(|quoted| is_path(quoted)) {
            let missing = expanded(quoted)
                .into_iter()
                .filter(|path| ["", "src", "tests"].iter().all(|base| !root.join(base).join(path).exists()));
            offences
                .extend(missing.map(|path| format!("{}:{}: {path} does not exist", map.path, number + 1)));
        }
    }
    offences
}

/// A file without its tests, which by the house's order come last; nothing of a file that is a test module.
fn program<'code>(file: &Source, code: &'code str) -> &'code str {
    if file.path.ends_with("/tests.rs") || file.path.contains("/tests/") {
        return "";
    }
    // `mod tests;` may stand anywhere: what follows it is still the program.
    let written_here = |&(at, mark): &(usize, &str)| {
        code[at + mark.len()..].lines().next().is_some_and(|rest| rest.contains('{'))
    };
    let tests = code.match_indices("#[cfg(test)]\nmod ").find(written_here);
    tests.map_or(code, |(at, _)| &code[..at])
}

/// What stands directly below the crate's root in `code`: after `crate::`, inside `crate::{…}`, and after as
/// many `super::` as the module is deep. With line numbers.
fn crate_names(code: &str, depth: usize) -> Vec<(usize, String)> {
    let climb = "super::".repeat(depth);
    let mut found = Vec::new();
    for root in ["crate::", climb.as_str()] {
        for (at, _) in code.match_indices(root) {
            let part_of_a_word = code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
            if !part_of_a_word {
                found.extend(heads(code, at + root.len()));
            }
        }
    }
    found.sort();
    found
}

/// The first word of a path, or of each path of a braced list, at byte `from`.
fn heads(code: &str, from: usize) -> Vec<(usize, String)> {
    let line = |at: usize| code[..at].matches('\n').count() + 1;
    if !code[from..].starts_with('{') {
        return vec![(line(from), word(&code[from..]))];
    }
    let mut depth = 0_usize;
    let mut names = Vec::new();
    let mut at_head = false;
    for (offset, c) in code[from..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && (c == '{' || c == ',') {
            at_head = true;
        } else if at_head && !c.is_whitespace() {
            names.push((line(from + offset), word(&code[from + offset..])));
            at_head = false;
        }
    }
    names
}

fn word(text: &str) -> String {
    text.chars().take_while(|&c| c.is_alphanumeric() || c == '_').collect()
}

fn has_a_place(name: &str) -> bool {
    WIRING.contains(&name) || LAYERS.iter().any(|(layer, _)| *layer == name)
}

/// Names of the modules and types that a line declares.
fn declared(line: &str) -> impl Iterator<Item = &str> {
    let words: Vec<&str> = line.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    let pairs: Vec<&str> = words
        .windows(2)
        .filter(|pair| ["struct", "enum", "trait", "type", "mod", "union"].contains(&pair[0]))
        .map(|pair| pair[1])
        .collect();
    pairs.into_iter()
}

/// The word of a name that says nothing. `Service` may lead (ServiceMessage, RFC 5730 §2.9.2.3), not end.
fn empty_word(name: &str) -> Option<&str> {
    let words = split_words(name);
    let is = |word: &str, list: &[&str]| list.contains(&word.to_lowercase().as_str());
    let anywhere = words.iter().copied().find(|word| is(word, EMPTY_WORDS));
    // Alone they are RFC 5730's word for what a login declares (`svcs`).
    let ends = words.last().copied().filter(|word| words.len() > 1 && is(word, &["service", "services"]));
    anywhere.or(ends)
}

/// `SessionManager` and `session_manager` into their words.
fn split_words(name: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut lower_before = false;
    for (at, c) in name.char_indices() {
        if c == '_' || (c.is_uppercase() && lower_before) {
            words.push(&name[start..at]);
            start = if c == '_' { at + 1 } else { at };
        }
        lower_before = c.is_lowercase();
    }
    words.push(&name[start..]);
    words.retain(|word| !word.is_empty());
    words
}

/// A file or folder of the repository, not a placeholder (`DIR/…`) and not prose (`and/or`).
fn is_path(quoted: &str) -> bool {
    let plain = quoted.chars().all(|c| c.is_ascii_alphanumeric() || "/._-{},".contains(c));
    let placeholder =
        quoted.split('/').next().is_some_and(|first| first.chars().all(|c| c.is_ascii_uppercase()));
    let starts = TOP_FOLDERS.iter().any(|folder| quoted.starts_with(folder));
    let ends = [".rs", ".md", ".toml", ".sql", ".py", ".pl", ".epp", "/"]
        .iter()
        .any(|ending| quoted.ends_with(ending));
    plain && !placeholder && (starts || (ends && quoted.len() > 4))
}

fn expanded(path: &str) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else { return vec![path.to_owned()] };
    let Some((list, after)) = rest.split_once('}') else { return vec![path.to_owned()] };
    list.split(',').map(|item| format!("{before}{item}{after}")).collect()
}

/// The layers from the bottom, each with those it may name.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("store", &["model"]),
    ("registry", &["model", "store"]),
    ("gateway", &["model", "registry"]),
    ("ext", &["model", "registry", "gateway"]),
    ("dialect", &["model", "registry", "gateway", "ext"]),
];

/// What puts the layers together.
const WIRING: &[&str] =
    &["lib", "main", "cli", "config", "server", "sandbox", "observe", "admin", "bench", "mail"];

const EMPTY_WORDS: &[&str] = &[
    "manager", "managers", "handler", "handlers", "helper", "helpers", "util", "utils", "common", "dto",
    "dtos",
];

/// The namespaces of the IETF; `BASE` are those of EPP itself and its three objects.
const IANA: &str = "urn:ietf:params:xml:ns:";
const BASE: &[&str] = &["epp-1.0", "eppcom-1.0", "domain-1.0", "contact-1.0", "host-1.0"];

/// Marks of extensions and dialects outside that scheme, and prefixes that only their frames carry.
const FOREIGN: &[&str] = &[
    "nominet.org.uk",
    "epp.tld.ee",
    "eis-1.0",
    "centralnic.com",
    "verisign.com",
    "secDNS",
    "<rgp:",
    "loginSec",
    "changePoll",
    "allocationToken",
    "<fee:",
    "<launch:",
];

const LEFTOVERS: &[(&str, &str)] = &[
    (concat!("to", "do!"), concat!("to", "do!")),
    (concat!("unimpl", "emented!"), concat!("unimpl", "emented!")),
    (concat!("db", "g!"), concat!("db", "g!")),
    (concat!("#[ig", "nore]"), concat!("#[ig", "nore] without a reason")),
];

/// Written in two halves: this file is judged like the others.
const MACHINES: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];

const TOP_FOLDERS: &[&str] = &["src/", "tests/", "doc/", "etc/", "benches/", ".ci/"];
