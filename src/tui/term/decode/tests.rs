//! What comes of what terminals send and hands press.

use proptest::prelude::*;

use super::*;

const MS: Duration = Duration::from_millis(1);
const ANSWERS: [&[u8]; 25] = [
    b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
    b"\x1b]10;rgb:ffff/ffff/ffff\x07",
    b"\x1b]4;1;rgb:cdcd/0000/0000\x1b\\",
    b"\x1b]ldelete everything\x1b\\",
    b"\x1b]Lr\x1b\\",
    "\x1b]ltitle \u{2713} D\x07".as_bytes(),
    b"\x1b]52;c;RERERA==\x07",
    b"\x1bP1$r0m\x1b\\",
    b"\x1bP>|XTerm(390)\x1b\\",
    b"\x1bP!|7E565445\x1b\\",
    b"\x1bP1+r544e=787465726d\x1b\\",
    b"\x1b_Gi=31;OK\x1b\\",
    b"\x1b^private D\x1b\\",
    b"\x1bXstring D\x1b\\",
    b"\x1b[>41;390;0c",
    b"\x1b[?62;22c",
    b"\x1b[=1u",
    b"\x1b[12;40R",
    b"\x1b[?12;40;1R",
    b"\x1b[?2026;2$y",
    b"\x1b[?997;1n",
    b"\x1b[8;36;120t",
    b"\x1b[I",
    b"\x9d10;rgb:0/0/0\x9c",
    b"\x90D1r\x1b\\",
];
const TYPED: [(&str, KeyCode); 12] = [
    ("D", KeyCode::Char('D')),
    ("r", KeyCode::Char('r')),
    ("]", KeyCode::Char(']')),
    ("P", KeyCode::Char('P')),
    ("[", KeyCode::Char('[')),
    ("0", KeyCode::Char('0')),
    ("\u{1b}", KeyCode::Esc),
    ("\r", KeyCode::Enter),
    ("\u{1b}[B", KeyCode::Down),
    ("\u{1b}OQ", KeyCode::F(2)),
    ("\u{1b}[5~", KeyCode::PageUp),
    ("\u{fc}", KeyCode::Char('\u{fc}')),
];

/// What comes of pieces, each so long after the one before it, and of silence at the end.
fn decoded<'a>(pieces: impl IntoIterator<Item = (&'a [u8], Duration)>) -> Vec<Input> {
    let (mut decoder, mut now) = (Decoder::default(), Instant::now());
    for (piece, after) in pieces {
        now += after;
        // As the loop does: what was waited for long enough is decided when it is due.
        while let Some(due) = decoder.deadline().filter(|due| *due <= now) {
            decoder.expire(due);
        }
        decoder.feed(piece, now);
    }
    while let Some(due) = decoder.deadline() {
        decoder.expire(due);
    }
    decoder.take()
}

fn keys(inputs: &[Input]) -> Vec<KeyCode> {
    let key = |input: &Input| if let Input::Key(key) = input { Some(key.code) } else { None };
    inputs.iter().filter_map(key).collect()
}

fn one(text: &str) -> Vec<Input> {
    decoded([(text.as_bytes(), MS)])
}

#[test]
fn no_answer_presses_a_key_whole_or_byte_by_byte() {
    for answer in ANSWERS {
        let shown = String::from_utf8_lossy(answer).into_owned();
        assert_eq!(keys(&decoded([(answer, MS)])), [], "{shown:?}");
        let bytes: Vec<_> = answer.chunks(1).map(|byte| (byte, 40 * MS)).collect();
        assert_eq!(keys(&decoded(bytes)), [], "{shown:?} byte by byte");
    }
}

proptest! {
    #[test]
    fn whatever_answers_come_among_the_keys_exactly_the_keys_are_pressed(
        parts in proptest::collection::vec((0..ANSWERS.len() + TYPED.len(), 0..40_usize, 0..45_u32), 1..12),
    ) {
        let (mut pieces, mut typed) = (Vec::new(), Vec::new());
        for (which, cut, pause) in parts {
            if let Some(answer) = ANSWERS.get(which) {
                // In two pieces, a moment apart.
                let (first, second) = answer.split_at(cut.min(answer.len()));
                pieces.extend([(first, 60 * MS), (second, MS * pause)]);
            } else {
                // As a hand does: a key, and then nothing for a moment.
                let (bytes, code) = TYPED[which - ANSWERS.len()];
                typed.push(code);
                pieces.push((bytes.as_bytes(), 60 * MS));
            }
        }
        pieces.retain(|(piece, _)| !piece.is_empty());
        prop_assert_eq!(keys(&decoded(pieces)), typed);
    }

    #[test]
    fn whatever_bytes_come_a_key_after_a_while_is_that_key(
        bytes in proptest::collection::vec(any::<u8>(), 0..200).prop_filter("a paste waits for its end", |bytes| {
            !bytes.windows(4).any(|part| part == b"200~")
        }),
    ) {
        let inputs = decoded([(&bytes[..], MS), (b"j", Duration::from_secs(5))]);
        let keys = keys(&inputs);
        prop_assert_eq!(keys.last(), Some(&KeyCode::Char('j')));
    }
}

#[test]
fn an_answer_whose_escape_came_long_before_it_still_presses_no_letter() {
    let inputs = decoded([(&b"\x1b"[..], MS), (b"]11;rgb:ff/ff/ff", 300 * MS), (b"\x1b\\", 300 * MS)]);
    assert_eq!(inputs, [Input::Key(KeyCode::Esc.into()), Input::Background(Background::Light)]);
}

#[test]
fn whoever_presses_escape_and_then_a_key_that_begins_an_answer_gets_both() {
    for (then, code) in [("]", ']'), ("P", 'P'), ("[", '['), ("O", 'O'), ("_", '_')] {
        // One after the other, and arrived together over a slow line.
        for after in [200 * MS, MS] {
            let pressed = keys(&decoded([(&b"\x1b"[..], MS), (then.as_bytes(), after)]));
            assert_eq!(pressed, [KeyCode::Esc, KeyCode::Char(code)], "{then} after {after:?}");
        }
    }
}

#[test]
fn an_answer_that_never_ends_keeps_nobody_for_long() {
    let endless = decoded([(&b"\x1b]11;rgb:ff"[..], MS), (b"j", 1_100 * MS)]);
    assert_eq!(keys(&endless), [KeyCode::Char('j')]);
    // Typed into it without a pause: letters for three seconds, every other key at once.
    let held = (0..150).map(|_| (&b"j"[..], 33 * MS));
    let reached = keys(&decoded([(&b"\x1b]11;rgb:ff"[..], MS)].into_iter().chain(held))).len();
    assert!((30..60).contains(&reached), "{reached}");
    for (bytes, code) in [("\r", KeyCode::Enter), ("\u{1b}[A", KeyCode::Up), ("\u{7f}", KeyCode::Backspace)] {
        let left = decoded([(&b"\x1b]11;rgb:ff"[..], MS), (bytes.as_bytes(), 100 * MS)]);
        assert_eq!(keys(&left), [code]);
    }
}

#[test]
fn a_long_answer_is_swallowed_however_long_the_line_takes() {
    let content = "RERE".repeat(50_000);
    let pieces = content.as_bytes().chunks(2_500).map(|piece| (piece, 100 * MS));
    let inputs = decoded([(&b"\x1b]52;c;"[..], MS)].into_iter().chain(pieces).chain([(&b"\x07j"[..], MS)]));
    assert_eq!(keys(&inputs), [KeyCode::Char('j')]);
}

#[test]
fn keys_come_with_their_modifiers() {
    let key = |code, modifiers| vec![Input::Key(KeyEvent::new(code, modifiers))];
    assert_eq!(one("\u{1}"), key(KeyCode::Char('a'), KeyModifiers::CONTROL));
    assert_eq!(one("\u{1c}"), key(KeyCode::Char('4'), KeyModifiers::CONTROL));
    assert_eq!(one("\0"), key(KeyCode::Char(' '), KeyModifiers::CONTROL));
    assert_eq!(one("A"), key(KeyCode::Char('A'), KeyModifiers::SHIFT));
    assert_eq!(one("\u{1b}[1;5C"), key(KeyCode::Right, KeyModifiers::CONTROL));
    assert_eq!(one("\u{1b}[3;2~"), key(KeyCode::Delete, KeyModifiers::SHIFT));
    assert_eq!(one("\u{1b}[Z"), key(KeyCode::BackTab, KeyModifiers::SHIFT));
    assert_eq!(one("\u{1b}[97;5u"), key(KeyCode::Char('a'), KeyModifiers::CONTROL));
    for (text, number) in [("\u{1b}OP", 1), ("\u{1b}[[B", 2), ("\u{1b}[15~", 5), ("\u{1b}[24~", 12)] {
        assert_eq!(one(text), key(KeyCode::F(number), KeyModifiers::NONE));
    }
    assert_eq!(keys(&one("\u{1b}j")), [KeyCode::Esc, KeyCode::Char('j')], "Esc and a key that arrived together");
    assert_eq!(keys(&one("\u{1b}\u{1b}[A")), [KeyCode::Esc, KeyCode::Up]);
}

#[test]
fn clicks_and_the_wheel_come_in_both_ways_of_telling_them() {
    assert_eq!(one("\u{1b}[<0;6;3M\u{1b}[<0;6;3m"), [Input::Click(5, 2)]);
    assert_eq!(one("\u{1b}[M &#\u{1b}[M#&#"), [Input::Click(5, 2)]);
    assert_eq!(one("\u{1b}[<64;6;3M\u{1b}[<65;6;3M\u{1b}[<35;6;3M"), [Input::Wheel(-1), Input::Wheel(1)]);
}

#[test]
fn a_paste_is_text_whatever_is_in_it_and_however_long_it_takes() {
    let pasted = decoded([(&b"\x1b[200~Dr\r\x1b]11;rgb\x1b[20"[..], MS), (b"1~ on", Duration::from_secs(20))]);
    assert_eq!(pasted[0], Input::Paste("Dr\r\u{1b}]11;rgb".to_owned()));
    assert_eq!(keys(&pasted).len(), 3, "and then keys again");
    let much = format!("\u{1b}[200~{}\u{1b}[201~j", "x".repeat(PASTE + 10));
    let [Input::Paste(text), Input::Key(_)] = &*one(&much) else { panic!("a paste and a key") };
    assert_eq!(text.len(), PASTE);
}

#[test]
fn the_release_of_a_key_is_no_key() {
    assert_eq!(one("\u{1b}[114;1:3u"), []);
    assert_eq!(one("\u{1b}[114;1:1u").len(), 1);
}

#[test]
fn a_paste_whose_end_got_lost_swallows_no_interrupt() {
    let open = [(&b"\x1b[200~some text"[..], MS), (b"\x03", Duration::from_secs(5)), (b"j", MS)];
    let [Input::Paste(text), Input::Key(_), Input::Key(_)] = &*decoded(open) else { panic!("a paste and two keys") };
    assert_eq!(text, "some text");
    let [Input::Paste(text)] = &*decoded([(&b"\x1b[200~some"[..], MS), (b"\x03", MS), (b"\x1b[201~", MS)]) else {
        panic!("a byte of the text itself")
    };
    assert_eq!(text, "some\u{3}");
}

#[test]
fn an_answer_that_tells_what_was_shown_is_told() {
    assert_eq!(one("\u{1b}[0n"), [Input::Shown]);
    assert_eq!(one("\u{1b}[3n\u{1b}[?0n"), []);
}
