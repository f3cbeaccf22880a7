//! Where emails go: to the relay, into a folder, or nowhere yet.

use std::sync::{Arc, Mutex, PoisonError};

use super::catcher::Catcher;
use super::folder::Folder;
use super::message::{Bytes, Envelope};
use super::smtp::{Connection, Relay};
use crate::domain::mail::{Failure, Outcome, Stage};

/// The relay that all connections use, and that can be exchanged while they do: by one with another password.
#[derive(Debug, Clone)]
pub struct SharedRelay(Arc<Mutex<Arc<Relay>>>);

impl SharedRelay {
    #[must_use]
    pub fn new(relay: Relay) -> Self {
        Self(Arc::new(Mutex::new(Arc::new(relay))))
    }

    #[must_use]
    pub fn current(&self) -> Arc<Relay> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From the next email on, connections are opened with this one.
    pub fn exchange(&self, relay: Relay) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(relay);
    }
}

#[derive(Debug, Clone)]
pub enum Transport {
    Relay(SharedRelay),
    /// Into a folder, one file an email.
    Folder(Folder),
    /// Into this process's memory, for a demo.
    Caught(Catcher),
}

impl Transport {
    /// The transport in a word or two, as screens and the database name it: `smtp.example.org:587`, a folder's path,
    /// `none`.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::Relay(relay) => relay.current().place(),
            Self::Folder(folder) => folder.0.display().to_string(),
            Self::Caught(_) => "the demo's mail catcher".into(),
        }
    }

    /// Begins to send. Nothing is opened before the first email.
    #[must_use]
    pub fn begin(&self) -> Session {
        Session { transport: self.clone(), connection: None }
    }
}

/// Sends emails one after the other, over one connection as long as that is good.
pub struct Session {
    transport: Transport,
    /// With the relay that it was opened to.
    connection: Option<(Arc<Relay>, Connection)>,
}

impl Session {
    pub async fn send(&mut self, envelope: &Envelope, mail: Bytes) -> Outcome {
        match &self.transport {
            Transport::Relay(relay) => send_to_relay(relay, &mut self.connection, envelope, &mail).await,
            Transport::Folder(folder) => folder.send(envelope, mail).await,
            Transport::Caught(catcher) => catcher.send(envelope, &mail),
        }
    }

    /// Sends QUIT and closes the connection, if one is open.
    pub async fn close(&mut self) {
        if let Some((_, connection)) = self.connection.take() {
            connection.close().await;
        }
    }
}

async fn send_to_relay(
    shared: &SharedRelay,
    kept: &mut Option<(Arc<Relay>, Connection)>,
    envelope: &Envelope,
    mail: &[u8],
) -> Outcome {
    loop {
        let relay = shared.current();
        // Taken out while it is in use, so that a broken-off sending leaves none behind.
        let mut connection = match kept.take() {
            Some((of, connection)) if connection.usable() && Arc::ptr_eq(&of, &relay) => connection,
            worn => {
                if let Some((_, worn)) = worn {
                    worn.close().await;
                }
                match Connection::open(&relay).await {
                    Ok(connection) => connection,
                    Err(failure) => return Outcome::Failed(failure),
                }
            }
        };
        let used = connection.used();
        let outcome = connection.send(envelope, mail).await;
        let sound = connection.sound();
        if sound {
            *kept = Some((relay, connection));
        }
        // A relay may hang up on a connection that rested. It has seen nothing of this email yet, so a fresh one says
        // more.
        if !matches!(&outcome, Outcome::Failed(failure) if used && !sound && hung_up(failure)) {
            return outcome;
        }
    }
}

/// Whether the relay gave up the conversation before it heard of the email.
fn hung_up(failure: &Failure) -> bool {
    failure.stage == Stage::Sender && matches!(failure.code, None | Some(421))
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::domain::email::Email;
    use crate::domain::time::Timestamp;
    use crate::mail::smtp::fake::{Fake, Reaction, Running};
    use crate::mail::smtp::{Limits, Tls};

    fn to(running: &Running) -> Session {
        let relay = Relay {
            host: "127.0.0.1".into(),
            port: running.port,
            tls: Tls::None,
            sign_in: None,
            allow_plain: false,
            authorities: None,
            hello: None,
            limits: Limits::SENDING,
        };
        Transport::Relay(SharedRelay::new(relay)).begin()
    }

    async fn send(sender: &mut Session) -> Outcome {
        let address = || Email::parse("ada@example.org").unwrap();
        let envelope = Envelope {
            from_name: String::new(),
            from: address(),
            return_path: None,
            to: address(),
            to_name: String::new(),
            message_id: "1@example.org".into(),
            date: Timestamp(0),
            code: None,
        };
        sender.send(&envelope, Zeroizing::new(b"x\r\n".to_vec())).await
    }

    #[tokio::test]
    async fn a_hundred_mails_go_over_one_connection_and_the_next_over_another() {
        let running = Fake::new().start().await;
        let mut sender = to(&running);
        for _ in 0..101 {
            assert!(matches!(send(&mut sender).await, Outcome::Accepted(_)));
        }
        sender.close().await;
        assert_eq!((running.mails().len(), running.connections()), (101, 2));
        assert_eq!(running.lines().iter().filter(|line| *line == "QUIT").count(), 2);
    }

    #[tokio::test]
    async fn a_connection_that_the_relay_gave_up_meanwhile_is_opened_again() {
        for does in [Reaction::HangUp, Reaction::SayAndHangUp("421 idle too long")] {
            let running =
                Fake::new().at("MAIL", &[Reaction::Say("250 ok"), does, Reaction::Say("250 ok")]).start().await;
            let mut sender = to(&running);
            assert!(matches!(send(&mut sender).await, Outcome::Accepted(_)));
            assert!(matches!(send(&mut sender).await, Outcome::Accepted(_)));
            assert_eq!((running.mails().len(), running.connections()), (2, 2));
        }
    }

    #[tokio::test]
    async fn a_relay_that_hangs_up_at_once_is_not_asked_again_and_again() {
        let running = Fake::new().at("MAIL", &[Reaction::HangUp]).start().await;
        assert!(matches!(send(&mut to(&running)).await, Outcome::Failed(_)));
        assert_eq!(running.connections(), 1);
    }

    #[tokio::test]
    async fn after_an_odd_answer_the_next_mail_gets_a_connection_of_its_own() {
        let running = Fake::new().at("DOT", &[Reaction::Say("354 what"), Reaction::Say("250 ok")]).start().await;
        let mut sender = to(&running);
        assert!(matches!(send(&mut sender).await, Outcome::Failed(_)));
        assert!(matches!(send(&mut sender).await, Outcome::Accepted(_)));
        assert_eq!(running.connections(), 2);
    }
}
