//! What bringing an older database up to date makes of links that people were shown before anybody kept who was.

use migration::{Migrator, MigratorTrait as _};
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection};

use super::test::each_kind;
use super::{schema, sqlite};

/// Somebody of before: a number, whether they were an administrator, and the moments at which they chose a password, were
/// suspended and were deleted, as the database has them.
fn person(id: i64, administrator: bool, password: &str, suspended: &str, deleted: &str) -> String {
    format!(
        "INSERT INTO users (id, name, name_key, email, email_key, email_sort, search_key, is_administrator, language,
            password_hash, suspended_at, deleted_at, created_at, invited_at, last_sign_in_at, open_expires_at,
            mail_failed_at, asked_at, version)
         VALUES ({id}, 'p{id}', 'p{id}', 'p{id}', 'p{id}', 'p{id}', 'p{id}', {administrator}, 'en',
            {password}, {suspended}, {deleted}, 0, 0, 0, 900, 0, 0, 1)"
    )
}

/// An invited person whose link has their number too, and who was shown it: a kind of actor and a number each.
fn invited(id: i64, shown_to: &[(&str, &str)]) -> Vec<String> {
    let link = format!(
        "INSERT INTO links (id, purpose, user_id, open_key, nonce, key_id, address, issued_at, expires_at)
         VALUES ({id}, 'invitation', {id}, {id}, CAST('n' AS {{bytes}}), 'k', 'p{id}', 5, 900)"
    );
    let shown = shown_to.iter().map(|(kind, by)| {
        format!(
            "INSERT INTO audit (at, actor_kind, actor_id, action, subject_id, detail_hash, origin_hash)
             VALUES (7, '{kind}', {by}, 'link', {id}, CAST('d' AS {{bytes}}), CAST('o' AS {{bytes}}))"
        )
    });
    std::iter::once(link).chain(shown).collect()
}

async fn numbers(db: &DatabaseConnection, sql: &str) -> Vec<i64> {
    let rows = schema::rows(db, sql).await.unwrap();
    rows.iter().map(|row| row.try_get("", "id").unwrap()).collect()
}

const ADA: i64 = 1;
const SUSPENDED: i64 = 2;
const DELETED: i64 = 3;
const DEMOTED: i64 = 4;
const OF_LIBRARY: i64 = 5;
const OF_RESEARCH: i64 = 6;
const ERASED: i64 = 7;

/// The database of an earlier version, with people who were shown links in it.
async fn older(url: &str) -> DatabaseConnection {
    let db = match url.strip_prefix("sqlite://") {
        Some(path) => {
            std::fs::File::create(path).unwrap();
            Database::connect(sqlite::schema_options(path.as_ref())).await.unwrap()
        }
        None => Database::connect(url).await.unwrap(),
    };
    Migrator::up(&db, Some(2)).await.unwrap();
    let mut all = vec![
        person(ADA, true, "'x'", "NULL", "NULL"),
        person(SUSPENDED, true, "'x'", "8", "NULL"),
        person(DELETED, true, "'x'", "NULL", "8"),
        person(DEMOTED, false, "'x'", "NULL", "NULL"),
        person(OF_LIBRARY, false, "'x'", "NULL", "NULL"),
        person(OF_RESEARCH, false, "'x'", "NULL", "NULL"),
        "INSERT INTO workspaces (id, name, name_key, created_at) VALUES (1, 'Library', 'library', 0)".to_owned(),
        "INSERT INTO workspaces (id, name, name_key, created_at) VALUES (2, 'Research', 'research', 0)".to_owned(),
    ];
    all.extend((11..=21).map(|id| person(id, id == 21, "NULL", "NULL", "NULL")));
    let belongs = |workspace: i64, id: i64, role: &str| {
        format!("INSERT INTO memberships (workspace_id, user_id, role) VALUES ({workspace}, {id}, '{role}')")
    };
    all.extend([belongs(1, OF_LIBRARY, "admin"), belongs(2, OF_RESEARCH, "admin")]);
    all.extend([belongs(2, DEMOTED, "member"), belongs(1, 15, "member"), belongs(1, 16, "member")]);
    let user = |id: i64| ("user", id.to_string());
    let nobody = || ("operator", "NULL".to_owned());
    let shown = [
        (11, vec![user(ADA)]),
        (12, vec![user(SUSPENDED)]),
        (13, vec![user(DELETED)]),
        (14, vec![user(DEMOTED)]),
        (15, vec![user(OF_LIBRARY), user(ADA)]),
        (16, vec![user(OF_RESEARCH)]),
        (17, vec![user(ERASED)]),
        (18, vec![nobody()]),
        (19, vec![]),
        (20, vec![user(ADA), user(SUSPENDED)]),
        (21, vec![user(ADA)]),
    ];
    for (id, to) in &shown {
        let to: Vec<(&str, &str)> = to.iter().map(|(kind, by)| (*kind, by.as_str())).collect();
        all.extend(invited(*id, &to));
    }
    let bytes = if url.starts_with("sqlite") { "BLOB" } else { "BYTEA" };
    for sql in all {
        db.execute_unprepared(&sql.replace("{bytes}", bytes)).await.unwrap();
    }
    db
}

#[tokio::test]
async fn an_upgrade_ends_links_that_were_shown_to_somebody_who_may_not_know_them_any_more() {
    let folder = tempfile::tempdir().unwrap();
    for url in each_kind(folder.path()).await {
        let db = older(&url).await;
        schema::bring_up::<Migrator>(&db).await.unwrap();
        // Shown to Ada, to who looks after the person's workspace, to the operator, and to nobody.
        let kept = [11, 15, 18, 19];
        assert_eq!(numbers(&db, "SELECT id FROM links WHERE open_key IS NOT NULL ORDER BY id").await, kept, "{url}");
        let ended = "SELECT id FROM links WHERE ending = 'revoked' AND ended_at = issued_at ORDER BY id";
        assert_eq!(numbers(&db, ended).await, [12, 13, 14, 16, 17, 20, 21], "{url}");
        let listed = "SELECT id FROM users WHERE open_expires_at > 0 AND password_hash IS NULL ORDER BY id";
        assert_eq!(numbers(&db, listed).await, kept, "{url}");
        // Who was shown one that works still is known from now on.
        let views = "SELECT 100 * link_id + user_id AS id FROM link_views ORDER BY link_id, user_id";
        assert_eq!(numbers(&db, views).await, [1_101, 1_501, 1_505], "{url}");
        db.close().await.unwrap();
    }
}
