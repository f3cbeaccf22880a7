//! Codes and links as somebody copies them out of an email.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rsvp::fuzzing::code(data));
