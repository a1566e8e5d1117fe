//! Completeness of the transcripts: every result code of every dialect, and every row of `tests/transcripts/DIALECT/rows.txt`
//! (commands, messages, rows of error tables), is shown by a file, or it is said why it cannot be.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use domesday::gateway::epp::response::ResultCode::{self, *};

use crate::transcript::{collect, root};

/// What a dialect's transcripts say, by path below the dialect's folder.
fn texts(dialect: &str) -> BTreeMap<String, String> {
    let (mut files, folder) = (Vec::new(), root().join(dialect));
    collect(&folder, &mut files);
    let relative = |file: &Path| file.strip_prefix(&folder).unwrap().display().to_string();
    files.iter().map(|file| (relative(file), fs::read_to_string(file).unwrap())).collect()
}

#[test]
fn every_result_code_is_shown_by_a_transcript() {
    for (dialect, never_given) in NEVER_GIVEN {
        let shown: BTreeSet<u16> = texts(dialect)
            .values()
            .flat_map(|text| text.lines())
            .filter_map(|line| line.strip_prefix("S "))
            .flat_map(|codes| codes.split(' ').filter_map(|code| code.parse().ok()))
            .collect();
        for code in ResultCode::ALL {
            let (number, text) = (code.number(), code.text());
            if never_given.iter().any(|(never, _)| never == code) {
                assert!(!shown.contains(&number), "{dialect} gives {number} after all: it is in NEVER_GIVEN");
            } else {
                assert!(shown.contains(&number), "no transcript of {dialect} shows {number} ({text})");
            }
        }
        let known: BTreeSet<u16> = ResultCode::ALL.iter().map(|code| code.number()).collect();
        assert_eq!(shown.difference(&known).collect::<Vec<_>>(), Vec::<&u16>::new(), "a code that is none");
    }
}

/// The codes that a dialect never gives, and why.
const NEVER_GIVEN: [(&str, &[(ResultCode, &str)]); 4] = [
    (
        "ietf",
        &[
            (OkAddressDiscarded, "another dialect's"),
            (DataPolicyViolation, "it is for data that policy forbids to hold, and there is no such policy"),
        ],
    ),
    (
        "eis",
        &[
            (UnimplementedOption, "a login reads neither version nor language"),
            (UnimplementedExtension, "a login declares nothing, and an unknown extension is read over"),
            (NotEligibleForTransfer, "deleteCandidate is a status that nobody sets here"),
            (AuthenticationError, "every failure of a login is 2501"),
            (PendingTransfer, "told as a status, 2304"),
            (NotPendingTransfer, "told as 2303, No transfers found"),
        ],
    ),
    (
        "nominet",
        &[
            (OkAddressDiscarded, "another dialect's"),
            (InvalidAuthInfo, "there is no authInfo"),
            (NotPendingTransfer, "there are no transfers; a case that is none is 2303"),
            (DataPolicyViolation, "no policy forbids to hold data"),
        ],
    ),
    (
        "nominet_legacy",
        &[
            (OkAddressDiscarded, "another dialect's"),
            (InvalidAuthInfo, "there is no authInfo"),
            (NotPendingTransfer, "a case that is none is 2303"),
            (AssociationProhibits, "accounts, people and name servers are not deleted by command"),
            (DataPolicyViolation, "no policy forbids to hold data"),
        ],
    ),
];

#[test]
fn every_row_of_a_sheet_is_shown_by_a_transcript() {
    for dialect in ["eis", "nominet", "nominet_legacy"] {
        let texts = texts(dialect);
        let rows = fs::read_to_string(root().join(dialect).join("rows.txt")).unwrap();
        let mut count = 0;
        for row in rows.lines().filter(|row| !row.is_empty() && !row.starts_with('#')) {
            let (place, shown) = row.split_once(": ").unwrap_or_else(|| panic!("no row: {row}"));
            count += 1;
            if place == "never" {
                // `never: TEXT because REASON`
                let (what, _) = shown.split_once(" because ").unwrap_or_else(|| panic!("no reason: {row}"));
                let given = texts.iter().find(|(_, text)| text.contains(what));
                assert!(given.is_none(), "{dialect} shows it after all: {row}");
                continue;
            }
            let text = texts.get(place).unwrap_or_else(|| panic!("{dialect} has no transcript {place}"));
            assert!(text.contains(shown), "{dialect}/{place} does not show {shown}");
        }
        assert!(count > 50, "{dialect} has {count} rows");
    }
}
