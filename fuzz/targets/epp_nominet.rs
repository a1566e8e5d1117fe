//! Frames of the dialect `nominet`, from XML to the answer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| domesday_fuzz::epp("nominet", "EXAMPLE-TAG", bytes));
