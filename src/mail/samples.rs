//! One email of each kind, for tests.

use crate::domain::content::{Content, LinkMail, PasswordChanged, Test};
use crate::domain::link::Purpose;
use crate::domain::role::{OrganisationRole, WorkspaceRole};
use crate::domain::time::Timestamp;

/// 2026-03-19T08:14:00Z.
pub const AT: Timestamp = Timestamp(1_773_908_040_000);

/// An invitation with everything an invitation can have.
pub fn invitation() -> Content {
    with(|_| {})
}

pub fn with(change: impl FnOnce(&mut LinkMail)) -> Content {
    let mut it = LinkMail {
        purpose: Purpose::Invitation,
        organisation: "Example Hall".into(),
        sender: Some("Grace Hopper".into()),
        name: "Zoë Müller".into(),
        role: OrganisationRole::None,
        workspaces: vec![
            ("Library".into(), WorkspaceRole::Member),
            ("Kitchen & Garden".into(), WorkspaceRole::Administrator),
            ("Choir".into(), WorkspaceRole::Member),
        ],
        message: Some("We meet on Tuesdays.\n\nBring a cup, and if you have one, a chair; there are never enough of them for everybody.".into()),
        email: "zoe@example.org".into(),
        new_email: None,
        expires_at: AT,
        public_url: "https://rsvp.example.org/".into(),
    };
    change(&mut it);
    Content::Link(it)
}

/// An email with a link for somebody who is active.
fn to_active(purpose: Purpose) -> LinkMail {
    LinkMail {
        purpose,
        organisation: "Example Hall".into(),
        sender: Some("Grace Hopper".into()),
        name: "Zoë Müller".into(),
        role: OrganisationRole::None,
        workspaces: Vec::new(),
        message: None,
        email: "zoe@example.org".into(),
        new_email: None,
        expires_at: AT,
        public_url: "https://rsvp.example.org".into(),
    }
}

pub fn reset() -> Content {
    Content::Link(to_active(Purpose::Reset))
}

/// Every kind of email, with a name for it.
pub fn all() -> Vec<(&'static str, Content)> {
    let organisation = || "Example Hall".to_owned();
    let changed = |public_url: Option<&str>| {
        Content::PasswordChanged(PasswordChanged {
            organisation: organisation(),
            name: "Zoë Müller".into(),
            changed_at: AT,
            public_url: public_url.map(str::to_owned),
        })
    };
    let asked = Content::Link(LinkMail { sender: None, ..to_active(Purpose::Reset) });
    let moves = |purpose| {
        let new_email = Some("mueller@elsewhere.example".into());
        Content::Link(LinkMail { new_email, ..to_active(purpose) })
    };
    vec![
        ("invitation", invitation()),
        (
            "invitation_administrator",
            with(|it| {
                it.role = OrganisationRole::Administrator;
                it.sender = None;
                it.workspaces.clear();
                it.message = None;
            }),
        ),
        (
            "invitation_helpdesk",
            with(|it| {
                it.role = OrganisationRole::Helpdesk;
                it.workspaces = vec![("Library".into(), WorkspaceRole::Helpdesk)];
                it.message = None;
            }),
        ),
        (
            "invitation_auditor",
            with(|it| {
                it.role = OrganisationRole::Auditor;
                it.workspaces.clear();
                it.message = None;
            }),
        ),
        ("reset", reset()),
        ("reset_asked_for", asked),
        ("password_changed", changed(Some("https://rsvp.example.org"))),
        ("password_changed_no_portal", changed(None)),
        ("confirm_email", moves(Purpose::ConfirmEmail)),
        ("keep_email", moves(Purpose::KeepEmail)),
        (
            "test",
            Content::Test(Test { organisation: organisation(), sender: Some("Grace Hopper".into()), sent_at: AT }),
        ),
    ]
}
