//! "Forgotten password": takes any address and answers every one alike. What becomes of it is decided later, by
//! [`super::tidy`].

use crate::app::{App, Failure};
use crate::domain::email::Email;

/// Most requests that wait at once. More than this is somebody's flood: the worker resolves hundreds a second.
const MOST: u64 = 10_000;

/// Inserts one request row, whoever has the address or nobody.
pub async fn run(app: &App, email: &Email) -> Result<(), Failure> {
    app.store
        .write(|tx| async move {
            if tx.open_requests(MOST).await? < MOST {
                tx.insert_request(email, app.now()).await?;
            }
            Ok(())
        })
        .await
}
