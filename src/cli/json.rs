//! Users, mails and pages as `--json` writes them: documented and stable.

use serde_json::{Value, json};

use crate::app::show::Detail;
use crate::domain::invitation::Invitation;
use crate::domain::mail::Mail;
use crate::domain::query::{Cursor, CursorKey};
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserId, UserRow};

/// A user.
pub fn user(user: &User, now: Timestamp) -> Value {
    json!({
        "id": user.id.0,
        "name": user.name.as_str(),
        "email": user.email.as_str(),
        "role": user.role().name(),
        "administrator": user.is_administrator,
        "status": user.status.name(),
        "language": user.language.tag(),
        "workspaces": user.memberships.iter().map(|m| json!({ "name": m.name.as_str(), "role": m.standing.name() }))
            .collect::<Vec<_>>(),
        "created_at": user.created_at.rfc3339(),
        "last_sign_in_at": user.last_sign_in_at.map(Timestamp::rfc3339),
        "version": user.version,
        "invitation": user.invitation.as_ref().map(|i| invitation(i, now)),
    })
}

/// A user with everything that is known.
pub fn detail(detail: &Detail, now: Timestamp) -> Value {
    let mut all = user(&detail.user, now);
    all["invitations"] = detail.invitations.iter().map(|i| invitation(i, now)).collect();
    all["mails"] = detail.mails.iter().map(mail).collect();
    all["history"] = detail
        .history
        .iter()
        .map(|entry| json!({ "at": entry.at.rfc3339(), "actor": entry.actor, "action": entry.action }))
        .collect();
    all
}

fn invitation(invitation: &Invitation, now: Timestamp) -> Value {
    json!({
        "state": invitation.state(now).name(),
        "issued_at": invitation.issued_at.rfc3339(),
        "expires_at": invitation.expires_at.rfc3339(),
    })
}

fn mail(mail: &Mail) -> Value {
    json!({
        "id": mail.id.0,
        "to": mail.to.as_str(),
        "kind": mail.kind.name(),
        "state": mail.state.name(),
        "attempts": mail.attempts,
        "next_at": mail.next_at.map(Timestamp::rfc3339),
        "last_stage": mail.last.as_ref().map(|last| last.stage.as_str()),
        "last_code": mail.last.as_ref().and_then(|last| last.code),
        "last_text": mail.last.as_ref().map(|last| last.text.as_str()),
    })
}

/// A row of a list.
pub fn row(row: &UserRow) -> Value {
    json!({
        "id": row.id.0,
        "name": row.name.as_str(),
        "email": row.email.as_str(),
        "administrator": row.is_administrator,
        "status": row.status.name(),
        "invited_at": row.invited_at.map(Timestamp::rfc3339),
        "link_expires_at": row.open_expires_at.map(Timestamp::rfc3339),
        "last_sign_in_at": row.last_sign_in_at.map(Timestamp::rfc3339),
        "version": row.version,
    })
}

/// A place in a list, as `--after` takes it.
pub fn cursor(cursor: &Cursor) -> String {
    match &cursor.key {
        CursorKey::Number(number) => format!("{}:n:{number}", cursor.id.0),
        CursorKey::Text(text) => format!("{}:t:{text}", cursor.id.0),
    }
}

/// Reads a place back.
pub fn parse_cursor(text: &str) -> Option<Cursor> {
    let (id, rest) = text.split_once(':')?;
    let (kind, key) = rest.split_once(':')?;
    let key = match kind {
        "n" => CursorKey::Number(key.parse().ok()?),
        "t" => CursorKey::Text(key.to_owned()),
        _ => return None,
    };
    Some(Cursor { key, id: UserId(id.parse().ok()?) })
}
