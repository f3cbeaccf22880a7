//! Seal the audit log: each row that is not sealed yet gets a link in a chain of keyed proofs. Apart from the changes that
//! write the rows, so that none of them waits for another.

use super::{App, Failure};
use crate::domain::audit::ChainLink;
use crate::store::Logged;

/// How many rows one transaction seals.
const CHUNK: u64 = 500;

/// Seals what is not sealed yet; answers with the last link if there is a new one.
pub async fn seal_audit(app: &App) -> Result<Option<ChainLink>, Failure> {
    let (mut last, mut beyond) = (None, 0);
    loop {
        let (head, next): (Option<ChainLink>, Option<i64>) = app
            .store
            .write(|tx| async move {
                // Past those that stay unsealed: however many somebody puts in, they keep no later one waiting.
                let rows = tx.unsealed(beyond, CHUNK).await?;
                let next = rows.last().map(|row| row.facts.id).filter(|_| rows.len() as u64 == CHUNK);
                let links = links(app, tx.chain_head().await?, &rows);
                // Somebody else who seals at this moment has sealed the same.
                let added = !links.is_empty() && tx.add_links(&links).await?;
                Ok::<_, Failure>((links.into_iter().next_back().filter(|_| added), next))
            })
            .await?;
        last = head.or(last);
        match next {
            Some(id) => beyond = id,
            None => return Ok(last),
        }
    }
}

/// The links that seal these rows, one after the other. A row whose detail is not what its hash says was not written by
/// this program: it stays unsealed, which verifying tells.
fn links(app: &App, head: Option<ChainLink>, rows: &[Logged]) -> Vec<ChainLink> {
    let (mut seq, mut before) = head.map_or((0, Vec::new()), |head| (head.seq, head.proof));
    let mut links = Vec::with_capacity(rows.len());
    for row in rows.iter().filter(|row| is_ours(app, row)) {
        seq += 1;
        let proof = app.keys.seal(&before, seq, &row.facts.bytes());
        links.push(ChainLink { seq, entry: row.facts.id, proof: proof.clone(), key_id: app.keys.id().to_owned() });
        before = proof;
    }
    links
}

/// Whether a row's detail is what its keyed hash says; one whose detail was erased cannot be asked.
pub(super) fn is_ours(app: &App, row: &Logged) -> bool {
    let Some((salt, detail)) = &row.detail else { return true };
    let Ok(salt) = <&[u8; 16]>::try_from(salt.as_slice()) else { return false };
    let unhashed = crate::domain::audit::Facts { id: 0, detail_hash: Vec::new(), ..row.facts.clone() };
    app.keys.audit_hash(salt, &unhashed.bytes(), detail) == row.facts.detail_hash
}
