//! Frames of the dialect `ietf`, from XML to the answer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| domesday_fuzz::epp("ietf", "ClientX", bytes));
