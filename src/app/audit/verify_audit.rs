//! Verify the audit log: walk its chain from the first link to the last and say where it breaks.

use crate::app::audit::erasures::Erasures;
use crate::app::audit::seal_audit::{HeadFile, is_ours, was_restored_over};
use crate::app::step::Step;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::ChainLink;
use crate::domain::policy::Denied;
use crate::secrets::Sealer;
use crate::store::Logged;

const CHUNK: u64 = 1_000;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// How many entries are sealed and as they were written.
    pub sealed: u64,
    /// How many are not sealed yet, or were put in by somebody else.
    pub unsealed: u64,
    /// Of how many sealed ones the detail, or where the actor came from, was erased.
    pub erased: u64,
    /// How often a backup was restored: the entries of the time between are not in the log.
    pub restored: u64,
    /// How many were sealed with a key that is lost, so that nobody can verify them.
    pub unprovable: u64,
    /// The last link: keep it elsewhere to notice that the end was cut off.
    pub head: Option<ChainLink>,
    /// Whether the head that was sealed last is kept beside the key.
    pub head_file: HeadFile,
    pub broken: Option<Broken>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    pub seq: i64,
    /// The number of the entry that is sealed there, if that is known.
    pub entry: Option<i64>,
    pub why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    #[error("a link of the chain is missing")]
    LinkMissing,
    #[error("the entry is missing")]
    EntryMissing,
    /// A row or a link was changed, or another key made it.
    #[error("the entry or its proof was changed, or another key made it")]
    Changed,
    /// The detail is not the one that was written.
    #[error("the detail of the entry was changed")]
    DetailChanged,
    /// The detail, or where the actor came from, is gone, and the log doesn't say that it was erased or forgotten.
    #[error("the detail of the entry was removed, and no entry says that it was erased")]
    DetailMissing,
    /// The key file knows of more links than there are.
    #[error("the chain ends before the key was last replaced: its end was cut off, or the database is an older copy")]
    EndMissing,
    /// The head that was kept elsewhere is not in the chain.
    #[error("the chain doesn't contain the head that was kept: its end was cut off or rewritten")]
    HeadMissing,
    /// The file with the head that was sealed last.
    #[error(
        "the file beside the key that keeps the last head can't be used, so nobody can say whether the end was cut off: \
         `rsvp doctor` says why"
    )]
    HeadUnusable,
}

/// A head that was kept elsewhere: its place, and how its proof begins, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub seq: i64,
    /// How the proof begins.
    pub proof: String,
}

/// A link's proof as it is written down: hexadecimal.
#[must_use]
pub fn told(link: &ChainLink) -> String {
    format!("{}:{}", link.seq, crate::app::context::hex(&link.proof))
}

/// Walks the chain. Only administrators may; it takes a few seconds for a million entries.
pub async fn run(app: &App, actor: &Actor, kept: Option<&Head>) -> Result<Verified, Failure> {
    let (own, is_unusable) = match app.keys.kept_head().read() {
        Ok(own) => (own.map(|last| Head { seq: last.seq, proof: crate::app::context::hex(&last.proof) }), false),
        Err(_) => (None, true),
    };
    let own = &own;
    let mut found = app
        .store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            if !step.authority.audits() {
                return Err(Failure::from(Denied::AdministratorsOnly));
            }
            let mut broken = None;
            // The one that was given, and the one that is kept beside the key.
            for kept in kept.into_iter().chain(own) {
                let is_held = match tx.chain_link(kept.seq).await? {
                    Some(link) => {
                        !kept.proof.is_empty() && crate::app::context::hex(&link.proof).starts_with(&kept.proof)
                    }
                    None => was_restored_over(app, &tx, kept.seq).await?,
                };
                if !is_held {
                    broken = Some(Broken { seq: kept.seq, entry: None, why: Why::HeadMissing });
                }
            }
            let (unsealed, head) = (tx.count_unsealed().await?, tx.chain_head().await?);
            if is_unusable && broken.is_none() {
                let seq = head.as_ref().map_or(1, |head| head.seq + 1);
                broken = Some(Broken { seq, entry: None, why: Why::HeadUnusable });
            }
            let head_file = match (own, &head) {
                (Some(_), _) => HeadFile::Contained,
                (None, Some(_)) if !is_unusable => HeadFile::Missing,
                (None, _) => HeadFile::Nothing,
            };
            Ok(Verified { unsealed, head, head_file, broken, ..Verified::default() })
        })
        .await?;
    let last = found.head.as_ref().map_or(0, |head| head.seq);
    if found.broken.is_none() && last < app.keys.reaches() {
        found.broken = Some(Broken { seq: last + 1, entry: None, why: Why::EndMissing });
    }
    let erasures = app.store.read(|tx| async move { Erasures::read(app, &tx).await }).await?;
    let mut walk = Walk { seq: 0, before: Vec::new(), erasures };
    while walk.seq < walk.erasures.last {
        let chunk = walk.chunk(app).await?;
        found.sealed += chunk.sealed;
        found.erased += chunk.erased;
        found.restored += chunk.restored;
        found.unprovable += chunk.unprovable;
        if let Some(broken) = chunk.broken {
            // The earliest break is the one to look at.
            found.broken = Some(broken);
            return Ok(found);
        }
    }
    Ok(found)
}

struct Walk {
    seq: i64,
    before: Vec<u8>,
    /// What accounts for details that are gone, and how far the walk goes.
    erasures: Erasures,
}

/// What a stretch of the walk found.
#[derive(Default)]
struct Chunk {
    sealed: u64,
    erased: u64,
    restored: u64,
    unprovable: u64,
    broken: Option<Broken>,
}

impl Walk {
    async fn chunk(&mut self, app: &App) -> Result<Chunk, Failure> {
        let (from, known) = (self.seq, &self.erasures);
        let (links, rows, newer) = app
            .store
            .read(|tx| async move {
                let links = tx.chain_after(from, CHUNK).await?;
                let rows = tx.logged(links.iter().map(|link| link.entry).collect()).await?;
                let accounts =
                    |link: &ChainLink| rows.get(&link.entry).is_none_or(|row| known.account_for(row, link.seq));
                // Somebody may have been erased since the walk began.
                let newer = if links.iter().all(accounts) { None } else { Some(Erasures::read(app, &tx).await?) };
                Ok::<_, Failure>((links, rows, newer))
            })
            .await?;
        self.erasures = newer.unwrap_or_else(|| std::mem::take(&mut self.erasures));
        let last = self.erasures.last;
        let mut chunk = Chunk::default();
        if links.is_empty() {
            chunk.broken = Some(Broken { seq: from + 1, entry: None, why: Why::LinkMissing });
        }
        for link in links.into_iter().filter(|link| link.seq <= last) {
            let row = rows.get(&link.entry);
            // Where a backup was restored, the chain goes on beyond the places that were given before.
            let is_restore = row.is_some_and(|row| row.facts.action == Action::RestoreBackup.name());
            let seq = if is_restore { link.seq.max(self.seq + 1) } else { self.seq + 1 };
            let broken = |entry, why| Some(Broken { seq, entry, why });
            if link.seq != seq {
                chunk.broken = broken(None, Why::LinkMissing);
                break;
            }
            let Some(row) = row else {
                chunk.broken = broken(Some(link.entry), Why::EntryMissing);
                break;
            };
            match judge(app, (&self.before, &self.erasures), &link, row) {
                Verdict::Broken(why) => {
                    chunk.broken = broken(Some(link.entry), why);
                    break;
                }
                Verdict::Unprovable => chunk.unprovable += 1,
                Verdict::Proved => chunk.sealed += 1,
            }
            chunk.erased += u64::from(is_erased(row));
            chunk.restored += u64::from(is_restore);
            (self.seq, self.before) = (seq, link.proof);
        }
        Ok(chunk)
    }
}

/// What is to be said of one link.
enum Verdict {
    /// It is as it was written.
    Proved,
    /// The key that made it is lost.
    Unprovable,
    /// It is not as it was written.
    Broken(Why),
}

fn judge(app: &App, (before, erasures): (&[u8], &Erasures), link: &ChainLink, row: &Logged) -> Verdict {
    if app.keys.proof_at(link.seq).is_some_and(|proof| proof != link.proof) {
        return Verdict::Broken(Why::Changed);
    }
    match app.keys.sealer(&link.key_id, link.seq) {
        Sealer::Nobody => Verdict::Broken(Why::Changed),
        Sealer::Lost => Verdict::Unprovable,
        Sealer::Key(key) if key.seal(before, link.seq, &row.facts.bytes()) != link.proof => {
            Verdict::Broken(Why::Changed)
        }
        // One that waited in a backup for its seal was hashed with the key of that time: the seal holds the hash.
        Sealer::Key(key)
            if !is_ours(row, key)
                && !app.keys.known().any(|key| is_ours(row, key))
                && row.facts.id > app.keys.unprovable_up_to() =>
        {
            Verdict::Broken(Why::DetailChanged)
        }
        Sealer::Key(_) if !erasures.account_for(row, link.seq) && row.facts.id > app.keys.unprovable_up_to() => {
            Verdict::Broken(Why::DetailMissing)
        }
        Sealer::Key(_) => Verdict::Proved,
    }
}

fn is_erased(row: &Logged) -> bool {
    row.detail.is_none() || (row.origin.is_none() && !row.facts.origin_hash.is_empty())
}
