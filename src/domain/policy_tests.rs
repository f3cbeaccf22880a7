//! What each status allows, and how far each role reaches; the model beside this tries what nobody thought of.

use super::*;
use crate::domain::test::{self, user};

fn in_workspaces(user: User, memberships: &[(i64, WorkspaceRole)]) -> User {
    let memberships: Vec<_> = memberships.iter().map(|(id, role)| (WorkspaceId(*id), *role)).collect();
    test::in_workspaces(user, &memberships)
}

fn workspace_administrator_of(ids: &[i64]) -> Authority {
    let memberships: Vec<_> = ids.iter().map(|id| (*id, WorkspaceRole::Administrator)).collect();
    Authority::of(&in_workspaces(user(50, Status::Active), &memberships)).unwrap()
}

const EDIT_NAME: Change = Change::Edit { profile: true, email: false, role: None, memberships: None };

#[test]
fn what_each_status_allows() {
    use Denied as D;
    use Status as S;
    let rows: [(Change, [Result<(), Denied>; 4]); 14] = [
        (Change::Act(Action::Resend), [Ok(()), Err(D::AlreadyActive), Err(D::Suspended), Err(D::Deleted)]),
        (Change::Act(Action::Revoke), [Ok(()), Err(D::AlreadyAccepted), Err(D::Suspended), Err(D::Deleted)]),
        (Change::Act(Action::KeepEmail), [Ok(()), Err(D::AlreadyAccepted), Err(D::Suspended), Err(D::Deleted)]),
        (Change::TakeBack, [Ok(()), Err(D::AlreadyActive), Err(D::Suspended), Err(D::Deleted)]),
        (Change::Act(Action::RetryMail), [Ok(()), Ok(()), Ok(()), Err(D::Deleted)]),
        (Change::Act(Action::CancelMail), [Ok(()), Ok(()), Ok(()), Err(D::Deleted)]),
        (Change::Act(Action::ShowLink), [Ok(()), Err(D::AlreadyAccepted), Err(D::Suspended), Err(D::Deleted)]),
        (Change::Act(Action::ResetPassword), [Err(D::NotActiveYet), Ok(()), Err(D::Suspended), Err(D::Deleted)]),
        (EDIT_NAME, [Ok(()), Ok(()), Ok(()), Err(D::Deleted)]),
        (Change::Act(Action::Suspend), [Ok(()), Ok(()), Err(D::AlreadySuspended), Err(D::Deleted)]),
        (Change::Act(Action::Reactivate), [Err(D::NotSuspended), Err(D::NotSuspended), Ok(()), Err(D::Deleted)]),
        (Change::Act(Action::Delete), [Ok(()), Ok(()), Ok(()), Err(D::AlreadyDeleted)]),
        (Change::Act(Action::Restore), [Err(D::NotDeleted), Err(D::NotDeleted), Err(D::NotDeleted), Ok(())]),
        (Change::Act(Action::Erase), [Ok(()), Ok(()), Ok(()), Ok(())]),
    ];
    for (change, answers) in rows {
        for (status, answer) in [S::Invited, S::Active, S::Suspended, S::Deleted].into_iter().zip(answers) {
            assert_eq!(allow(&Authority::FULL, &change, Some(&user(1, status))), answer, "{change:?} {status}");
        }
    }
}

#[test]
fn a_withdrawn_invitation_can_only_be_sent_again() {
    let mut grace = user(1, Status::Invited);
    grace.invitation = None;
    assert_eq!(allow(&Authority::FULL, &Change::Act(Action::Revoke), Some(&grace)), Err(Denied::NoInvitation));
    assert_eq!(allow(&Authority::FULL, &Change::Act(Action::Resend), Some(&grace)), Ok(()));
}

#[test]
fn nobody_removes_themselves() {
    let mut ada = user(1, Status::Active);
    ada.organisation_role = OrganisationRole::Administrator;
    let authority = Authority::of(&ada).unwrap();
    for change in [
        Change::Act(Action::Suspend),
        Change::Act(Action::Delete),
        Change::Act(Action::Erase),
        Change::Edit { profile: false, email: false, role: Some(OrganisationRole::None), memberships: None },
    ] {
        assert_eq!(allow(&authority, &change, Some(&ada)), Err(Denied::Yourself));
    }
    assert_eq!(allow(&authority, &EDIT_NAME, Some(&ada)), Ok(()));
}

#[test]
fn a_workspace_administrator_stays_inside() {
    let authority = workspace_administrator_of(&[1, 2]);
    let inside = in_workspaces(user(3, Status::Invited), &[(1, WorkspaceRole::Member)]);
    let both = in_workspaces(user(4, Status::Invited), &[(1, WorkspaceRole::Member), (9, WorkspaceRole::Member)]);
    let mut administrator = inside.clone();
    administrator.organisation_role = OrganisationRole::Administrator;
    assert_eq!(allow(&authority, &Change::Act(Action::Resend), Some(&inside)), Ok(()));
    assert_eq!(allow(&authority, &Change::Act(Action::Delete), Some(&both)), Err(Denied::BelongsElsewhere));
    assert_eq!(allow(&authority, &EDIT_NAME, Some(&administrator)), Err(Denied::TargetIsAdministrator));
    let promote =
        Change::Edit { profile: false, email: false, role: Some(OrganisationRole::Administrator), memberships: None };
    assert_eq!(allow(&authority, &promote, Some(&inside)), Err(Denied::AdministratorsOnly));
    let invite = |role, ids: &[i64]| Change::Invite {
        role,
        memberships: ids.iter().map(|id| (WorkspaceId(*id), WorkspaceRole::Member)).collect(),
    };
    assert_eq!(allow(&authority, &invite(OrganisationRole::None, &[1, 2]), None), Ok(()));
    assert_eq!(allow(&authority, &invite(OrganisationRole::None, &[1, 9]), None), Err(Denied::OutsideWorkspaces));
    assert_eq!(allow(&authority, &invite(OrganisationRole::None, &[]), None), Err(Denied::NoWorkspace));
    assert_eq!(allow(&authority, &invite(OrganisationRole::Auditor, &[1]), None), Err(Denied::AdministratorsOnly));
    assert!(scope(&authority).sees(&both.memberships) && !scope(&authority).sees(&[]));
}

#[test]
fn of_somebody_who_also_belongs_elsewhere_only_the_own_workspaces_can_be_changed() {
    let authority = workspace_administrator_of(&[1, 2]);
    let narrowed = Scope::Workspaces([WorkspaceId(1), WorkspaceId(2)].into()).narrow(in_workspaces(
        user(3, Status::Active),
        &[(1, WorkspaceRole::Member), (9, WorkspaceRole::Administrator)],
    ));
    assert_eq!((narrowed.memberships.len(), narrowed.elsewhere), (1, 1));
    let to = |profile, all: &[(i64, WorkspaceRole)]| Change::Edit {
        profile,
        email: false,
        role: None,
        memberships: Some(all.iter().map(|(id, role)| (WorkspaceId(*id), *role)).collect()),
    };
    let may = |change: &Change| allow(&authority, change, Some(&narrowed));
    assert_eq!(may(&to(false, &[(1, WorkspaceRole::Administrator), (2, WorkspaceRole::Member)])), Ok(()));
    assert_eq!(may(&to(false, &[])), Ok(()), "they stay where they are not seen");
    assert_eq!(may(&to(true, &[(1, WorkspaceRole::Member)])), Err(Denied::BelongsElsewhere));
    assert_eq!(may(&to(false, &[(9, WorkspaceRole::Member)])), Err(Denied::OutsideWorkspaces));
    assert_eq!(may(&Change::Act(Action::ResetPassword)), Err(Denied::BelongsElsewhere), "they have a role there");
    let inside = in_workspaces(user(4, Status::Active), &[(1, WorkspaceRole::Member)]);
    assert_eq!(allow(&authority, &to(false, &[]), Some(&inside)), Err(Denied::LastWorkspace));
    let me = in_workspaces(
        user(50, Status::Active),
        &[(1, WorkspaceRole::Administrator), (2, WorkspaceRole::Administrator)],
    );
    let step_down = to(false, &[(1, WorkspaceRole::Administrator), (2, WorkspaceRole::Member)]);
    assert_eq!(allow(&authority, &step_down, Some(&me)), Err(Denied::Yourself));
}

#[test]
fn what_concerns_no_user_is_for_administrators() {
    let authority = workspace_administrator_of(&[1]);
    for change in [
        Change::Act(Action::CreateWorkspace),
        Change::Act(Action::RenameWorkspace),
        Change::Act(Action::DeleteWorkspace),
        Change::Act(Action::TestMail),
        Change::Act(Action::RetryMail),
        Change::Act(Action::CancelMail),
    ] {
        assert_eq!(allow(&authority, &change, None), Err(Denied::AdministratorsOnly), "{change:?}");
        assert_eq!(allow(&Authority::FULL, &change, None), Ok(()), "{change:?}");
    }
}

#[test]
fn a_member_or_a_suspended_administrator_has_no_authority() {
    let mut ada = user(1, Status::Suspended);
    ada.organisation_role = OrganisationRole::Administrator;
    assert_eq!(Authority::of(&ada), None);
    assert_eq!(Authority::of(&user(2, Status::Active)), None);
}

fn with(role: OrganisationRole) -> Authority {
    Authority::of(&User { organisation_role: role, ..user(60, Status::Active) }).unwrap()
}

const CORRECT: Change = Change::Edit { profile: false, email: true, role: None, memberships: None };

#[test]
fn the_help_desk_helps_people_without_a_role_and_does_nothing_else() {
    let desk = with(OrganisationRole::Helpdesk);
    let (grace, bob) = (user(1, Status::Invited), user(2, Status::Active));
    let may = |change: &Change, target: &User| allow(&desk, change, Some(target));
    assert_eq!(may(&Change::Act(Action::Resend), &grace), Ok(()));
    assert_eq!(may(&CORRECT, &grace), Ok(()));
    assert_eq!(may(&CORRECT, &bob), Err(Denied::BeyondHelpdesk), "what somebody signs in with is confirmed");
    assert_eq!(may(&CORRECT, &user(3, Status::Suspended)), Err(Denied::BeyondHelpdesk));
    assert_eq!(may(&Change::Act(Action::ResetPassword), &bob), Ok(()));
    assert_eq!(may(&Change::Act(Action::Resend), &bob), Err(Denied::AlreadyActive));
    for action in [Action::Delete, Action::Suspend, Action::ShowLink, Action::Revoke, Action::CancelMail] {
        assert_eq!(may(&Change::Act(action), &grace), Err(Denied::BeyondHelpdesk), "{action}");
    }
    assert_eq!(may(&Change::Act(Action::Erase), &grace), Err(Denied::AdministratorsOnly));
    assert_eq!(may(&EDIT_NAME, &grace), Err(Denied::BeyondHelpdesk));
    assert_eq!(may(&Change::TakeBack, &grace), Err(Denied::BeyondHelpdesk));
    let invite = Change::Invite { role: OrganisationRole::None, memberships: Vec::new() };
    assert_eq!(allow(&desk, &invite, None), Err(Denied::BeyondHelpdesk));
    for role in [OrganisationRole::Helpdesk, OrganisationRole::Auditor] {
        let colleague = User { organisation_role: role, ..grace.clone() };
        assert_eq!(may(&Change::Act(Action::Resend), &colleague), Err(Denied::TargetHasRole));
    }
    let elsewhere = in_workspaces(bob, &[(9, WorkspaceRole::Helpdesk)]);
    assert_eq!(may(&Change::Act(Action::ResetPassword), &elsewhere), Err(Denied::TargetHasRole));
    assert_eq!(scope(&desk), Scope::All);
}

#[test]
fn the_help_desk_of_a_workspace_corrects_an_address_only_of_its_own_people() {
    let desk = Authority::of(&in_workspaces(user(50, Status::Active), &[(1, WorkspaceRole::Helpdesk)])).unwrap();
    let mine = in_workspaces(user(3, Status::Invited), &[(1, WorkspaceRole::Member)]);
    let shared = in_workspaces(user(4, Status::Invited), &[(1, WorkspaceRole::Member), (9, WorkspaceRole::Member)]);
    let narrowed = scope(&desk).narrow(shared.clone());
    assert_eq!((narrowed.elsewhere, narrowed.role_elsewhere), (1, false));
    for shared in [&shared, &narrowed] {
        assert_eq!(allow(&desk, &CORRECT, Some(shared)), Err(Denied::BelongsElsewhere));
        assert_eq!(allow(&desk, &Change::Act(Action::Resend), Some(shared)), Ok(()));
    }
    assert_eq!(allow(&desk, &CORRECT, Some(&mine)), Ok(()));
    let boss = in_workspaces(user(5, Status::Active), &[(1, WorkspaceRole::Member), (9, WorkspaceRole::Administrator)]);
    let boss = scope(&desk).narrow(boss);
    assert_eq!(allow(&desk, &Change::Act(Action::ResetPassword), Some(&boss)), Err(Denied::TargetHasRole));
    assert_eq!(editable(&desk, &shared), Err(Denied::BelongsElsewhere), "what it could do says why");
    assert_eq!(
        editable(&desk, &mine),
        Ok(Editable { profile: false, email: true, role: false, workspaces: false, ssh: false })
    );
}

#[test]
fn an_auditor_sees_everything_and_changes_nothing() {
    let auditor = with(OrganisationRole::Auditor);
    let grace = user(1, Status::Invited);
    assert_eq!(scope(&auditor), Scope::All);
    assert!(auditor.audits() && !with(OrganisationRole::Helpdesk).audits());
    for action in Action::ALL.into_iter().filter(|one| one.spec().object == crate::domain::action::Object::User) {
        if let Some(change) = Change::of(action) {
            let answer = allow(&auditor, &change, Some(&grace));
            let refused = [Err(Denied::AuditorsOnlyRead), Err(Denied::AdministratorsOnly)];
            assert!(refused.contains(&answer), "{action}: {answer:?}");
        }
    }
    assert_eq!(editable(&auditor, &grace), Err(Denied::AuditorsOnlyRead));
    assert_eq!(invites(&auditor), Err(Denied::AuditorsOnlyRead));
    let desk = with(OrganisationRole::Helpdesk);
    assert_eq!(reaches(&auditor, Reach::Helpdesk), Err(Denied::AuditorsOnlyRead));
    assert_eq!((reaches(&desk, Reach::Helpdesk), reaches(&Authority::FULL, Reach::Administrators)), (Ok(()), Ok(())));
    assert_eq!(reaches(&desk, Reach::WorkspaceAdministrators), Err(Denied::BeyondHelpdesk));
    assert_eq!(reaches(&workspace_administrator_of(&[1]), Reach::Administrators), Err(Denied::AdministratorsOnly));
    assert_eq!(invites(&with(OrganisationRole::Helpdesk)), Err(Denied::BeyondHelpdesk));
    assert_eq!((invites(&workspace_administrator_of(&[7])), invites(&Authority::FULL)), (Ok(()), Ok(())));
}

#[test]
fn only_who_gives_a_role_corrects_the_address_of_somebody_who_has_it() {
    let desk = User { organisation_role: OrganisationRole::Helpdesk, ..user(1, Status::Invited) };
    let desk = in_workspaces(desk, &[(1, WorkspaceRole::Member)]);
    let local = in_workspaces(user(2, Status::Invited), &[(1, WorkspaceRole::Helpdesk)]);
    let boss = workspace_administrator_of(&[1]);
    assert_eq!(allow(&boss, &CORRECT, Some(&desk)), Err(Denied::TargetHasOrganisationRole));
    assert_eq!(allow(&boss, &CORRECT, Some(&local)), Ok(()));
    assert_eq!(allow(&with(OrganisationRole::Administrator), &CORRECT, Some(&desk)), Ok(()));
}

#[test]
fn what_somebody_higher_did_only_somebody_as_high_takes_back() {
    let boss = workspace_administrator_of(&[1]);
    let administrator = with(OrganisationRole::Administrator);
    let blocked = |by: Option<Rank>| {
        let user = in_workspaces(user(3, Status::Suspended), &[(1, WorkspaceRole::Member)]);
        User { suspended_by: by, ..user }
    };
    let (reactivate, delete) = (Change::Act(Action::Reactivate), Change::Act(Action::Delete));
    for by in [None, Some(Rank::WorkspaceAdministrator)] {
        assert_eq!(allow(&boss, &reactivate, Some(&blocked(by))), Ok(()));
    }
    for by in [Rank::Administrator, Rank::Operator] {
        let blocked = blocked(Some(by));
        // Deleting them, or giving them another address, would free the one that was blocked.
        for change in [&reactivate, &delete, &CORRECT] {
            assert_eq!(allow(&boss, change, Some(&blocked)), Err(Denied::SuspendedBy(by)));
        }
        assert_eq!(allow(&Authority::FULL, &reactivate, Some(&blocked)), Ok(()));
        // Nobody keeps the rank of a suspension low by being the first.
        let suspend = Change::Act(Action::Suspend);
        let lower = User { suspended_by: Some(Rank::WorkspaceAdministrator), ..blocked.clone() };
        assert_eq!(allow(&administrator, &suspend, Some(&lower)), Ok(()));
        assert_eq!(allow(&boss, &suspend, Some(&lower)), Err(Denied::AlreadySuspended));
        assert_eq!(allow(&administrator, &reactivate, Some(&blocked)).is_ok(), by == Rank::Administrator);
        let deleted = User { status: Status::Deleted, deleted_by: Some(by), ..blocked };
        assert_eq!(allow(&boss, &Change::Act(Action::Restore), Some(&deleted)), Err(Denied::DeletedBy(by)));
    }
}

#[test]
fn whoever_may_not_reactivate_or_restore_is_told_whom_to_ask() {
    let desk = Authority { organisation: OrganisationRole::Helpdesk, ..Authority::none(UserId(50)) };
    let why = |authority: &Authority, status| {
        allow(authority, &Change::Act(Action::ResetPassword), Some(&user(1, status))).unwrap_err()
    };
    assert_eq!(why(&desk, Status::Suspended), Denied::SuspendedForOthers);
    assert_eq!(why(&desk, Status::Deleted), Denied::DeletedForOthers);
    assert_eq!(why(&Authority::FULL, Status::Suspended), Denied::Suspended);
    assert_eq!(why(&Authority::FULL, Status::Deleted), Denied::Deleted);
}
