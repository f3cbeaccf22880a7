//! Believable people for a benchmark: names of every length, addresses that follow from them, and statuses in the
//! shares that an organisation has. Neighbours in the list differ, as they do in life: a list of "Bulk 1" to "Bulk
//! 1000" flatters whoever counts the bytes of a step.

/// First names.
const FIRST: [&str; 32] = [
    "Ada",
    "Amélie",
    "Anselm",
    "Beatrix",
    "Bo",
    "Chiamaka",
    "Charlotte",
    "Dmitri",
    "Eleonora",
    "Emeka",
    "Fatima",
    "Friedrich",
    "Giulia",
    "Grace",
    "Hyun-woo",
    "Ingrid",
    "Jo",
    "Kateryna",
    "Lars",
    "Maximiliane",
    "Noor",
    "Oluwaseun",
    "Padmé",
    "Quentin",
    "Rosalind",
    "Søren",
    "Tim",
    "Uma",
    "Vivienne",
    "Wanjiru",
    "Xiu",
    "Zoë",
];
/// Last names; their number has no divisor with that of first names, so that every pair comes.
const LAST: [&str; 37] = [
    "Abernathy",
    "Adeyemi",
    "Ås",
    "Brandt",
    "Castellanos",
    "Chen",
    "Dubois",
    "Eriksson",
    "Featherstonehaugh",
    "Fontaine",
    "Gonçalves",
    "Haddad",
    "Hopper",
    "Ito",
    "Jankowski",
    "Kaczmarek",
    "Kovács",
    "Lee",
    "Lovelace",
    "Meyer-Landrut",
    "Mbeki",
    "Ng",
    "Novák",
    "O'Sullivan",
    "Oyelaran",
    "Papadopoulos",
    "Quispe",
    "Ramanathan",
    "Rossi",
    "Schwarzenegger",
    "Tanaka",
    "Ulrich",
    "Vanderbilt",
    "Wu",
    "Yılmaz",
    "Zhang",
    "Zimmermann",
];

/// A name and the address that follows from it, of the person with this number.
pub fn person(number: usize) -> (String, String) {
    let (first, last) = (FIRST[number * 7 % FIRST.len()], LAST[number * 11 % LAST.len()]);
    let domain = if number % 10 == 3 { "example.com" } else { "example.org" };
    (format!("{first} {last}"), format!("{}.{}{number}@{domain}", plain(first), plain(last)))
}

/// Small letters without marks, as they are searched and sorted by.
pub fn plain(text: &str) -> String {
    let letter = |c: char| match c {
        'é' | 'ë' => 'e',
        'á' | 'Å' | 'å' => 'a',
        'ç' => 'c',
        'ø' => 'o',
        'ı' => 'i',
        c => c.to_ascii_lowercase(),
    };
    text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-')).map(letter).collect()
}

/// Statements that make believable people of `seed::invited` ones; all but some are active.
pub fn statements() -> Vec<String> {
    let table = |name: &str, all: &[&str]| {
        let rows: Vec<String> = (0..)
            .zip(all)
            .map(|(at, text): (usize, _)| format!("({at}, '{}', '{}')", text.replace('\'', "''"), plain(text)))
            .collect();
        [
            format!("CREATE TABLE {name} (n BIGINT PRIMARY KEY, shown TEXT, plain TEXT)"),
            format!("INSERT INTO {name} VALUES {}", rows.join(", ")),
        ]
    };
    let names = format!(
        "UPDATE users SET name = f.shown || ' ' || l.shown, name_key = f.plain || ' ' || l.plain,
             email = f.plain || '.' || l.plain || users.id || '@example.org',
             email_key = f.plain || '.' || l.plain || users.id || '@example.org',
             email_sort = f.plain || '.' || l.plain || users.id || '@example.org',
             search_key = f.plain || ' ' || l.plain || ' ' || f.plain || '.' || l.plain || users.id || '@example.org',
             password_hash = CASE WHEN users.id % 8 = 0 THEN NULL ELSE '-' END,
             suspended_at = CASE WHEN users.id % 97 = 0 THEN users.created_at END,
             open_expires_at = CASE WHEN users.id % 8 = 0 THEN users.open_expires_at ELSE 0 END,
             last_sign_in_at = CASE WHEN users.id % 8 = 0 THEN 0 ELSE users.created_at - users.id % 9000 * 100000 END
         FROM bench_first f, bench_last l
         WHERE f.n = users.id * 7 % {} AND l.n = users.id * 11 % {} AND users.email LIKE 'bulk%'",
        FIRST.len(),
        LAST.len()
    );
    let last = ["DROP TABLE bench_first".to_owned(), "DROP TABLE bench_last".to_owned()];
    table("bench_first", &FIRST)
        .into_iter()
        .chain(table("bench_last", &LAST))
        // Their emails would keep the head busy.
        .chain([names, "DELETE FROM outbox".to_owned()])
        .chain(last)
        .chain(["ANALYZE".to_owned()])
        .collect()
}
