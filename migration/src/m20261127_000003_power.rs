//! Roles for the help desk and for auditors; how high whoever suspended or deleted somebody stands; and the count by which
//! a link knows that its user was given more power since.
//!
//! `power_rises` grows whenever a user is given more than they had, and nothing lowers it: a link keeps the number of the
//! moment it was issued, and works while both are the same. `link_views` says who was shown a link.

use sea_orm_migration::prelude::*;

use crate::columns::run;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, ROLES).await?;
        for (column, moment, action) in
            [("suspended_by", "suspended_at", "suspend"), ("deleted_by", "deleted_at", "delete")]
        {
            run(manager, &[&format!("ALTER TABLE users ADD COLUMN {column} TEXT NULL"), &rank(column, moment, action)])
                .await?;
        }
        run(manager, LINKS).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Notes for those who are suspended or deleted already what the log says of who did it: an administrator, unless it was the
/// operator or somebody who administers workspaces now. Where the log says nothing, nobody is held to a rank.
fn rank(column: &str, moment: &str, action: &str) -> String {
    format!(
        "UPDATE users SET {column} = (
            SELECT CASE
                WHEN audit.actor_kind <> 'user' THEN 'operator'
                WHEN audit.actor_id IN (SELECT who.id FROM users who WHERE who.role = 'none')
                    AND audit.actor_id IN (SELECT m.user_id FROM memberships m WHERE m.role = 'admin')
                    THEN 'workspace administrator'
                ELSE 'administrator' END
            FROM audit
            WHERE audit.subject_id = users.id AND audit.action = '{action}' AND audit.at = users.{moment}
            ORDER BY audit.id DESC LIMIT 1)
         WHERE {moment} IS NOT NULL"
    )
}

const ROLES: &[&str] = &[
    "ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT 'none'",
    "UPDATE users SET role = 'administrator' WHERE is_administrator",
    "ALTER TABLE users DROP COLUMN is_administrator",
];

const LINKS: &[&str] = &[
    "ALTER TABLE users ADD COLUMN power_rises BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE links ADD COLUMN power_rises BIGINT NOT NULL DEFAULT 0",
    // Nobody knows of a link of before whether its user had the role when somebody was shown it: it has to be sent again.
    "UPDATE links SET open_key = NULL, ending = 'revoked', ended_at = issued_at
        WHERE open_key IS NOT NULL AND purpose = 'invitation'
          AND user_id IN (SELECT subject_id FROM audit WHERE action = 'link')
          AND (user_id IN (SELECT id FROM users WHERE role <> 'none')
               OR user_id IN (SELECT user_id FROM memberships WHERE role <> 'member'))",
    // What somebody was shown ends with their right to know it: theirs who are suspended, deleted or gone by now, and theirs
    // who administer neither the organisation nor a workspace of the invited person any more.
    "UPDATE links SET open_key = NULL, ending = 'revoked', ended_at = issued_at
        WHERE open_key IS NOT NULL AND purpose = 'invitation'
          AND user_id IN (
            SELECT audit.subject_id FROM audit
            WHERE audit.action = 'link' AND audit.actor_kind = 'user' AND NOT EXISTS (
                SELECT 1 FROM users who
                WHERE who.id = audit.actor_id AND who.status_key = 1 AND (
                    who.role = 'administrator'
                    OR EXISTS (
                        SELECT 1 FROM memberships mine
                        JOIN memberships theirs ON theirs.workspace_id = mine.workspace_id
                        WHERE mine.user_id = who.id AND mine.role = 'admin' AND theirs.user_id = audit.subject_id))))",
    "UPDATE users SET open_expires_at = 0
        WHERE open_expires_at > 0 AND id NOT IN (
            SELECT user_id FROM links WHERE open_key IS NOT NULL AND purpose = 'invitation')",
    "CREATE TABLE link_views (
        link_id BIGINT NOT NULL REFERENCES links (id) ON DELETE CASCADE,
        user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        at BIGINT NOT NULL,
        PRIMARY KEY (link_id, user_id)
    )",
    "CREATE INDEX link_views_user ON link_views (user_id)",
    // How many somebody sent lately.
    "CREATE INDEX links_issued_by ON links (issued_by, issued_at) WHERE issued_by IS NOT NULL",
    "INSERT INTO link_views (link_id, user_id, at)
        SELECT links.id, audit.actor_id, max(audit.at)
        FROM audit
        JOIN links ON links.user_id = audit.subject_id AND links.purpose = 'invitation'
        JOIN users ON users.id = audit.actor_id
        WHERE audit.action = 'link' AND audit.actor_kind = 'user' AND links.open_key IS NOT NULL
        GROUP BY links.id, audit.actor_id",
];
