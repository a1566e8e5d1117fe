//! Frames of the dialect `nominet_legacy`, from XML to the answer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| domesday_fuzz::epp("nominet_legacy", "EXAMPLE-TAG", bytes));
