//! Trusted proxies that don't say who the client is: everybody behind such a one counts as one client, which only `rsvp doctor`
//! and the log tell.

use std::net::IpAddr;

use crate::app::{App, Failure};

/// Notes that a proxy said nothing of use.
pub async fn note(app: &App, proxy: IpAddr) -> Result<(), Failure> {
    app.store.write(|tx| async move { Ok(tx.note_silent_proxy(&proxy.to_string(), app.now()).await?) }).await
}

/// The proxies that did so in the last day.
pub async fn run(app: &App) -> Result<Vec<String>, Failure> {
    app.store.read(|tx| async move { Ok(tx.silent_proxies().await?) }).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::test::on_both;

    #[tokio::test]
    async fn a_proxy_is_noted_once() {
        on_both(async |world| {
            for last in [1, 2, 1] {
                note(&world.app, [10, 0, 0, last].into()).await.unwrap();
            }
            let mut noted = run(&world.app).await.unwrap();
            noted.sort();
            assert_eq!(noted, ["10.0.0.1", "10.0.0.2"]);
        })
        .await;
    }
}
