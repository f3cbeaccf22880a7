//! Users, emails and pages as `--json` writes them: documented and stable.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::app::mail::list_mails;
use crate::app::users::show::{Detail, Everything};
use crate::domain::audit::Entry;
use crate::domain::link::Link;
use crate::domain::mail::{Mail, MailKind, MailState};
use crate::domain::query::{Cursor, CursorKey};
use crate::domain::role::OrganisationRole;
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserId};

pub fn user(detail: &Detail, now: Timestamp) -> Value {
    let user = &detail.user;
    json!({
        "id": user.id.0,
        "name": user.name.as_str(),
        "email": user.email.as_str(),
        "role": user.role().name(),
        "administrator": user.organisation_role == OrganisationRole::Administrator,
        "organisation_role": user.organisation_role.name(),
        "status": user.status.name(),
        "language": user.language.tag(),
        "workspaces": user.memberships.iter().map(|m| json!({ "name": m.name.as_str(), "role": m.role.name() }))
            .collect::<Vec<_>>(),
        "created_at": user.created_at.rfc3339(),
        "last_sign_in_at": user.last_sign_in_at.map(Timestamp::rfc3339),
        "ssh": user.ssh,
        "version": user.version,
        "email_change": user.email_change.as_ref().map(|change| json!({
            "to": change.to.as_str(),
            "state": change.state(now).name(),
            "issued_at": change.issued_at.rfc3339(),
            "expires_at": change.expires_at.rfc3339(),
        })),
        "invitation": user.invitation.as_ref().map(|i| latest(i, detail, now)),
    })
}

/// A user who was invited a moment ago: what is stored of them is known, and their mail waits.
pub fn invited(user: User, now: Timestamp) -> Value {
    let invitations = user.invitation.iter().cloned().collect();
    let detail = Detail { user, views: 0, invitations, mails: Vec::new(), history: Vec::new() };
    let mut all = self::user(&detail, now);
    all["invitation"]["mail"] = MailState::Queued.public_name().into();
    all
}

/// A user with everything that is known.
pub fn detail(detail: &Detail, now: Timestamp) -> Value {
    let mut all = user(detail, now);
    all["invitations"] = detail.invitations.iter().map(|i| invitation(i, now)).collect();
    all["mails"] = detail.mails.iter().map(mail).collect();
    all["history"] = detail
        .history
        .iter()
        .map(|entry| {
            let (at, actor, action) = (entry.at.rfc3339(), &entry.actor, &entry.action);
            json!({ "at": at, "actor": actor, "action": action, "detail": entry.detail })
        })
        .collect();
    all
}

/// All that is kept of a user.
pub fn everything(all: &Everything, now: Timestamp) -> Value {
    let mut told = detail(&all.detail, now);
    for (told, invitation) in told["invitations"].as_array_mut().into_iter().flatten().zip(&all.detail.invitations) {
        told["message"] = invitation.message.as_deref().into();
    }
    let reset = |reset: &Link| {
        json!({
            "state": reset.state(now).name(),
            "issued_at": reset.issued_at.rfc3339(),
            "expires_at": reset.expires_at.rfc3339(),
        })
    };
    told["resets"] = all.resets.iter().map(reset).collect();
    told["email_changes"] = all.email_changes.iter().map(|change| email_change(change, now)).collect();
    let did = |entry: &Entry| {
        let user = entry.subject.map(|id| id.0);
        json!({ "at": entry.at.rfc3339(), "action": entry.action, "user": user, "detail": entry.detail })
    };
    told["did"] = all.did.iter().map(did).collect();
    told
}

fn email_change(change: &Link, now: Timestamp) -> Value {
    json!({
        "from": change.addresses().0.as_str(),
        "to": change.to.as_str(),
        "state": change.state(now).name(),
        "issued_at": change.issued_at.rfc3339(),
        "expires_at": change.expires_at.rfc3339(),
    })
}

/// The latest invitation, with how often the person was invited and what became of the last email.
fn latest(invitation: &Link, detail: &Detail, now: Timestamp) -> Value {
    let mut all = self::invitation(invitation, now);
    all["times_sent"] = detail.invitations.len().into();
    all["mail"] =
        detail.mails.iter().find(|mail| mail.kind == MailKind::Invitation).map(|m| m.state.public_name()).into();
    all
}

fn invitation(invitation: &Link, now: Timestamp) -> Value {
    json!({
        "state": invitation.state(now).name(),
        "issued_at": invitation.issued_at.rfc3339(),
        "expires_at": invitation.expires_at.rfc3339(),
    })
}

pub fn mail(mail: &Mail) -> Value {
    json!({
        "id": mail.id.0,
        "user": mail.user.map(|user| user.0),
        "to": mail.to.as_str(),
        "kind": mail.kind.name(),
        "state": mail.state.public_name(),
        "attempts": mail.attempts,
        "created_at": mail.created_at.rfc3339(),
        "next_at": mail.next_at.map(Timestamp::rfc3339),
        "ended_at": mail.ended_at.map(Timestamp::rfc3339),
        "last_stage": mail.last.as_ref().map(|last| last.stage.name()),
        "last_code": mail.last.as_ref().and_then(|last| last.code),
        "last_text": mail.last.as_ref().map(|last| last.text.as_str()),
    })
}

/// An email with every try.
pub fn mail_detail(detail: &list_mails::Detail) -> Value {
    let mut all = mail(&detail.mail);
    all["message_id"] = detail.message_id.as_str().into();
    all["tries"] = detail
        .attempts
        .iter()
        .map(|attempt| {
            json!({
                "at": attempt.at.rfc3339(),
                "accepted": attempt.accepted,
                "stage": attempt.answer.stage.name(),
                "code": attempt.answer.code,
                "text": attempt.answer.text,
            })
        })
        .collect();
    all
}

/// A place in a list, as `--after` takes it: not to be read, only given back.
pub fn cursor(cursor: &Cursor) -> String {
    let plain = match &cursor.key {
        CursorKey::Number(number) => format!("{}:n:{number}", cursor.id.0),
        CursorKey::Text(text) => format!("{}:t:{text}", cursor.id.0),
    };
    BASE64_URL_SAFE_NO_PAD.encode(plain)
}

/// Reads a place back.
pub fn parse_cursor(text: &str) -> Option<Cursor> {
    let plain = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let (id, rest) = plain.split_once(':')?;
    let (kind, key) = rest.split_once(':')?;
    let key = match kind {
        "n" => CursorKey::Number(key.parse().ok()?),
        "t" => CursorKey::Text(key.to_owned()),
        _ => return None,
    };
    Some(Cursor { key, id: UserId(id.parse().ok()?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_list_is_read_back_and_anything_else_is_none() {
        for key in [CursorKey::Number(-3), CursorKey::Text("zoe: müller\u{1b}".to_owned())] {
            let place = Cursor { key, id: UserId(7) };
            assert!(cursor(&place).chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)));
            assert_eq!(parse_cursor(&cursor(&place)), Some(place));
        }
        for text in ["", "!", "Nzp4Ong", "7:t:x"] {
            assert_eq!(parse_cursor(text), None);
        }
    }
}
