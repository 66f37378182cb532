#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| chinwag_fuzz::msrp::msrp(data));
