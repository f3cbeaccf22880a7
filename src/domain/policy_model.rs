//! The policy against a model of it that was written from the sentences of the design instead of from the code: every
//! change is taken apart into what it touches, and each thing that is touched must be the actor's to touch.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::action::{Action, Object, Reach};
use super::change::Change;
use super::link::{Link, Purpose};
use super::policy::{Authority, allow, scope};
use super::role::{WorkspaceId, WorkspaceRole};
use super::status::Status;
use super::test;
use super::user::User;

type Memberships = Vec<(WorkspaceId, WorkspaceRole)>;

/// What a change touches.
#[derive(Debug, PartialEq, Eq)]
enum Touched {
    /// Whether somebody is an administrator.
    Administrator,
    /// An address that somebody signs in with.
    SignInAddress,
    /// That somebody belongs to a workspace, or as what.
    Membership(WorkspaceId),
    /// Anything else about somebody.
    Person,
    /// The organisation.
    Organisation,
}

fn touched(change: &Change, target: Option<&User>, mine: &BTreeSet<WorkspaceId>) -> Vec<Touched> {
    if let Change::Invite { administrator, memberships } = change {
        let mut all: Vec<_> = memberships.iter().map(|(id, _)| Touched::Membership(*id)).collect();
        all.extend(administrator.then_some(Touched::Administrator));
        return all;
    }
    let Some(target) = target else { return vec![Touched::Organisation] };
    if let Change::Edit { profile, email, administrator, memberships } = change {
        let mut all = Vec::new();
        all.extend(administrator.map(|_| Touched::Administrator));
        all.extend((*email && target.has_password).then_some(Touched::SignInAddress));
        // A form that changes nothing is about the person all the same.
        all.extend((*profile || *email || memberships.is_none()).then_some(Touched::Person));
        // Workspaces out of sight are not meant.
        let mut now = pairs(target);
        now.retain(|(id, _)| mine.contains(id));
        for one in memberships.iter().flatten().filter(|one| !now.contains(one)) {
            all.push(Touched::Membership(one.0));
        }
        for one in now.iter().filter(|one| memberships.as_ref().is_some_and(|all| !all.contains(one))) {
            all.push(Touched::Membership(one.0));
        }
        return all;
    }
    // What was done to somebody is in the organisation's log.
    let in_log = *change == Change::Act(Action::Erase);
    // What waits for an active user is the address that they will sign in with.
    let withdraws = matches!(change, Change::Act(Action::Revoke | Action::KeepEmail)) && target.email_change.is_some();
    [Some(Touched::Person), in_log.then_some(Touched::Organisation), withdraws.then_some(Touched::SignInAddress)]
        .into_iter()
        .flatten()
        .collect()
}

fn pairs(user: &User) -> Memberships {
    user.memberships.iter().map(|m| (m.workspace, m.role)).collect()
}

fn administers(all: &Memberships) -> BTreeSet<WorkspaceId> {
    all.iter().filter(|(_, role)| *role == WorkspaceRole::Administrator).map(|(id, _)| *id).collect()
}

/// Whether somebody who looks after these workspaces may make a change that a user's own state allows.
fn model(actor: &User, mine: &BTreeSet<WorkspaceId>, change: &Change, target: Option<&User>) -> bool {
    if let Some(target) = target
        && (target.is_administrator || !target.memberships.iter().any(|m| mine.contains(&m.workspace)))
    {
        return false;
    }
    let owned = |touched: &Touched| match touched {
        Touched::Administrator | Touched::SignInAddress | Touched::Organisation => false,
        Touched::Membership(id) => mine.contains(id),
        Touched::Person => target.is_some_and(|target| target.memberships.iter().all(|m| mine.contains(&m.workspace))),
    };
    let after = if let Change::Invite { memberships, .. } = change {
        memberships.clone()
    } else if let (Change::Edit { memberships: Some(memberships), .. }, Some(target)) = (change, target) {
        let out_of_sight = pairs(target).into_iter().filter(|(id, _)| !mine.contains(id));
        memberships.iter().copied().chain(out_of_sight).collect()
    } else {
        target.map(pairs).unwrap_or_default()
    };
    let steps_down = target.is_some_and(|target| target.id == actor.id) && !administers(&after).is_superset(mine);
    let leaves = matches!(change, Change::Act(Action::Suspend | Action::Delete | Action::Erase))
        && target.is_some_and(|t| t.id == actor.id);
    touched(change, target, mine).iter().all(owned) && !after.is_empty() && !steps_down && !leaves
}

fn user(id: i64, status: Status, is_administrator: bool, memberships: &Memberships, moves: bool) -> User {
    let user = test::in_workspaces(test::user(id, status), memberships);
    let moving = |open: &Link| Link { purpose: Purpose::ConfirmEmail, ..open.clone() };
    let email_change = user.invitation.as_ref().filter(|_| moves).map(moving);
    User { is_administrator, email_change, ..user }
}

fn memberships() -> impl Strategy<Value = Memberships> {
    proptest::collection::btree_map(1_i64..6, any::<bool>(), 0..4).prop_map(|all| {
        let role = |admin| if admin { WorkspaceRole::Administrator } else { WorkspaceRole::Member };
        all.into_iter().map(|(id, admin)| (WorkspaceId(id), role(admin))).collect()
    })
}

/// Every action that somebody chooses and whose row says all that matters.
fn acts() -> Vec<Action> {
    let is_more = |action| matches!(action, Action::Invite | Action::Edit | Action::Undo);
    Action::ALL.into_iter().filter(|one| one.spec().reach != Reach::NotAsked && !is_more(*one)).collect()
}

fn change() -> impl Strategy<Value = Change> {
    let edit = (any::<bool>(), any::<bool>(), any::<Option<bool>>(), proptest::option::of(memberships())).prop_map(
        |(profile, email, administrator, memberships)| Change::Edit { profile, email, administrator, memberships },
    );
    let invite = (any::<bool>(), memberships())
        .prop_map(|(administrator, memberships)| Change::Invite { administrator, memberships });
    prop_oneof![
        3 => edit,
        2 => invite,
        1 => Just(Change::TakeBack),
        8 => proptest::sample::select(acts()).prop_map(Change::Act),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]
    #[test]
    fn the_policy_allows_what_the_model_allows_and_nothing_else(
        (mine, theirs, change) in (memberships(), memberships(), change()),
        (is_administrator, active, myself, moves) in (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
    ) {
        let actor = user(1, Status::Active, false, &mine, false);
        let status = if active { Status::Active } else { Status::Invited };
        let target = if myself { actor.clone() } else { user(2, status, is_administrator, &theirs, active && moves) };
        let concerns_nobody = !matches!(change.action().spec().object, Object::User | Object::Mail)
            && change != Change::TakeBack;
        let target = (!concerns_nobody).then_some(&target);
        let Some(authority) = Authority::of(&actor) else {
            prop_assert!(administers(&mine).is_empty());
            return Ok(());
        };
        // What the user's own state forbids is forbidden to everybody.
        let possible = allow(&Authority::FULL, &change, target).is_ok();
        let wanted = possible && model(&actor, &administers(&mine), &change, target);
        prop_assert_eq!(allow(&authority, &change, target).is_ok(), wanted, "{:?} {:?}", change, target);
        // Seen through the scope, where workspaces out of sight are only a number, the answer is the same.
        if let Some(target) = target {
            let narrowed = scope(&authority).narrow(target.clone());
            prop_assert_eq!(allow(&authority, &change, Some(&narrowed)).is_ok(), wanted);
        }
    }
}
