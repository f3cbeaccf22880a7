//! Pages of users: a row value `(key, id)` decides where a page begins, so that the last page of a million costs what
//! the first one does.

use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Order as Direction, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
};

use super::entities::{membership, user};
use super::users::{at, organisation_role, search_words, status, status_key};
use super::{StoreError, Tx};
use crate::domain::email::Email;
use crate::domain::name::Name;
use crate::domain::query::{Counts, Cursor, CursorKey, Order, RoleFilter, SortKey, UserQuery, View};
use crate::domain::role::{WorkspaceId, WorkspaceRole};
use crate::domain::scope::Scope;
use crate::domain::status::Status;
use crate::domain::time::Timestamp;
use crate::domain::user::{UserId, UserRow};

/// Some rows in their order, and whether more follow in the direction that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    pub rows: Vec<UserRow>,
    pub more: bool,
}

#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// After this row, or before it when `backwards`; without one from the start, or from the end.
    pub from: Option<&'a Cursor>,
    pub backwards: bool,
    pub limit: u64,
}

/// Numbers that one statement takes: SQLite was long built with a bound of 999 parameters.
const AT_ONCE: usize = 500;

impl Tx {
    /// Reads the rows at a place, in the order of the query.
    pub async fn users(
        &self,
        scope: &Scope,
        query: &UserQuery,
        workspace: Option<WorkspaceId>,
        place: Place<'_>,
        now: Timestamp,
    ) -> Result<Rows, StoreError> {
        let Place { from, backwards, limit } = place;
        let descending = query.order.descending != backwards;
        let mut select = user::Entity::find().filter(wanted(scope, query, workspace, now));
        let key = column(query.order.key);
        if let Some(cursor) = from {
            let value: SimpleExpr = match &cursor.key {
                CursorKey::Text(text) => Expr::val(text.clone()),
                CursorKey::Number(number) => Expr::val(*number),
            };
            let place = Expr::tuple([value, Expr::val(cursor.id.0)]);
            let here = Expr::tuple([Expr::col(key), Expr::col(user::Column::Id)]);
            select = select.filter(if descending { here.lt(place) } else { here.gt(place) });
        }
        let direction = if descending { Direction::Desc } else { Direction::Asc };
        let mut found = select
            .order_by(key, direction.clone())
            .order_by(user::Column::Id, direction)
            .limit(limit + 1)
            .all(self.db())
            .await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = found.len() > limit;
        found.truncate(limit);
        if backwards {
            found.reverse();
        }
        Ok(Rows { rows: found.into_iter().map(read).collect::<Result<_, _>>()?, more })
    }

    /// Everybody whom a query finds, by name, whatever it sorts by: numbers and versions only, so that a million are
    /// read at once.
    pub async fn user_versions(
        &self,
        scope: &Scope,
        query: &UserQuery,
        workspace: Option<WorkspaceId>,
        now: Timestamp,
    ) -> Result<Vec<(UserId, i64)>, StoreError> {
        let rows: Vec<(i64, i64)> = user::Entity::find()
            .select_only()
            .columns([user::Column::Id, user::Column::Version])
            .filter(wanted(scope, query, workspace, now))
            .order_by_asc(user::Column::NameKey)
            .order_by_asc(user::Column::Id)
            .into_tuple()
            .all(self.db())
            .await?;
        Ok(rows.into_iter().map(|(id, version)| (UserId(id), version)).collect())
    }

    /// The place of a user in an order.
    pub async fn cursor(&self, id: UserId, order: Order) -> Result<Option<Cursor>, StoreError> {
        let Some(row) = user::Entity::find_by_id(id.0).one(self.db()).await? else { return Ok(None) };
        let key = match order.key {
            SortKey::Name => CursorKey::Text(row.name_key),
            SortKey::Email => CursorKey::Text(row.email_sort),
            SortKey::Status => CursorKey::Number(row.status_key),
            SortKey::Invited => CursorKey::Number(row.invited_at),
            SortKey::LastSignIn => CursorKey::Number(row.last_sign_in_at),
        };
        Ok(Some(Cursor { key, id }))
    }

    /// How many users a query finds, counted up to a bound.
    pub async fn count_users(
        &self,
        scope: &Scope,
        query: &UserQuery,
        workspace: Option<WorkspaceId>,
        bound: u64,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let select: Select<user::Entity> = user::Entity::find().filter(wanted(scope, query, workspace, now));
        Ok(select.limit(bound).count(self.db()).await?)
    }

    /// How many of these users a query finds.
    pub async fn count_among(
        &self,
        scope: &Scope,
        query: &UserQuery,
        workspace: Option<WorkspaceId>,
        users: &[UserId],
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut count = 0;
        for some in users.chunks(AT_ONCE) {
            count += user::Entity::find()
                .filter(wanted(scope, query, workspace, now))
                .filter(is_one_of(some))
                .count(self.db())
                .await?;
        }
        Ok(count)
    }

    /// The rows of these users in the order of their numbers, as far as they are there and in scope.
    pub async fn these_users(&self, scope: &Scope, users: &[UserId]) -> Result<Vec<UserRow>, StoreError> {
        let mut rows = Vec::with_capacity(users.len());
        for some in users.chunks(AT_ONCE) {
            let select = user::Entity::find().filter(within(scope)).filter(is_one_of(some));
            for row in select.order_by_asc(user::Column::Id).all(self.db()).await? {
                rows.push(read(row)?);
            }
        }
        Ok(rows)
    }

    /// How many users of each kind there are.
    pub async fn counts(&self, scope: &Scope, now: Timestamp) -> Result<Counts, StoreError> {
        let count = async |view| {
            let query = UserQuery { view, ..UserQuery::default() };
            Ok::<_, StoreError>(user::Entity::find().filter(wanted(scope, &query, None, now)).count(self.db()).await?)
        };
        Ok(Counts {
            active: count(View::Active).await?,
            invited: count(View::Invited).await?,
            expired: count(View::Expired).await?,
            suspended: count(View::Suspended).await?,
            deleted: count(View::Deleted).await?,
            attention: count(View::Attention).await?,
        })
    }
}

const fn column(key: SortKey) -> user::Column {
    match key {
        SortKey::Name => user::Column::NameKey,
        SortKey::Email => user::Column::EmailSort,
        SortKey::Status => user::Column::StatusKey,
        SortKey::Invited => user::Column::InvitedAt,
        SortKey::LastSignIn => user::Column::LastSignInAt,
    }
}

fn wanted(scope: &Scope, query: &UserQuery, workspace: Option<WorkspaceId>, now: Timestamp) -> Condition {
    let mut all = within(scope).add(view(query.view, now));
    if let Some(workspace) = workspace {
        all = all.add(belongs_to(vec![workspace.0]));
    }
    match (query.role, workspace) {
        (None, _) => {}
        (Some(RoleFilter::Organisation(role)), _) => all = all.add(user::Column::Role.eq(role.name())),
        (Some(RoleFilter::InWorkspace(role)), Some(workspace)) => all = all.add(has_role(workspace, role)),
        // A role in no workspace is nobody's.
        (Some(RoleFilter::InWorkspace(_)), None) => all = all.add(Expr::val(1).eq(0)),
    }
    let words = search_words(&query.search);
    if words.is_empty() && !query.search.trim().is_empty() {
        // Of what was typed nothing is left to compare with: that finds nobody, and never everybody.
        all = all.add(Expr::val(1).eq(0));
    }
    for word in words {
        let escaped: String =
            word.chars().flat_map(|c| if matches!(c, '%' | '_' | '\\') { vec!['\\', c] } else { vec![c] }).collect();
        let pattern = LikeExpr::new(format!("%{escaped}%")).escape('\\');
        all = all.add(Expr::col(user::Column::SearchKey).like(pattern));
    }
    all
}

fn within(scope: &Scope) -> Condition {
    match scope {
        Scope::All => Condition::all(),
        Scope::Workspaces(mine) => Condition::all().add(belongs_to(mine.iter().map(|id| id.0).collect())),
    }
}

fn is_one_of(users: &[UserId]) -> SimpleExpr {
    user::Column::Id.is_in(users.iter().map(|id| id.0))
}

fn belongs_to(workspaces: Vec<i64>) -> SimpleExpr {
    let members = QuerySelect::query(
        &mut membership::Entity::find()
            .select_only()
            .column(membership::Column::UserId)
            .filter(membership::Column::WorkspaceId.is_in(workspaces)),
    )
    .to_owned();
    user::Column::Id.in_subquery(members)
}

fn has_role(workspace: WorkspaceId, role: WorkspaceRole) -> SimpleExpr {
    let members = QuerySelect::query(
        &mut membership::Entity::find()
            .select_only()
            .column(membership::Column::UserId)
            .filter(membership::Column::WorkspaceId.eq(workspace.0))
            .filter(membership::Column::Role.eq(role.name())),
    )
    .to_owned();
    user::Column::Id.in_subquery(members)
}

fn view(view: View, now: Timestamp) -> Condition {
    let status = |status| user::Column::StatusKey.eq(status_key(status));
    let expired = || user::Column::OpenExpiresAt.gt(0).and(user::Column::OpenExpiresAt.lte(now.0));
    let all = Condition::all();
    match view {
        View::All => all.add(user::Column::StatusKey.lt(status_key(Status::Deleted))),
        View::Invited => all.add(status(Status::Invited)),
        View::Active => all.add(status(Status::Active)),
        View::Suspended => all.add(status(Status::Suspended)),
        View::Deleted => all.add(status(Status::Deleted)),
        View::Expired => all.add(status(Status::Invited)).add(expired()),
        View::Attention => all.add(status(Status::Invited)).add(
            Condition::any()
                .add(expired())
                .add(user::Column::OpenExpiresAt.eq(0))
                .add(user::Column::MailFailedAt.gt(0))
                .add(user::Column::AskedAt.gt(0)),
        ),
    }
}

fn read(row: user::Model) -> Result<UserRow, StoreError> {
    Ok(UserRow {
        id: UserId(row.id),
        status: status(&row),
        organisation_role: organisation_role(&row)?,
        name: Name::stored(row.name),
        email: Email::stored(row.email),
        open_expires_at: at(row.open_expires_at),
        mail_failed: row.mail_failed_at != 0,
        asked: row.asked_at != 0,
        invited_at: at(row.invited_at),
        last_sign_in_at: at(row.last_sign_in_at),
        version: row.version,
    })
}
