//! Reads under way: of each kind one, and the newest that was asked for meanwhile; those between are never begun. So
//! however fast somebody types, and however slow the database is, no heap of reads that nobody wants any more builds
//! up.

use std::collections::HashMap;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc::UnboundedSender;

/// What is read, by name. Whoever asks anew for the same thing does not want the earlier answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot(pub &'static str);

/// An answer, in the order in which they came.
pub enum Answered<A> {
    /// To a read, and to which where that is one of the slots.
    Read(Option<Slot>, A),
    /// To a change.
    Change(A),
}

/// The reads under way.
pub struct Reads<A> {
    answers: UnboundedSender<Answered<A>>,
    /// Those in flight, each with the one that waits for it.
    slots: HashMap<Slot, Option<BoxFuture<'static, A>>>,
}

impl<A: Send + 'static> Reads<A> {
    /// None yet; the answers go there.
    pub fn new(answers: UnboundedSender<Answered<A>>) -> Self {
        Self { answers, slots: HashMap::new() }
    }

    /// Asks for something: at once, or when what is in flight has answered.
    pub fn ask(&mut self, slot: Option<Slot>, work: BoxFuture<'static, A>) {
        match slot.and_then(|slot| self.slots.get_mut(&slot)) {
            Some(waiting) => *waiting = Some(work),
            None => self.begin(slot, work),
        }
    }

    /// Something was answered: what waited for it begins. Answers whether that was the newest that was asked for.
    pub fn answered(&mut self, slot: Slot) -> bool {
        let next = self.slots.remove(&slot).flatten();
        let is_newest = next.is_none();
        if let Some(next) = next {
            self.begin(Some(slot), next);
        }
        is_newest
    }

    fn begin(&mut self, slot: Option<Slot>, work: BoxFuture<'static, A>) {
        self.slots.extend(slot.map(|slot| (slot, None)));
        let answers = self.answers.clone();
        // Nobody listens any more when the part ends.
        tokio::spawn(async move { drop(answers.send(Answered::Read(slot, work.await))) });
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
    use tokio::sync::oneshot;

    use super::*;

    async fn read(answered: &mut UnboundedReceiver<Answered<i32>>) -> (Option<Slot>, i32) {
        let Some(Answered::Read(slot, answer)) = answered.recv().await else { panic!("a read") };
        (slot, answer)
    }

    #[tokio::test]
    async fn of_those_that_wait_only_the_newest_is_begun() {
        let (answers, mut answered) = unbounded_channel();
        let mut reads = Reads::new(answers);
        let (release, released) = oneshot::channel::<()>();
        reads.ask(Some(Slot("page")), Box::pin(async move { released.await.map_or(0, |()| 1) }));
        reads.ask(Some(Slot("page")), Box::pin(async { 2 }));
        reads.ask(Some(Slot("page")), Box::pin(async { 3 }));
        reads.ask(Some(Slot("hits")), Box::pin(async { 4 }));
        reads.ask(None, Box::pin(async { 5 }));
        let mut others = [read(&mut answered).await.1, read(&mut answered).await.1];
        others.sort_unstable();
        assert_eq!(others, [4, 5], "what is read beside it waits for nothing");
        release.send(()).unwrap();
        let mut all = Vec::new();
        for _ in 0..2 {
            let (slot, answer) = read(&mut answered).await;
            all.push((answer, slot.is_some_and(|slot| reads.answered(slot))));
        }
        assert_eq!(all, [(1, false), (3, true)], "only the last is the newest");
    }
}
