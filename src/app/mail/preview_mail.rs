//! Read what an email says, without its code: what was stored of it at its first try, else what it would say now.

use crate::app::failure::takes_failures;
use crate::app::mail::outbox::{JobContent, content};
use crate::app::step::Step;
use crate::app::{App, Failure};
use crate::domain::actor::Actor;
use crate::domain::content::{Words, WordsSource};
use crate::domain::explain::{Explain, Kind};
use crate::domain::mail::{MailId, MailState};
use crate::domain::policy::scope;
use crate::domain::scope::Scope;

/// Puts what an email says into words from this source; says what is wrong if it cannot be. Which words is for `mail`
/// to know.
pub type Wording = fn(&JobContent, WordsSource) -> Result<Words, String>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Whom or what it is about is gone.
    #[error("the content of email {0} no longer exists: its user or its link was removed")]
    Gone(i64),
    /// It cannot be put into words.
    #[error("email {0} can't be written: {1}")]
    Unreadable(i64, String),
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

pub async fn run(app: &App, actor: &Actor, id: MailId, wording: Wording) -> Result<Words, Error> {
    let (content, source) = app
        .store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let scope = scope(&step.authority);
            let mut found = tx.unclaimed(&scope, id).await?.ok_or(Failure::NoMail(id.0))?;
            if scope == Scope::All {
                let source = source(found.rendered.is_some(), found.mail.state);
                let content = content::read(app, &tx, found, step.now).await?.ok_or(Error::Gone(id.0))?;
                return Ok((content, source));
            }
            // What is stored may name who sent it, and other workspaces, which nobody can take out of a finished text:
            // it is put into words anew, without them.
            found.rendered = None;
            let user = match found.mail.user {
                Some(user) => Some(step.user(user).await?),
                None => None,
            };
            let mut content = content::read(app, &tx, found, step.now).await?.ok_or(Error::Gone(id.0))?;
            if let JobContent::Unrendered(content, _) = &mut content {
                let seen = user.iter().flat_map(|user| &user.memberships).map(|m| m.name.as_str());
                content.narrow(&seen.collect::<Vec<_>>());
            }
            Ok::<_, Error>((content, WordsSource::Narrowed))
        })
        .await?;
    wording(&content, source).map_err(|why| Error::Unreadable(id.0, why))
}

const fn source(is_stored: bool, state: MailState) -> WordsSource {
    match (is_stored, state) {
        (true, _) => WordsSource::Stored,
        (false, MailState::Sent) => WordsSource::Forgotten,
        (
            false,
            MailState::Queued | MailState::Sending | MailState::Dead | MailState::Cancelled | MailState::Expired,
        ) => WordsSource::NotSent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::mail::outbox::{self, Claim, Turn};
    use crate::app::test::{active, grace, on_both, operator, signed_in};
    use crate::app::users::{edit, invite};
    use crate::domain::mail::{Outcome, TEXT_KEPT};
    use crate::domain::name::Name;
    use crate::domain::time::minutes;

    /// Words that show what they were made of.
    const WORDING: Wording = |content, source| {
        let text = match content {
            JobContent::Stored(text) => text.clone(),
            JobContent::Unrendered(content, _) => format!("{content:?}"),
        };
        Ok(Words { subject: String::new(), text, html: String::new(), source })
    };

    #[tokio::test]
    async fn what_a_mail_says_can_be_read_without_its_code_and_only_by_who_may() {
        on_both(async |world| {
            let request = invite::Request { message: "Bring a cup.".to_owned(), ..grace() };
            let mail = invite::run(&world.app, &operator(), request).await.unwrap().mail;
            let words = run(&world.app, &operator(), mail, WORDING).await.unwrap();
            assert!(words.text.contains("Bring a cup."), "{words:?}");
            let name = Name::parse("Research").unwrap();
            crate::app::workspaces::create_workspace::run(&world.app, &operator(), &name).await.unwrap();
            let noa = active(world, "noa@example.org", false).await;
            let places = Some(vec![(name.clone(), crate::domain::role::WorkspaceRole::Administrator)]);
            edit::run(&world.app, &operator(), edit::Request { workspaces: places, ..edit::Request::of(noa) })
                .await
                .unwrap();
            let email = crate::domain::email::Email::parse("mia@example.org").unwrap();
            let inside = vec![(name, crate::domain::role::WorkspaceRole::Member)];
            let request = invite::Request { email, workspaces: inside, ..grace() };
            let theirs = invite::run(&world.app, &signed_in(world.ada.id), request).await.unwrap().mail;
            for (who, is_named) in [(operator(), true), (signed_in(noa), false)] {
                let words = run(&world.app, &who, theirs, WORDING).await.unwrap();
                assert_eq!(words.text.contains("Ada Lovelace"), is_named, "{words:?}");
            }
            assert!(run(&world.app, &signed_in(noa), mail, WORDING).await.is_err());
            let member = signed_in(active(world, "bob@example.org", false).await);
            assert!(run(&world.app, &member, mail, WORDING).await.is_err());
            assert!(run(&world.app, &operator(), MailId(999), WORDING).await.is_err());
        })
        .await;
    }

    #[tokio::test]
    async fn an_accepted_mail_shows_what_was_sent_until_that_is_forgotten() {
        on_both(async |world| {
            let read = async |mail| {
                let words = run(&world.app, &operator(), mail, WORDING).await.unwrap();
                (words.text, words.source)
            };
            let invited = invite::run(&world.app, &operator(), grace()).await.unwrap();
            let (fresh, source) = read(invited.mail).await;
            assert!(fresh.contains("Grace"), "{fresh}");
            assert_eq!(source, WordsSource::NotSent);

            let [job] = outbox::claim(&world.app, 1).await.unwrap().try_into().ok().unwrap();
            let kept = [(job.held, "Hello Grace".to_owned())];
            outbox::turn(&world.app, &Turn { kept: &kept, claim: Claim::default(), ..Turn::default() }).await.unwrap();
            assert_eq!(read(invited.mail).await, ("Hello Grace".to_owned(), WordsSource::Stored), "about to be sent");
            outbox::finish(&world.app, &job, &Outcome::Accepted("ok".to_owned())).await.unwrap();
            let name = Some(Name::parse("Grace Murray").unwrap());
            edit::run(&world.app, &operator(), edit::Request { name, ..edit::Request::of(invited.user.id) })
                .await
                .unwrap();
            assert_eq!(read(invited.mail).await, ("Hello Grace".to_owned(), WordsSource::Stored));

            world.pass(TEXT_KEPT);
            crate::app::upkeep::tidy::delete_what_is_over(&world.app, world.app.now()).await.unwrap();
            assert_eq!(read(invited.mail).await.1, WordsSource::Stored, "to the last moment");
            world.pass(minutes(1));
            crate::app::upkeep::tidy::delete_what_is_over(&world.app, world.app.now()).await.unwrap();
            let (text, source) = read(invited.mail).await;
            assert!(text.contains("Grace Murray"), "{text}");
            assert_eq!(source, WordsSource::Forgotten);
        })
        .await;
    }
}
