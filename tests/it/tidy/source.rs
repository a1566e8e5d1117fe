//! The files of the tree, and Rust text without what is not code.

use std::fs;
use std::path::Path;

/// One text file.
pub(crate) struct Source {
    /// From the repository's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The program alone: no comments, no strings, the lines where they were.
    pub(crate) fn code(&self) -> String {
        strip(&self.text, false)
    }

    /// The program with its strings.
    pub(crate) fn code_and_strings(&self) -> String {
        strip(&self.text, true)
    }
}

/// Every text file of the repository that a person wrote.
pub(crate) fn tree(root: &Path) -> Vec<Source> {
    let mut files = Vec::new();
    walk(root, "", &mut files);
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("the tree can be read") {
        let entry = entry.expect("the tree can be read");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().expect("the tree can be read");
        if kind.is_dir() {
            if !NOT_WRITTEN.contains(&path.as_str()) {
                walk(&entry.path(), &format!("{path}/"), files);
            }
        } else if kind.is_file() && !NOT_WRITTEN.contains(&path.as_str()) {
            // What is not UTF-8 is not text: databases of old releases, hostile frames.
            files.extend(fs::read_to_string(entry.path()).ok().map(|text| Source { path, text }));
        }
    }
}

/// Blanks comments, and string and character literals unless they are kept. Newlines stay.
fn strip(text: &str, keep_strings: bool) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let (taken, keep) = match first {
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), false),
            '/' if rest.starts_with("/*") => (block_comment(rest), false),
            '"' => (quoted(rest, '"'), keep_strings),
            'r' if !is_word(before) => match raw_string(rest) {
                Some(length) => (length, keep_strings),
                None => (1, true),
            },
            '\'' => match character(rest) {
                Some(length) => (length, keep_strings),
                None => (1, true),
            },
            other => (other.len_utf8(), true),
        };
        let (part, after) = rest.split_at(taken);
        if keep {
            code.push_str(part);
        } else {
            code.extend(part.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        before = part.chars().next_back().unwrap_or(' ');
        rest = after;
    }
    code
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Bytes up to the end of the comment that `text` begins with; comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// `r"…"`, `r#"…"#`; the `b` of `br` is a word of its own to us. `None`: an identifier that begins with r.
fn raw_string(text: &str) -> Option<usize> {
    let hashes = text[1..].chars().take_while(|&c| c == '#').count();
    let open = 1 + hashes;
    text[open..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    Some(text[open + 1..].find(&close).map_or(text.len(), |at| open + 1 + at + close.len()))
}

/// `'x'` and `'\n'`. `None`: a lifetime.
fn character(text: &str) -> Option<usize> {
    let second = text[1..].chars().next()?;
    if second == '\\' {
        return Some(quoted(text, '\''));
    }
    let end = 1 + second.len_utf8();
    text[end..].starts_with('\'').then_some(end + 1)
}

/// What tools made, and the history.
const NOT_WRITTEN: &[&str] = &["target", "sandbox", ".git", "Cargo.lock"];

#[test]
fn comments_and_strings_go_and_lines_stay() {
    let text = "a(\"// \\\" no\"); // yes\n/* x /* y */\n */ b::<'c>('\"', r#\"q\"z\"#, '\\'') /// end";
    let code = strip(text, false);
    assert_eq!(code.lines().count(), text.lines().count());
    assert_eq!(code.split_whitespace().collect::<String>(), "a();b::<'c>(,,)");
    let strings = strip(text, true);
    assert!(
        strings.contains("// \\\" no") && strings.contains("q\"z") && !strings.contains("yes"),
        "{strings}"
    );
}
