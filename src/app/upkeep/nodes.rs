//! Long-running parts say that they are alive, so that others know whether links are served and emails are sent.

use crate::app::{App, Failure};
use crate::domain::node::{Alive, GONE_AFTER, Node, NodeId, NodeKind, Process};
use crate::domain::time::Timestamp;
use crate::store::{LastSign, StoreError, Tx};

pub async fn announce(app: &App, kind: NodeKind, process: &Process) -> Result<NodeId, Failure> {
    app.store.write(|tx| async move { Ok(tx.insert_node(kind, process, app.now()).await?) }).await
}

/// The parts that began and did not say that they ended, the longest running first.
pub async fn list(app: &App) -> Result<Vec<Node>, Failure> {
    Ok(app.store.read(|tx| async move { tx.nodes().await }).await?)
}

/// The parts that are alive.
pub async fn running(app: &App) -> Result<Vec<Node>, Failure> {
    let now = app.now();
    Ok(list(app).await?.into_iter().filter(|node| node.is_alive(now)).collect())
}

/// Says that it is still alive; answers whether it is known, which it is not after a backup was restored.
pub async fn report_alive(app: &App, node: NodeId) -> Result<bool, Failure> {
    app.store.write(|tx| async move { Ok(tx.see_node(node, app.now(), false).await?) }).await
}

pub async fn leave(app: &App, node: NodeId) -> Result<(), Failure> {
    app.store.write(|tx| async move { Ok(tx.see_node(node, app.now(), true).await.map(drop)?) }).await
}

/// Whether a kind of part is there.
pub async fn alive(app: &App, kind: NodeKind) -> Result<Alive, Failure> {
    app.store.read(|tx| async move { Ok(state(&tx, kind, app.now()).await?) }).await
}

/// Refuses what would pull the ground from under a part that is alive.
pub async fn refuse_while_running(app: &App) -> Result<(), Failure> {
    match running(app).await?.into_iter().next() {
        Some(node) => Err(Failure::Running(Box::new(node))),
        None => Ok(()),
    }
}

pub(in crate::app) async fn state(tx: &Tx, kind: NodeKind, now: Timestamp) -> Result<Alive, StoreError> {
    // A sign of life from a clock that was ahead says nothing about now; those of several machines differ a little.
    Ok(match tx.last_sign(kind, now.plus(GONE_AFTER)).await? {
        None => Alive::Never,
        Some(LastSign { seen_at, left: false }) if now.since(seen_at) < GONE_AFTER => Alive::Now,
        Some(LastSign { seen_at, .. }) => Alive::Last(seen_at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::test::on_both;

    #[tokio::test]
    async fn a_portal_is_there_until_it_leaves_or_falls_silent() {
        on_both(async |world| {
            let alive = async || alive(&world.app, NodeKind::Portal).await.unwrap();
            assert_eq!(alive().await, Alive::Never);
            let first = announce(&world.app, NodeKind::Portal, &Process::default()).await.unwrap();
            assert_eq!(alive().await, Alive::Now);
            world.pass(GONE_AFTER);
            assert!(matches!(alive().await, Alive::Last(_)));
            report_alive(&world.app, first).await.unwrap();
            let second = announce(&world.app, NodeKind::Portal, &Process::default()).await.unwrap();
            leave(&world.app, second).await.unwrap();
            assert_eq!(alive().await, Alive::Now, "the first is still there");
            leave(&world.app, first).await.unwrap();
            assert!(matches!(alive().await, Alive::Last(_)));
        })
        .await;
    }
}
