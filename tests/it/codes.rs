//! Every result code is shown by a transcript of the `ietf` dialect, but those that this server never gives.

use std::collections::BTreeSet;
use std::fs;

use domesday::gateway::epp::response::ResultCode;

use crate::transcript::{collect, root};

#[test]
fn every_result_code_is_shown_by_a_transcript() {
    let mut files = Vec::new();
    collect(&root().join("ietf"), &mut files);
    let texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let shown: BTreeSet<u16> = texts
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.strip_prefix("S ")?.parse().ok())
        .collect();
    for code in ResultCode::ALL {
        let (number, text) = (code.number(), code.text());
        if NEVER_GIVEN.contains(code) {
            assert!(!shown.contains(&number), "{number} is given after all: take it out of NEVER_GIVEN");
        } else {
            assert!(shown.contains(&number), "no transcript shows {number} ({text})");
        }
    }
    let known: BTreeSet<u16> = ResultCode::ALL.iter().map(|code| code.number()).collect();
    assert_eq!(shown.difference(&known).collect::<Vec<_>>(), Vec::<&u16>::new(), "a code that is none");
}

/// 2308 is for data that policy forbids to hold, and there is no such policy here.
const NEVER_GIVEN: [ResultCode; 1] = [ResultCode::DataPolicyViolation];
