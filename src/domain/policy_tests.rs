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

const EDIT_NAME: Change = Change::Edit { profile: true, email: false, administrator: None, memberships: None };

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
    ada.is_administrator = true;
    let authority = Authority::of(&ada).unwrap();
    for change in [
        Change::Act(Action::Suspend),
        Change::Act(Action::Delete),
        Change::Act(Action::Erase),
        Change::Edit { profile: false, email: false, administrator: Some(false), memberships: None },
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
    administrator.is_administrator = true;
    assert_eq!(allow(&authority, &Change::Act(Action::Resend), Some(&inside)), Ok(()));
    assert_eq!(allow(&authority, &Change::Act(Action::Delete), Some(&both)), Err(Denied::BelongsElsewhere));
    assert_eq!(allow(&authority, &EDIT_NAME, Some(&administrator)), Err(Denied::TargetIsAdministrator));
    let promote = Change::Edit { profile: false, email: false, administrator: Some(true), memberships: None };
    assert_eq!(allow(&authority, &promote, Some(&inside)), Err(Denied::AdministratorsOnly));
    let invite = |administrator, ids: &[i64]| Change::Invite {
        administrator,
        memberships: ids.iter().map(|id| (WorkspaceId(*id), WorkspaceRole::Member)).collect(),
    };
    assert_eq!(allow(&authority, &invite(false, &[1, 2]), None), Ok(()));
    assert_eq!(allow(&authority, &invite(false, &[1, 9]), None), Err(Denied::OutsideWorkspaces));
    assert_eq!(allow(&authority, &invite(false, &[]), None), Err(Denied::OutsideWorkspaces));
    assert_eq!(allow(&authority, &invite(true, &[1]), None), Err(Denied::AdministratorsOnly));
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
        administrator: None,
        memberships: Some(all.iter().map(|(id, role)| (WorkspaceId(*id), *role)).collect()),
    };
    let may = |change: &Change| allow(&authority, change, Some(&narrowed));
    assert_eq!(may(&to(false, &[(1, WorkspaceRole::Administrator), (2, WorkspaceRole::Member)])), Ok(()));
    assert_eq!(may(&to(false, &[])), Ok(()), "they stay where they are not seen");
    assert_eq!(may(&to(true, &[(1, WorkspaceRole::Member)])), Err(Denied::BelongsElsewhere));
    assert_eq!(may(&to(false, &[(9, WorkspaceRole::Member)])), Err(Denied::OutsideWorkspaces));
    assert_eq!(may(&Change::Act(Action::ResetPassword)), Err(Denied::BelongsElsewhere));
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
    ada.is_administrator = true;
    assert_eq!(Authority::of(&ada), None);
    assert_eq!(Authority::of(&user(2, Status::Active)), None);
}
