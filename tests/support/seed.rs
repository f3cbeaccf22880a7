//! Many invited people at once, with an invitation and an email that waits for each: rows as the use cases write them,
//! in a few statements.

use sea_orm::{ConnectionTrait, Database};

/// Adds so many invited people to an organisation's database; their addresses are `bulk1@example.org` and so on.
pub fn invited(url: &str, count: usize) {
    let (now, nonce) = if url.starts_with("postgres") {
        ("CAST(extract(epoch FROM now()) * 1000 AS BIGINT)", "decode(md5(CAST(id AS TEXT)), 'hex')")
    } else {
        ("CAST(strftime('%s', 'now') AS INTEGER) * 1000", "randomblob(16)")
    };
    let later = format!("{now} + 604800000");
    let statements = [
        format!(
            "INSERT INTO users (name, name_key, email, email_key, email_sort, search_key, role, language,
                 created_at, invited_at, last_sign_in_at, open_expires_at, mail_failed_at, asked_at, version)
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
             SELECT 'Bulk ' || i, 'bulk ' || i, 'bulk' || i || '@example.org', 'bulk' || i || '@example.org',
                 'bulk' || i || '@example.org', 'bulk ' || i || ' bulk' || i || '@example.org', 'none', 'en',
                 {now}, {now}, 0, {later}, 0, 0, 1 FROM n"
        ),
        format!(
            "INSERT INTO links (purpose, user_id, open_key, nonce, key_id, address, issued_at, issued_by, expires_at)
             SELECT 'invitation', id, id, {nonce}, (SELECT value FROM settings WHERE key = 'key_fingerprint'), email,
                 {now}, 1, {later} FROM users WHERE email LIKE 'bulk%'"
        ),
        format!(
            "INSERT INTO outbox (kind, user_id, subject_id, to_address, to_name, message_id, state, created_at, next_at,
                 not_after, attempts, crashes, lease, lease_until)
             SELECT 'invitation', u.id, i.id, u.email, u.name, 'bulk-' || u.id || '@example.org', 'queued', {now}, {now},
                 {later}, 0, 0, 0, 0
             FROM links i JOIN users u ON u.id = i.user_id WHERE u.email LIKE 'bulk%'"
        ),
    ];
    run(url, &statements);
}

/// How many emails are in each state.
pub fn states(url: &str) -> Vec<(String, i64)> {
    let statement = "SELECT state, count(*) AS n FROM outbox GROUP BY state ORDER BY state";
    rows(url, statement, |row| (row.try_get("", "state").expect("text"), row.try_get("", "n").expect("a number")))
}

pub fn rows<T>(url: &str, statement: &str, read: impl Fn(&sea_orm::QueryResult) -> T) -> Vec<T> {
    runtime().block_on(async {
        let db = Database::connect(url).await.expect("the database");
        let statement = sea_orm::Statement::from_string(db.get_database_backend(), statement);
        let rows = db.query_all_raw(statement).await.expect("rows");
        db.close().await.expect("an end");
        rows.iter().map(read).collect()
    })
}

/// Does something while another program holds the database for writing.
pub fn while_held<T>(url: &str, work: impl FnOnce() -> T) -> T {
    let runtime = runtime();
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1);
    let holder = runtime.block_on(Database::connect(options)).expect("the database");
    runtime.block_on(holder.execute_unprepared("BEGIN IMMEDIATE")).expect("the lock");
    let done = work();
    runtime.block_on(holder.execute_unprepared("ROLLBACK")).expect("an end");
    runtime.block_on(holder.close()).expect("an end");
    done
}

pub fn run(url: &str, statements: &[String]) {
    runtime().block_on(async {
        let db = Database::connect(url).await.expect("the database");
        for statement in statements {
            db.execute_unprepared(statement).await.unwrap_or_else(|error| panic!("{error}: {statement}"));
        }
        db.close().await.expect("an end");
    });
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}
