//! Seal the audit log: each row that is not sealed yet gets a link in a chain of keyed proofs. Apart from the changes
//! that write the rows, so that none of them waits for another.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::audit::ChainLink;
use crate::secrets::{Key, LastLink, Sealer};
use crate::store::{Logged, Tx};

const CHUNK: u64 = 500;

/// Whether the head could not be kept at the last time, so that a log says so once and not at every change.
static UNKEPT: AtomicBool = AtomicBool::new(false);

/// How what is kept beside the key goes with the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HeadFile {
    /// Nothing was sealed yet, and nothing is kept.
    #[default]
    Nothing,
    /// The log contains it.
    Contained,
    /// The log is sealed, and nothing is kept here: on a machine that never sealed, or because somebody took it away. That
    /// the end was cut off would not be noticed.
    Missing,
}

impl HeadFile {
    /// The word for it in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Contained => "contained",
            Self::Missing => "missing",
        }
    }
}

/// Looks whether the log contains the head that is kept beside the key.
///
/// # Errors
/// A log that does not, so that nothing is sealed; a file that is no head, with the same consequence.
pub async fn look_at_head(app: &App) -> Result<HeadFile, Failure> {
    let kept = &app.keys.kept_head().read()?;
    app.store
        .read(|tx| async move {
            holds(app, &tx, kept.as_ref()).await?;
            Ok(match (kept, tx.chain_head().await?) {
                (Some(_), _) => HeadFile::Contained,
                (None, Some(_)) => HeadFile::Missing,
                (None, None) => HeadFile::Nothing,
            })
        })
        .await
}

/// Seals what is not sealed yet; answers with the last link if there is a new one.
pub async fn run(app: &App) -> Result<Option<ChainLink>, Failure> {
    let kept_head = app.keys.kept_head();
    let kept = &kept_head.read()?;
    let (mut last, mut beyond): (Option<ChainLink>, i64) = (None, 0);
    loop {
        let (head, next): (Option<ChainLink>, Option<i64>) = app
            .store
            .write(|tx| async move {
                app.check_key(&tx).await?;
                holds(app, &tx, kept.as_ref()).await?;
                // Past those that stay unsealed: however many somebody puts in, they keep no later one waiting.
                let rows = tx.unsealed(beyond, CHUNK).await?;
                let next = rows.last().map(|row| row.facts.id).filter(|_| rows.len() as u64 == CHUNK);
                // A row that was not written here with the key that counts stays unsealed, which verifying tells.
                let ours = ours(app, &tx, &rows).await?;
                let links = links(app, tx.chain_head().await?, ours.into_iter());
                if !links.is_empty() {
                    tx.add_links(&links).await?;
                }
                Ok::<_, Failure>((links.into_iter().next_back(), next))
            })
            .await?;
        last = head.or(last);
        match next {
            Some(id) => beyond = id,
            None => break,
        }
    }
    if let Some(head) = &last {
        let kept = kept_head.keep(&LastLink { seq: head.seq, proof: head.proof.clone() });
        let failed_before = UNKEPT.swap(kept.is_err(), Ordering::Relaxed);
        if let Err(error) = kept
            && !failed_before
        {
            // The service's log has it still.
            tracing::warn!(%error, "can't keep the head of the audit log beside the key");
        }
    }
    Ok(last)
}

/// That the chain holds the head that was sealed last: otherwise its end was cut off, and it must not grow again over
/// that.
async fn holds(app: &App, tx: &Tx, kept: Option<&LastLink>) -> Result<(), Failure> {
    let Some(kept) = kept else { return Ok(()) };
    let is_held = match tx.chain_link(kept.seq).await? {
        Some(link) => link.proof == kept.proof,
        None => was_restored_over(app, tx, kept.seq).await?,
    };
    let cut = || Failure::LogCut { seq: kept.seq, kept: app.keys.kept_head().path().to_owned() };
    if is_held { Ok(()) } else { Err(cut()) }
}

/// Whether nothing that this program wrote waits for its seal.
pub(in crate::app) async fn is_sealed(app: &App, tx: &Tx) -> Result<bool, Failure> {
    let mut beyond = 0;
    loop {
        let rows = tx.unsealed(beyond, CHUNK).await?;
        if !ours(app, tx, &rows).await?.is_empty() {
            return Ok(false);
        }
        match rows.last().filter(|_| rows.len() as u64 == CHUNK) {
            Some(last) => beyond = last.facts.id,
            None => return Ok(true),
        }
    }
}

/// The rows among these that this program wrote with the current key, each once.
pub(super) async fn ours<'a>(app: &App, tx: &Tx, rows: &'a [Logged]) -> Result<Vec<&'a Logged>, Failure> {
    once(tx, rows, |row| is_whole(row, app.keys.current())).await
}

/// The rows among these that fit, without those that somebody copied.
async fn once<'a>(tx: &Tx, rows: &'a [Logged], fits: impl Fn(&Logged) -> bool) -> Result<Vec<&'a Logged>, Failure> {
    let copies = tx.hashed_twice(rows).await?;
    Ok(rows.iter().filter(|row| fits(row) && !copies.contains(&row.facts.id)).collect())
}

/// Seals what waits for its seal without looking at it: it was hashed with a key that is gone.
pub(in crate::app) async fn seal_as_it_is(app: &App, tx: &Tx) -> Result<(), Failure> {
    loop {
        let rows = tx.unsealed(0, CHUNK).await?;
        if rows.is_empty() {
            return Ok(());
        }
        tx.add_links(&links(app, tx.chain_head().await?, rows.iter())).await?;
    }
}

/// Seals what waits for its seal in a database that was just filled from a backup: first the entry that says so, at a
/// place above every one that was ever given, so that the links of the time that the backup does not know are missed by
/// nobody who verifies, and no place has two of them. What waits
/// was hashed with the key that the backup was made with, which may have been exchanged since; with no other older one.
pub(in crate::app) async fn continue_above(
    app: &App,
    tx: &Tx,
    (place, restored): (i64, i64),
    made_with: &str,
) -> Result<(), Failure> {
    let counts = |key: &Key| key.id() == made_with || key.id() == app.keys.fingerprint();
    let (mut waiting, mut beyond) = (vec![restored], 0);
    loop {
        let rows = tx.unsealed(beyond, CHUNK).await?;
        let ours =
            once(tx, &rows, |row| app.keys.known().filter(|key| counts(key)).any(|key| is_whole(row, key))).await?;
        waiting.extend(ours.iter().map(|row| row.facts.id).filter(|id| *id != restored));
        match rows.last().filter(|_| rows.len() as u64 == CHUNK) {
            Some(last) => beyond = last.facts.id,
            None => break,
        }
    }
    let mut head = tx.chain_head().await?;
    let (seq, proof) = head.take().map_or((0, Vec::new()), |head| (head.seq, head.proof));
    let key_id = app.keys.fingerprint().to_owned();
    head = Some(ChainLink { seq: seq.max(place), entry: 0, proof, key_id });
    for ids in waiting.chunks(usize::try_from(CHUNK).unwrap_or(usize::MAX)) {
        let rows = tx.logged(ids.to_vec()).await?;
        let new = links(app, head.take(), ids.iter().filter_map(|id| rows.get(id)));
        tx.add_links(&new).await?;
        head = new.into_iter().next_back();
    }
    Ok(())
}

/// Whether a place of the chain is one of those that a restored backup went on beyond: the next link seals the entry
/// that says so, with our key.
pub(in crate::app) async fn was_restored_over(app: &App, tx: &Tx, place: i64) -> Result<bool, Failure> {
    let Some(next) = tx.chain_after(place, 1).await?.into_iter().next() else { return Ok(false) };
    let before = tx.chain_before(place).await?.map_or_else(Vec::new, |link| link.proof);
    let rows = tx.logged(vec![next.entry]).await?;
    let Some(row) = rows.get(&next.entry) else { return Ok(false) };
    let proves = match app.keys.sealer(&next.key_id, next.seq) {
        Sealer::Key(key) => key.seal(&before, next.seq, &row.facts.bytes()) == next.proof,
        Sealer::Lost | Sealer::Nobody => false,
    };
    Ok(row.facts.action == Action::RestoreBackup.name() && proves)
}

/// The links that seal these rows, one after the other.
fn links<'a>(app: &App, head: Option<ChainLink>, rows: impl Iterator<Item = &'a Logged>) -> Vec<ChainLink> {
    let (mut seq, mut before) = head.map_or((0, Vec::new()), |head| (head.seq, head.proof));
    let mut links = Vec::new();
    let key = app.keys.current();
    for row in rows {
        seq += 1;
        let proof = key.seal(&before, seq, &row.facts.bytes());
        links.push(ChainLink { seq, entry: row.facts.id, proof: proof.clone(), key_id: key.id().to_owned() });
        before = proof;
    }
    links
}

/// Whether a row is all there and as the key's owner wrote it. Nothing is erased before it is sealed.
fn is_whole(row: &Logged, key: &Key) -> bool {
    row.detail.is_some() && (row.origin.is_some() || row.facts.origin_hash.is_empty()) && is_ours(row, key)
}

/// Whether what is left of a row's parts is what their keyed hashes say; a part that was erased cannot be asked.
pub(in crate::app) fn is_ours(row: &Logged, key: &Key) -> bool {
    let fits = |part: Option<&(Vec<u8>, String)>, bound_to: &[u8], hash: &[u8]| {
        let Some((salt, text)) = part else { return true };
        <&[u8; 16]>::try_from(salt.as_slice()).is_ok_and(|salt| key.audit_hash(salt, bound_to, text) == hash)
    };
    let facts = &row.facts;
    fits(row.detail.as_ref(), &facts.bound_to_detail(), &facts.detail_hash)
        && fits(row.origin.as_ref(), &facts.bound_to_origin(), &facts.origin_hash)
}
