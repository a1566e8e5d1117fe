//! Frames of the dialect `eis`, from XML to the answer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| domesday_fuzz::epp("eis", "ClientX", bytes));
