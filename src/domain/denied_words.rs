//! Every refusal, read in each frame that people see it in.

use super::Denied;
use crate::domain::explain::Explain as _;
use crate::domain::role::Rank;
use crate::domain::text::capital;

/// The refusal that comes after this one, so that a new variant doesn't compile until it is read here too.
const fn after(denied: Denied) -> Option<Denied> {
    Some(match denied {
        Denied::NoAuthority => Denied::PasswordChanged,
        Denied::PasswordChanged => Denied::KeyClosed,
        Denied::KeyClosed => Denied::AdministratorsOnly,
        Denied::AdministratorsOnly => Denied::TargetIsAdministrator,
        Denied::TargetIsAdministrator => Denied::TargetHasOrganisationRole,
        Denied::TargetHasOrganisationRole => Denied::TargetHasRole,
        Denied::TargetHasRole => Denied::BeyondHelpdesk,
        Denied::BeyondHelpdesk => Denied::AuditorsOnlyRead,
        Denied::AuditorsOnlyRead => Denied::SuspendedBy(Rank::Operator),
        Denied::SuspendedBy(_) => Denied::DeletedBy(Rank::Administrator),
        Denied::DeletedBy(_) => Denied::BelongsElsewhere,
        Denied::BelongsElsewhere => Denied::NoWorkspace,
        Denied::NoWorkspace => Denied::OutsideWorkspaces,
        Denied::OutsideWorkspaces => Denied::LastWorkspace,
        Denied::LastWorkspace => Denied::Yourself,
        Denied::Yourself => Denied::LastAdministrator,
        Denied::LastAdministrator => Denied::AlreadyActive,
        Denied::AlreadyActive => Denied::AlreadyAccepted,
        Denied::AlreadyAccepted => Denied::NotActiveYet,
        Denied::NotActiveYet => Denied::Suspended,
        Denied::Suspended => Denied::SuspendedForOthers,
        Denied::SuspendedForOthers => Denied::AlreadySuspended,
        Denied::AlreadySuspended => Denied::NotSuspended,
        Denied::NotSuspended => Denied::Deleted,
        Denied::Deleted => Denied::DeletedForOthers,
        Denied::DeletedForOthers => Denied::AlreadyDeleted,
        Denied::AlreadyDeleted => Denied::NotDeleted,
        Denied::NotDeleted => Denied::NoInvitation,
        Denied::NoInvitation => return None,
    })
}

fn every() -> impl Iterator<Item = Denied> {
    std::iter::successors(Some(Denied::NoAuthority), |denied| after(*denied))
}

/// What a message begins with: a subject and its verb.
const CLAUSES: [&str; 10] = [
    "you are ",
    "you no longer have ",
    "the help desk can ",
    "an auditor can ",
    "you can ",
    "you can't ",
    "your password was ",
    "only an administrator can ",
    "this is ",
    "this user ",
];
/// The verbs that follow `this user`, with a word between at most.
const VERBS: [&str; 6] = ["needs", "is", "isn't", "was", "has", "belongs"];
/// What a hint begins with: an order, or a subject and its verb.
const HINTS: [&str; 10] =
    ["choose ", "ask ", "sign in ", "leave out ", "delete ", "make ", "send ", "resend ", "reactivate ", "restore "];

/// One clause in lower case, without an end of its own.
fn is_clause(text: &str) -> bool {
    text.chars().next().is_some_and(char::is_lowercase)
        && !text.ends_with(['.', '!', '?', ':', ';', ' '])
        && text.split_whitespace().count() >= 3
        && !["  ", "{", "somebody", "cannot", "e-mail"].iter().any(|wrong| text.contains(wrong))
}

#[test]
fn every_refusal_is_a_whole_clause() {
    assert_eq!(every().count(), 29);
    for denied in every() {
        let message = denied.to_string();
        assert!(is_clause(&message), "{message}");
        assert!(CLAUSES.iter().any(|clause| message.starts_with(clause)), "{message}");
        if let Some(rest) = message.strip_prefix("this user ") {
            assert!(rest.split(' ').take(2).any(|word| VERBS.contains(&word)), "{message}");
        }
    }
}

#[test]
fn every_refusal_says_what_to_do() {
    for denied in every() {
        let hint = denied.hint().unwrap_or_else(|| panic!("{denied} has no hint"));
        assert!(is_clause(&hint), "{hint}");
        assert!(!crate::domain::explain::is_for_a_shell(&hint), "a screen shows it to people without a shell: {hint}");
        assert!(HINTS.iter().any(|order| hint.starts_with(order)) || hint.starts_with("there is "), "{hint}");
    }
}

#[test]
fn every_refusal_can_be_read_in_each_frame() {
    for denied in every() {
        let (message, hint) = (denied.to_string(), denied.hint().unwrap_or_default());
        let frames = [
            format!("Ada Lovelace: {message}"),
            format!("Refused: {message}. To do: {hint}."),
            format!("{}. {}.", capital(&message), capital(&hint)),
            format!("{message}; {hint}"),
            format!("error: {message}\n  hint: {hint}"),
        ];
        for frame in frames {
            for wrong in ["..", ". .", ":.", "; ;", "is you", "is this", ": ;", "  \n"] {
                assert!(!frame.contains(wrong), "{frame}");
            }
        }
        // About somebody, the subject becomes their name: what is left must go on with the verb.
        if let Some(rest) = message.strip_prefix("this user ") {
            assert!(!rest.contains("this user"), "Ada Lovelace {rest}");
        }
    }
}
