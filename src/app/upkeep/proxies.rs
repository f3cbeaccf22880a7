//! Trusted proxies that don't say who the client is: everybody behind such a one counts as one client, which only `rsvp doctor`
//! and the log tell.

use std::net::IpAddr;

use crate::app::{App, Failure};
use crate::domain::proxy::{Silence, SilentProxy};

/// Notes that a proxy said nothing of use.
pub async fn note(app: &App, proxy: IpAddr, silence: Silence) -> Result<(), Failure> {
    let silent = &SilentProxy { address: proxy.to_string(), silence, last: app.now() };
    app.store.write(|tx| async move { Ok(tx.note_silent_proxy(silent).await?) }).await
}

/// Notes that a proxy names its clients.
pub async fn clear(app: &App, proxy: IpAddr) -> Result<(), Failure> {
    app.store.write(|tx| async move { Ok(tx.forget_silent_proxy(&proxy.to_string()).await?) }).await
}

/// The proxies that said nothing of use in the last day, and nothing better since.
pub async fn run(app: &App) -> Result<Vec<SilentProxy>, Failure> {
    app.store.read(|tx| async move { Ok(tx.silent_proxies().await?) }).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::test::on_both;
    use crate::domain::time::minutes;

    #[tokio::test]
    async fn a_proxy_is_noted_once_as_it_was_last_until_it_names_a_client() {
        on_both(async |world| {
            let address = |last| IpAddr::from([10, 0, 0, last]);
            let silent =
                |last, silence| SilentProxy { address: address(last).to_string(), silence, last: world.app.now() };
            note(&world.app, address(2), Silence::Missing).await.unwrap();
            note(&world.app, address(1), Silence::Missing).await.unwrap();
            let second = silent(2, Silence::Missing);
            world.pass(minutes(3));
            note(&world.app, address(1), Silence::Unreadable).await.unwrap();
            let noted = run(&world.app).await.unwrap();
            assert_eq!(noted, [silent(1, Silence::Unreadable), second.clone()]);
            clear(&world.app, address(1)).await.unwrap();
            assert_eq!(run(&world.app).await.unwrap(), [second]);
        })
        .await;
    }
}
