//! "Forgotten password": takes any address and answers every one alike. What becomes of it is decided later, by
//! [`crate::app::upkeep::requests`].

use crate::app::{App, Failure};
use crate::domain::email::Email;

/// Most requests that wait at once. More than this is somebody's flood: the worker resolves hundreds a second.
const MOST: u64 = 10_000;

/// Inserts one request row, whoever has the address or nobody; false when so many wait that this one isn't taken. `client` is the
/// network that asks; what is stored of it is a keyed hash.
pub async fn run(app: &App, email: &Email, client: &[u8]) -> Result<bool, Failure> {
    let asker = app.keys.current().asker(client, &email.key());
    app.store
        .write(|tx| {
            let asker = asker.clone();
            async move {
                let is_room = tx.open_requests(MOST).await? < MOST;
                if is_room {
                    tx.insert_request(email, asker, app.now()).await?;
                }
                Ok(is_room)
            }
        })
        .await
}
