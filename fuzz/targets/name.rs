//! Names of people, workspaces and organisations.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rsvp::fuzzing::name(data));
