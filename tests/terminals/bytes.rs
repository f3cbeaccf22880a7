//! Bytes that nobody meant: what a terminal answers late, stored texts that would do something to one, random keys.

use std::time::Duration;

use crate::support::pty::key;
use crate::support::seed;
use crate::{on_list, organisation, url};

/// What terminals answer, late or to somebody who asked before: each would be keys that open a dialog or change
/// somebody.
const ANSWERS: [&str; 14] = [
    "\u{1b}]10;rgb:dddd/dddd/dddd\u{1b}\\",
    "\u{1b}]4;13;rgb:dddd/dede/dfdf\u{7}",
    "\u{1b}]lDelete rrr: ssh server\u{1b}\\",
    "\u{1b}]LDr\u{1b}\\",
    "\u{1b}]52;c;RHJEcg==\u{7}",
    "\u{1b}P1$rD;r\u{1b}\\",
    "\u{1b}P>|XTerm(390) Dr\u{1b}\\",
    "\u{1b}P1+r544e=Dr\u{1b}\\",
    "\u{1b}_Gi=31;Dr\u{1b}\\",
    "\u{1b}^Dr\u{1b}\\",
    "\u{1b}[>41;390;0c",
    "\u{1b}[?62;22c\u{1b}[12;40R\u{1b}[?6;5R",
    "\u{1b}[?2026;2$y\u{1b}[?997;1n",
    "\u{1b}[8;36;120t",
];

const HELP: &str = "Keys · type words";

#[test]
fn what_a_terminal_answers_late_or_to_somebody_else_presses_nothing() {
    let home = organisation();
    let mails = "SELECT kind, state, id FROM outbox ORDER BY id";
    let outbox = || {
        seed::rows(&url(&home), mails, |row| {
            (row.try_get::<String>("", "kind").expect("a kind"), row.try_get::<i64>("", "id").expect("an id"))
        })
    };
    let before = outbox();
    let mut screen = on_list(&home).start();
    screen.wait_for("zoe@example.org");
    // On somebody who is invited: `r` would send an email, `D` ask whether to delete.
    screen.send("j");
    screen.wait_for("\u{258c} Grace");
    for answer in ANSWERS {
        // Whole; in two pieces; with its Esc alone; byte by byte.
        let (half, _) = answer.char_indices().nth(answer.len() / 2).expect("a middle");
        let pieces: [Vec<&str>; 4] = [
            vec![answer],
            vec![&answer[..half], &answer[half..]],
            vec![&answer[..1], &answer[1..]],
            (0..answer.len()).map(|at| &answer[at..=at]).collect(),
        ];
        for pieces in pieces {
            for piece in pieces {
                screen.send(piece);
            }
            // The key after it is a key, and the only one.
            screen.send("?");
            screen.wait_for(HELP);
            screen.send(key::ESCAPE);
            screen.wait_gone(HELP);
            let is_list = screen.shows("all · by name") && screen.shows("grace@navy.example");
            assert!(is_list && !screen.shows("[ Cancel ]"), "{answer:?} {}", screen.picture());
        }
    }
    assert_eq!(outbox(), before);
    screen.send("q");
    assert!(screen.wait_exit().success());
}

/// Texts that would do something to a terminal, had one been shown as it is: each has MARK where it would take effect.
const HOSTILE: [&str; 12] = [
    "\u{1b}[2JMARK",
    "\u{1b}]0;MARK\u{7}",
    "\u{1b}]52;c;TUFSSw==\u{7}MARK",
    "\u{9b}31mMARK",
    "\u{9d}0;MARK\u{9c}",
    "\u{1b}PMARK\u{1b}\\",
    "\u{202e}MARK\u{202c}",
    "\u{2066}MARK\u{2069}",
    "\u{8}\u{8}\u{8}MARK",
    "\r\nMARK",
    "\u{7f}\u{0}MARK",
    "\u{200b}\u{feff}\u{2028}MARK",
];

#[test]
fn no_stored_text_reaches_the_terminal_raw() {
    let home = organisation();
    let quote = |text: &str| text.replace('\'', "''").replace('\0', "");
    let mut statements = Vec::new();
    for (at, text) in HOSTILE.iter().enumerate() {
        home.run(&format!("invite h{at}@example.org --name Hostile{at}")).ends(0);
        let text = quote(text);
        statements.push(format!("UPDATE users SET name = 'H{at} {text}' WHERE email = 'h{at}@example.org'"));
        statements.push(format!("UPDATE links SET message = '{text}' WHERE user_id = (SELECT id FROM users WHERE email = 'h{at}@example.org')"));
        statements.push(format!("UPDATE outbox SET to_name = '{text}' WHERE to_address = 'h{at}@example.org'"));
    }
    statements.push(format!("UPDATE settings SET value = 'Example {}' WHERE key = 'organisation'", quote(HOSTILE[1])));
    statements.push(format!(
        "INSERT INTO workspaces (name, name_key, created_at) VALUES ('W {}', 'w', 0)",
        quote(HOSTILE[0])
    ));
    seed::run(&url(&home), &statements);
    for (columns, rows) in [(120, 36), (50, 20)] {
        let mut screen = on_list(&home).size(columns, rows).start();
        screen.wait_for("H0");
        screen.send("/h");
        screen.wait_for("/ h");
        screen.send(key::ENTER);
        for _ in 0..HOSTILE.len() {
            for keys in
                [key::ENTER, key::ESCAPE, "D", key::ESCAPE, "e", key::ESCAPE, "w", key::ESCAPE, "y", key::ESCAPE, "j"]
            {
                screen.send(keys);
                screen.settle(Duration::from_millis(40));
            }
        }
        for keys in ["2", key::ENTER, key::ESCAPE, "v", key::ESCAPE, ":", "H1", key::ESCAPE, "1", " ", "r", key::ESCAPE]
        {
            screen.send(keys);
            screen.settle(Duration::from_millis(60));
        }
        assert!(screen.shows("MARK"), "{}", screen.picture());
        assert_harmless(screen.raw());
    }
}

/// Says so if anything but the sequences that the program itself sends is in these bytes.
#[track_caller]
fn assert_harmless(raw: &[u8]) {
    let text = std::str::from_utf8(raw).expect("whole letters");
    let hidden = |c: char| matches!(c, '\u{80}'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    assert!(!text.contains(hidden), "a character that is not seen: {:?}", text.chars().find(|c| hidden(*c)));
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        let before = &rest[..at];
        assert!(!before.contains(|c: char| c.is_control()), "a control character: {before:?}");
        rest = &rest[at + 1..];
        let sequence =
            ours(rest).unwrap_or_else(|| panic!("not ours: {:?}", rest.chars().take(40).collect::<String>()));
        rest = &rest[sequence.len()..];
    }
}

/// The sequence of this program that a text begins with, after its Esc.
fn ours(text: &str) -> Option<&str> {
    let ended = |end: usize| text.get(..end);
    if let Some(parameters) = text.strip_prefix('[') {
        let last = parameters.find(|c: char| !matches!(c, '0'..='9' | ';' | '?'))? + 1;
        return "HJKmhltnABCDGdX".contains(text[last..].chars().next()?).then(|| ended(last + 1)).flatten();
    }
    if text.starts_with("]0;") || text.starts_with("]52;c;") {
        // A title or what goes to the clipboard: nothing but letters up to the end.
        let end = text.find('\u{7}')?;
        let inside = &text[..end];
        let letters = !inside.contains(char::is_control);
        return letters.then(|| ended(end + 1)).flatten();
    }
    text.starts_with("]11;?\u{1b}\\").then(|| ended(7)).flatten()
}

#[test]
fn five_thousand_random_keys_leave_the_program_running() {
    let seed = std::env::var("RSVP_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(rand_seed);
    println!("RSVP_TEST_SEED={seed}");
    let home = organisation();
    let mut screen = on_list(&home).start();
    screen.wait_for("grace@navy.example");
    let mut state: u64 = seed;
    let mut next = |below: usize| {
        // xorshift64: any generator does, as long as the seed brings the keys back.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or(0) % below
    };
    // Not those that leave on purpose: q, Ctrl-C, Ctrl-Z.
    let mut keys: Vec<String> = (' '..='~').filter(|c| *c != 'q').map(|c| c.to_string()).collect();
    keys.extend(
        [
            "\r",
            "\t",
            "\u{1b}",
            "\u{7f}",
            "\u{1b}[A",
            "\u{1b}[B",
            "\u{1b}[C",
            "\u{1b}[D",
            "\u{1b}[Z",
            "\u{1b}[5~",
            "\u{1b}[6~",
            "\u{1b}[H",
            "\u{1b}[F",
            "\u{13}",
            "\u{15}",
            "\u{1}",
            "ü",
            "渡",
            "\u{1b}[200~pasted\u{1b}[201~",
        ]
        .map(str::to_owned),
    );
    for at in 0..5_000 {
        let key = keys[next(keys.len())].clone();
        screen.send(&key);
        if at % 50 == 0 {
            screen.settle(Duration::from_millis(5));
        }
    }
    screen.settle(Duration::from_millis(300));
    // Out of whatever is open, and the list is there.
    for _ in 0..12 {
        screen.send(key::ESCAPE);
        screen.settle(Duration::from_millis(60));
    }
    screen.send("1");
    screen.wait_for("q quit");
    screen.send(key::CTRL_C);
    assert!(screen.wait_exit().success());
    assert!(!screen.shows("panicked"), "{}", screen.picture());
}

fn rand_seed() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    std::collections::hash_map::RandomState::new().build_hasher().finish() | 1
}
