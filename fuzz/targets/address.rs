//! E-mail addresses as somebody types them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rsvp::fuzzing::address(data));
