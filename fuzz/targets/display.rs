//! Text from outside on its way to a screen.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rsvp::fuzzing::display(data));
