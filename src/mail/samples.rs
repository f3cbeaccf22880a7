//! One mail of each kind, for tests.

use crate::domain::content::{Content, EmailChange, Invitation, PasswordChanged, Reset, Test};
use crate::domain::role::WorkspaceRole;
use crate::domain::time::Timestamp;

/// 2026-03-19T08:14:00Z.
pub const AT: Timestamp = Timestamp(1_773_908_040_000);

/// An invitation with everything an invitation can have.
pub fn invitation() -> Content {
    with(|_| {})
}

/// The same invitation, changed.
pub fn with(change: impl FnOnce(&mut Invitation)) -> Content {
    let mut it = Invitation {
        organisation: "Example Hall".into(),
        inviter: Some("Grace Hopper".into()),
        name: "Zoë Müller".into(),
        administrator: false,
        workspaces: vec![
            ("Library".into(), WorkspaceRole::Member),
            ("Kitchen & Garden".into(), WorkspaceRole::Administrator),
            ("Choir".into(), WorkspaceRole::Member),
        ],
        message: Some("We meet on Tuesdays.\n\nBring a cup, and if you have one, a chair; there are never enough of them for everybody.".into()),
        expires_at: AT,
        public_url: "https://rsvp.example.org/".into(),
    };
    change(&mut it);
    Content::Invitation(it)
}

/// A password reset that an administrator sent.
pub fn reset() -> Content {
    Content::Reset(Reset {
        organisation: "Example Hall".into(),
        requester: Some("Grace Hopper".into()),
        name: "Zoë Müller".into(),
        expires_at: AT,
        public_url: "https://rsvp.example.org".into(),
    })
}

/// Every kind of mail, with a name for it.
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
    let asked = Content::Reset(Reset {
        organisation: organisation(),
        requester: None,
        name: "Zoë Müller".into(),
        expires_at: AT,
        public_url: "https://rsvp.example.org".into(),
    });
    let moves = || EmailChange {
        organisation: organisation(),
        requester: Some("Grace Hopper".into()),
        name: "Zoë Müller".into(),
        from: "zoe@example.org".into(),
        to: "mueller@elsewhere.example".into(),
        expires_at: AT,
        public_url: "https://rsvp.example.org".into(),
    };
    vec![
        ("invitation", invitation()),
        (
            "invitation_administrator",
            with(|it| {
                it.administrator = true;
                it.inviter = None;
                it.workspaces.clear();
                it.message = None;
            }),
        ),
        ("reset", reset()),
        ("reset_asked_for", asked),
        ("password_changed", changed(Some("https://rsvp.example.org"))),
        ("password_changed_no_portal", changed(None)),
        ("confirm_email", Content::ConfirmEmail(moves())),
        ("keep_email", Content::KeepEmail(moves())),
        (
            "test",
            Content::Test(Test { organisation: organisation(), sender: Some("Grace Hopper".into()), sent_at: AT }),
        ),
    ]
}
