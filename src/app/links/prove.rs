//! Codes: making the one of a link, and finding the link that one proves.

use crate::app::App;
use crate::domain::code::Code;
use crate::domain::link::{LinkId, Purpose};
use crate::secrets::Proof;
use crate::store::{StoreError, StoredLink, Tx};

/// The code of a link, unless the key that made it was stolen or lost.
pub(in crate::app) fn code_of(app: &App, stored: &StoredLink) -> Option<Code> {
    let (link, address) = (&stored.link, stored.link.to.key());
    app.keys.code(link.id.0, proof(app, link.purpose, &stored.key_id, &stored.nonce, &address))
}

/// The link that a code proves for a purpose, if it proves one. A code of no row is compared as long as one of a row,
/// and so is one of a row for another purpose.
pub(in crate::app) async fn proved(
    app: &App,
    tx: &Tx,
    purpose: Purpose,
    code: &Code,
) -> Result<Option<StoredLink>, StoreError> {
    let stored = tx.stored_link(LinkId(code.id)).await?;
    let address = stored.as_ref().map_or_else(String::new, |stored| stored.link.to.key());
    let nonce = stored.as_ref().map_or(&[0; 16][..], |stored| &stored.nonce);
    let key = stored.as_ref().map_or(app.keys.fingerprint(), |stored| &stored.key_id);
    let proves = app.keys.proves(code, proof(app, purpose, key, nonce, &address));
    Ok(stored.filter(|stored| proves && stored.link.purpose == purpose))
}

fn proof<'a>(app: &'a App, purpose: Purpose, key: &'a str, nonce: &'a [u8], address: &'a str) -> Proof<'a> {
    Proof { key, purpose, nonce, epoch: app.installation.epoch.as_bytes(), address }
}
