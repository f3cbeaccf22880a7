//! `rsvp doctor`: everything that a start needs.

use super::{open, transport};
use crate::app::upkeep::queue;
use crate::cli::doctor::Checks;
use crate::cli::{Failed, Out, Status};
use crate::config::layers::Loaded;
use crate::config::problem::Problems;
use crate::config::settings::Transport;
use crate::domain::actor::Actor;
use crate::maintenance::dns;

/// Checks everything that a start needs, and goes on after what is wrong.
pub async fn doctor(loaded: Result<Loaded, Problems>, out: Out) -> Status {
    let mut checks = Checks::default();
    match loaded {
        Err(Problems(problems)) => {
            for problem in problems {
                checks.add("settings", Err::<String, _>(problem));
            }
        }
        Ok(Loaded { settings, .. }) => {
            checks.add("settings", Ok::<_, Failed>("in order"));
            match open::open(&settings).await {
                Err(failed) => checks.add("organisation", Err::<String, _>(failed)),
                Ok(app) => {
                    checks.add("organisation", Ok::<_, Failed>(app.organisation().to_owned()));
                    match queue::run(&app, &Actor::system()).await {
                        Err(failure) => checks.add("outbox", Err::<String, _>(failure)),
                        Ok(queue) => checks.queue(&settings, &queue),
                    }
                }
            }
            checks.surroundings(&settings).await;
            if let (Transport::Smtp(_), Some(from)) = (&settings.mail.transport, &settings.mail.from) {
                let domain = from.email.domain();
                checks.domain(domain, dns::records(domain).await.map(dns::Records::missing));
            }
            if let Transport::Smtp(smtp) = &settings.mail.transport {
                checks.add("relay", transport::try_relay(smtp).await);
            }
        }
    }
    checks.report(out)
}
