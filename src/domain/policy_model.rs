//! The policy against a model of it that was written from the sentences of the design instead of from the code: every
//! change is taken apart into what it touches, and each thing that is touched must be the actor's to touch.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::action::{Action, Object, Reach};
use super::change::Change;
use super::link::{Link, Purpose};
use super::policy::{Authority, allow, scope};
use super::role::{Membership, OrganisationRole, Rank, Role, WorkspaceId, WorkspaceRole};
use super::status::Status;
use super::test;
use super::user::User;

type Memberships = Vec<(WorkspaceId, WorkspaceRole)>;

/// What a change touches.
#[derive(Debug, PartialEq, Eq)]
enum Touched {
    /// A role in the organisation.
    Role,
    /// An address that somebody signs in with.
    SignInAddress,
    /// That somebody belongs to a workspace, or as what.
    Membership(WorkspaceId),
    /// Anything else about somebody.
    Person,
    /// The organisation.
    Organisation,
}

/// What somebody has a hand in: the workspaces they administer, those they help in, and those they see; all of them for who
/// has a role in the organisation.
struct Hands {
    rank: Rank,
    administers: BTreeSet<WorkspaceId>,
    helps: BTreeSet<WorkspaceId>,
    helps_everybody: bool,
    sees_everybody: bool,
}

impl Hands {
    fn of(actor: &User) -> Self {
        let at_least = |least: WorkspaceRole| {
            let with = actor.memberships.iter().filter(|m| m.role >= least);
            with.map(|m| m.workspace).collect::<BTreeSet<_>>()
        };
        Self {
            rank: actor.role().into(),
            administers: at_least(WorkspaceRole::Administrator),
            helps: at_least(WorkspaceRole::Helpdesk),
            helps_everybody: actor.organisation_role == OrganisationRole::Helpdesk,
            sees_everybody: actor.organisation_role != OrganisationRole::None,
        }
    }

    fn sees(&self, workspace: WorkspaceId) -> bool {
        self.sees_everybody || self.helps.contains(&workspace)
    }
}

fn touched(change: &Change, target: Option<&User>, hands: &Hands) -> Vec<Touched> {
    if let Change::Invite { role, memberships } = change {
        let mut all: Vec<_> = memberships.iter().map(|(id, _)| Touched::Membership(*id)).collect();
        all.extend((*role != OrganisationRole::None).then_some(Touched::Role));
        return all;
    }
    let Some(target) = target else { return vec![Touched::Organisation] };
    if let Change::Edit { profile, email, role, memberships } = change {
        let mut all = Vec::new();
        all.extend(role.map(|_| Touched::Role));
        all.extend((*email && target.has_password).then_some(Touched::SignInAddress));
        // A form that changes nothing is about the person all the same.
        all.extend((*profile || *email || memberships.is_none()).then_some(Touched::Person));
        // Workspaces out of sight are not meant.
        let mut now = pairs(target);
        now.retain(|(id, _)| hands.sees(*id));
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

/// Whether somebody may make a change that a user's own state allows.
fn model(actor: &User, change: &Change, target: Option<&User>) -> bool {
    let hands = Hands::of(actor);
    let held = target.is_some_and(|target| is_held(&hands, change, target) || is_again(&hands, change, target));
    !held && (looks_after(actor, &hands, change, target) || helps(&hands, change, target))
}

/// Whether it would undo what somebody of a higher rank did.
fn is_held(hands: &Hands, change: &Change, target: &User) -> bool {
    let higher = |by: Option<Rank>| by.is_some_and(|by| by > hands.rank);
    match change {
        Change::Act(Action::Reactivate | Action::Delete | Action::Erase) | Change::Edit { email: true, .. } => {
            target.status == Status::Suspended && higher(target.suspended_by)
        }
        Change::Act(Action::Restore) => higher(target.deleted_by),
        Change::Act(_) | Change::Edit { .. } | Change::Invite { .. } | Change::TakeBack => false,
    }
}

/// Whether somebody is suspended or deleted already, by somebody who stands as high.
fn is_again(hands: &Hands, change: &Change, target: &User) -> bool {
    let as_high = |by: Option<Rank>| by.is_none_or(|by| by >= hands.rank);
    match change {
        Change::Act(Action::Suspend) => target.status == Status::Suspended && as_high(target.suspended_by),
        Change::Act(Action::Delete) => target.status == Status::Deleted && as_high(target.deleted_by),
        Change::Act(_) | Change::Edit { .. } | Change::Invite { .. } | Change::TakeBack => false,
    }
}

fn looks_after(actor: &User, hands: &Hands, change: &Change, target: Option<&User>) -> bool {
    let mine = &hands.administers;
    if let Some(target) = target
        && (target.organisation_role != OrganisationRole::None
            || !target.memberships.iter().any(|m| mine.contains(&m.workspace)))
    {
        return false;
    }
    let owned = |touched: &Touched| match touched {
        Touched::Role | Touched::SignInAddress | Touched::Organisation => false,
        Touched::Membership(id) => mine.contains(id),
        Touched::Person => target.is_some_and(|target| target.memberships.iter().all(|m| mine.contains(&m.workspace))),
    };
    let after = if let Change::Invite { memberships, .. } = change {
        memberships.clone()
    } else if let (Change::Edit { memberships: Some(memberships), .. }, Some(target)) = (change, target) {
        let out_of_sight = pairs(target).into_iter().filter(|(id, _)| !hands.sees(*id));
        memberships.iter().copied().chain(out_of_sight).collect()
    } else {
        target.map(pairs).unwrap_or_default()
    };
    let steps_down = target.is_some_and(|target| target.id == actor.id) && !administers(&after).is_superset(mine);
    let leaves = matches!(change, Change::Act(Action::Suspend | Action::Delete | Action::Erase))
        && target.is_some_and(|t| t.id == actor.id);
    touched(change, target, hands).iter().all(owned) && !after.is_empty() && !steps_down && !leaves
}

/// The help desk: it sends again, and corrects what was mistyped, for people who have no role anywhere.
fn helps(hands: &Hands, change: &Change, target: Option<&User>) -> bool {
    let Some(target) = target else { return false };
    let here = |m: &Membership| hands.helps.contains(&m.workspace);
    let is_mine = hands.helps_everybody || target.memberships.iter().any(here);
    let is_plain = target.organisation_role == OrganisationRole::None
        && target.memberships.iter().all(|m| m.role == WorkspaceRole::Member);
    let only_the_address = Change::Edit { profile: false, email: true, role: None, memberships: None };
    let corrects = *change == only_the_address && target.status == Status::Invited;
    let sends = matches!(change, Change::Act(Action::Resend | Action::ResetPassword | Action::RetryMail));
    let only_mine = hands.helps_everybody || target.memberships.iter().all(here);
    is_mine && is_plain && (sends || corrects && only_mine)
}

fn user(id: i64, status: Status, role: OrganisationRole, memberships: &Memberships, moves: bool) -> User {
    let user = test::in_workspaces(test::user(id, status), memberships);
    let moving = |open: &Link| Link { purpose: Purpose::ConfirmEmail, ..open.clone() };
    let email_change = user.invitation.as_ref().filter(|_| moves).map(moving);
    User { organisation_role: role, email_change, ..user }
}

fn memberships() -> impl Strategy<Value = Memberships> {
    let role = proptest::sample::select(&WorkspaceRole::ALL[..]);
    proptest::collection::btree_map(1_i64..6, role, 0..4)
        .prop_map(|all| all.into_iter().map(|(id, role)| (WorkspaceId(id), role)).collect())
}

fn role() -> impl Strategy<Value = OrganisationRole> {
    proptest::sample::select(&OrganisationRole::ALL[..])
}

/// Every action that somebody chooses and whose row says all that matters.
fn acts() -> Vec<Action> {
    let is_more = |action| matches!(action, Action::Invite | Action::Edit | Action::Undo);
    Action::ALL.into_iter().filter(|one| one.spec().reach != Reach::NotAsked && !is_more(*one)).collect()
}

fn change() -> impl Strategy<Value = Change> {
    let edit = (any::<bool>(), any::<bool>(), proptest::option::of(role()), proptest::option::of(memberships()))
        .prop_map(|(profile, email, role, memberships)| Change::Edit { profile, email, role, memberships });
    let invite = (role(), memberships()).prop_map(|(role, memberships)| Change::Invite { role, memberships });
    let corrects = Change::Edit { profile: false, email: true, role: None, memberships: None };
    prop_oneof![
        3 => edit,
        1 => Just(corrects),
        2 => invite,
        1 => Just(Change::TakeBack),
        8 => proptest::sample::select(acts()).prop_map(Change::Act),
    ]
}

fn statuses() -> impl Strategy<Value = Status> {
    proptest::sample::select(vec![Status::Invited, Status::Active, Status::Suspended, Status::Deleted])
}

fn rank() -> impl Strategy<Value = Option<Rank>> {
    proptest::option::of(proptest::sample::select(&Rank::ALL[..]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40_000))]
    #[test]
    fn the_policy_allows_what_the_model_allows_and_nothing_else(
        (mine, theirs, change) in (memberships(), memberships(), change()),
        (my_role, their_role, status, by) in (role(), role(), statuses(), rank()),
        (myself, moves) in (any::<bool>(), any::<bool>()),
    ) {
        // What an administrator may do is the first of the tests beside this.
        let my_role = if my_role == OrganisationRole::Administrator { OrganisationRole::None } else { my_role };
        let actor = user(1, Status::Active, my_role, &mine, false);
        let moves = status == Status::Active && moves;
        let target = if myself { actor.clone() } else { user(2, status, their_role, &theirs, moves) };
        let target = User { suspended_by: by, deleted_by: by, ..target };
        let concerns_nobody = !matches!(change.action().spec().object, Object::User | Object::Mail)
            && change != Change::TakeBack;
        let target = (!concerns_nobody).then_some(&target);
        let Some(authority) = Authority::of(&actor) else {
            prop_assert_eq!(actor.role(), Role::Member);
            return Ok(());
        };
        // What the user's own state forbids is forbidden to everybody.
        let possible = allow(&Authority::FULL, &change, target).is_ok();
        let wanted = possible && model(&actor, &change, target);
        prop_assert_eq!(allow(&authority, &change, target).is_ok(), wanted, "{:?} {:?}", change, target);
        // Seen through the scope, where workspaces out of sight are only a number, the answer is the same.
        if let Some(target) = target {
            let narrowed = scope(&authority).narrow(target.clone());
            prop_assert_eq!(allow(&authority, &change, Some(&narrowed)).is_ok(), wanted, "{:?} {:?}", change, narrowed);
        }
    }
}
