//! Read what a mail says, without its code: what was kept of it at its first try, or what it would say now.

use crate::app::failure::takes_failures;
use crate::app::mail::outbox::{Says, says};
use crate::app::step::Step;
use crate::app::{App, Failure};
use crate::domain::actor::Actor;
use crate::domain::content::Words;
use crate::domain::explain::{Explain, Kind};
use crate::domain::mail::MailId;
use crate::domain::policy::scope;
use crate::domain::scope::Scope;

/// Puts what a mail says into words; says what is wrong if it cannot be. Which words is for `mail` to know.
pub type Wording = fn(&Says) -> Result<Words, String>;

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Whom or what it is about is gone.
    #[error("nothing is left of what mail {0} said: its user or its link is gone")]
    Gone(i64),
    /// It cannot be put into words.
    #[error("mail {0} cannot be put into words: {1}")]
    Unreadable(i64, String),
    /// What every use case can fail with.
    #[error(transparent)]
    Failure(#[from] Failure),
}

takes_failures!(Error);

impl Explain for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Gone(_) => Kind::NotFound,
            Self::Unreadable(..) => Kind::Failed,
            Self::Failure(failure) => failure.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Gone(_) => "mail_gone",
            Self::Unreadable(..) => "mail_unreadable",
            Self::Failure(failure) => failure.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Gone(_) | Self::Unreadable(..) => None,
            Self::Failure(failure) => failure.hint(),
        }
    }
}

/// Reads what a mail says.
pub async fn run(app: &App, actor: &Actor, id: MailId, wording: Wording) -> Result<Words, Error> {
    let says = app
        .store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let scope = scope(&step.authority);
            let mut found = tx.unclaimed(&scope, id).await?.ok_or(Failure::NoMail(id.0))?;
            if scope == Scope::All {
                return says::content(app, &tx, found, step.now).await?.ok_or(Error::Gone(id.0));
            }
            // Whoever sent it, and other workspaces, may be out of the reader's sight: it is put into words anew, without them.
            found.rendered = None;
            let user = match found.mail.user {
                Some(user) => Some(step.user(user).await?),
                None => None,
            };
            let mut says = says::content(app, &tx, found, step.now).await?.ok_or(Error::Gone(id.0))?;
            if let Says::Fresh(content, _) = &mut says {
                let seen = user.iter().flat_map(|user| &user.memberships).map(|m| m.name.as_str());
                content.narrow(&seen.collect::<Vec<_>>());
            }
            Ok(says)
        })
        .await?;
    wording(&says).map_err(|why| Error::Unreadable(id.0, why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::test::{active, grace, on_both, operator, signed_in};
    use crate::app::users::invite;

    #[tokio::test]
    async fn what_a_mail_says_can_be_read_without_its_code_and_only_by_who_may() {
        on_both(async |world| {
            let request = invite::Request { message: "Bring a cup.".to_owned(), ..grace() };
            let mail = invite::run(&world.app, &operator(), request).await.unwrap().mail;
            let wording: Wording = |says| {
                let Says::Fresh(content, _) = says else { return Err("nothing was kept yet".to_owned()) };
                Ok(Words { subject: String::new(), text: format!("{content:?}"), html: String::new() })
            };
            let words = run(&world.app, &operator(), mail, wording).await.unwrap();
            assert!(words.text.contains("Bring a cup."), "{words:?}");
            let name = crate::domain::name::Name::parse("Research").unwrap();
            crate::app::workspaces::create_workspace::run(&world.app, &operator(), &name).await.unwrap();
            let noa = active(world, "noa@example.org", false).await;
            let places = Some(vec![(name.clone(), crate::domain::role::WorkspaceRole::Administrator)]);
            let edit =
                crate::app::users::edit::Request { workspaces: places, ..crate::app::users::edit::Request::of(noa) };
            crate::app::users::edit::run(&world.app, &operator(), edit).await.unwrap();
            let email = crate::domain::email::Email::parse("mia@example.org").unwrap();
            let inside = vec![(name, crate::domain::role::WorkspaceRole::Member)];
            let request = invite::Request { email, workspaces: inside, ..grace() };
            let theirs = invite::run(&world.app, &signed_in(world.ada.id), request).await.unwrap().mail;
            for (who, is_named) in [(operator(), true), (signed_in(noa), false)] {
                let words = run(&world.app, &who, theirs, wording).await.unwrap();
                assert_eq!(words.text.contains("Ada Lovelace"), is_named, "{words:?}");
            }
            assert!(run(&world.app, &signed_in(noa), mail, wording).await.is_err());
            let member = signed_in(active(world, "bob@example.org", false).await);
            assert!(run(&world.app, &member, mail, wording).await.is_err());
            assert!(run(&world.app, &operator(), MailId(999), wording).await.is_err());
        })
        .await;
    }
}
