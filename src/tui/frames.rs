//! When the next frame is drawn: not more often than an eye sees, not before what it shows is there if that takes only
//! a moment, and not for each of many sizes that a window goes through while it is dragged.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::time::Instant;

use super::reads::Slot;

/// The least time between two frames.
const FRAME: Duration = Duration::from_millis(16);
/// How long a frame waits for an answer that is on its way.
const MOMENT: Duration = Duration::from_millis(8);
/// How long the first frame waits for what it shows: without it, it would be drawn twice.
const FIRST: Duration = Duration::from_millis(50);
/// How long a window keeps its size before it is drawn, and how long it may go on without that.
const SETTLED: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(250));

/// What decides about the next frame.
#[derive(Debug)]
pub struct Frames {
    /// Whether there is something new to draw.
    pub dirty: bool,
    /// Not before.
    next: Instant,
    drawn: bool,
    /// What is waited for, and until when.
    awaited: HashMap<Slot, Instant>,
    /// What a frame was drawn without.
    missed: HashSet<Slot>,
    /// When the size changed that is not drawn yet: first and last.
    resized: Option<(Instant, Instant)>,
}

impl Frames {
    /// Nothing is drawn yet.
    pub fn new(now: Instant) -> Self {
        let (awaited, missed) = (HashMap::new(), HashSet::new());
        Self { dirty: true, next: now, drawn: false, awaited, missed, resized: None }
    }

    /// The next frame shows what this read finds.
    pub fn wait_for(&mut self, slot: Slot, now: Instant) {
        // Whoever asks again and again still sees a frame.
        self.awaited.entry(slot).or_insert(now + if self.drawn { MOMENT } else { FIRST });
    }

    /// The newest read of this kind was answered.
    pub fn answered(&mut self, slot: Slot, now: Instant) {
        self.awaited.remove(&slot);
        // A frame was drawn without it: it has waited long enough.
        if self.missed.remove(&slot) {
            self.next = now;
        }
    }

    /// The window has another size.
    pub fn resized(&mut self, now: Instant) {
        let (first, _) = self.resized.unwrap_or((now, now));
        self.resized = Some((first, now));
    }

    /// When the next frame is due, if there is one.
    pub fn due(&self) -> Option<Instant> {
        if !self.dirty && self.resized.is_none() {
            return None;
        }
        let settled = self.resized.map(|(first, last)| (last + SETTLED.0).min(first + SETTLED.1));
        self.awaited.values().copied().chain(settled).chain([self.next]).max()
    }

    /// Whether the size has to be read before the frame that is due.
    pub fn take_resized(&mut self) -> bool {
        self.resized.take().is_some()
    }

    /// A frame was drawn.
    pub fn drawn(&mut self, now: Instant) {
        (self.dirty, self.drawn) = (false, true);
        self.next = now + FRAME;
        self.missed.extend(self.awaited.drain().map(|(slot, _)| slot));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_first_frame_waits_for_the_list_and_for_nothing_else() {
        let begin = Instant::now();
        let mut frames = Frames::new(begin);
        frames.wait_for(Slot("page"), begin);
        for slot in [Slot("health"), Slot("counts"), Slot("hits")] {
            frames.answered(slot, begin + MS);
        }
        assert_eq!(frames.due(), Some(begin + FIRST), "other answers release nothing");
        frames.answered(Slot("page"), begin + 6 * MS);
        assert_eq!(frames.due(), Some(begin));
    }

    #[test]
    fn a_list_that_comes_late_is_drawn_as_soon_as_it_is_there() {
        let begin = Instant::now();
        let mut frames = Frames::new(begin);
        frames.drawn(begin);
        assert_eq!(frames.due(), None);
        let key = begin + 100 * MS;
        frames.dirty = true;
        frames.wait_for(Slot("page"), key);
        assert_eq!(frames.due(), Some(key + MOMENT));
        frames.drawn(key + MOMENT);
        frames.dirty = true;
        assert_eq!(frames.due(), Some(key + MOMENT + FRAME), "whatever else changes keeps the distance");
        frames.answered(Slot("page"), key + 10 * MS);
        assert_eq!(frames.due(), Some(key + 10 * MS));
    }

    #[test]
    fn whoever_asks_anew_all_the_time_still_sees_frames() {
        let begin = Instant::now();
        let mut frames = Frames::new(begin);
        frames.drawn(begin);
        frames.dirty = true;
        for at in 0..40 {
            frames.wait_for(Slot("page"), begin + MS * at);
        }
        assert_eq!(frames.due(), Some(begin + FRAME));
    }

    #[test]
    fn thirty_sizes_in_a_second_are_a_handful_of_frames() {
        let begin = Instant::now();
        let mut frames = Frames::new(begin);
        frames.drawn(begin);
        let mut count = 0;
        for at in 0..1_500 {
            let now = begin + MS * at;
            if at < 1_000 && at % 33 == 0 {
                frames.resized(now);
            }
            if frames.due().is_some_and(|due| due <= now) {
                assert!(frames.take_resized());
                frames.drawn(now);
                count += 1;
            }
        }
        assert!((2..=5).contains(&count), "{count}");
        assert_eq!(frames.due(), None, "the last size was drawn");
    }
}
