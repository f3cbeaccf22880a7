//! How fast frames may follow each other on this line. Between this program and the reader's eyes lie buffers that take
//! much more than a line carries: what is written while a key is held down would be shown seconds later. So while
//! frames follow each other closely, the terminal is asked to answer when it has shown one, and no more are on their
//! way than the line carries until the answer to the first is back. A fast line with a long way is not slowed by it.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Frames that come no closer than this are never asked about: no answer is left over for the shell.
const CLOSE: Duration = Duration::from_millis(150);
/// How much longer than the quickest answer the frames on their way may take.
const SLACK: Duration = Duration::from_millis(50);
/// How long a frame waits for an answer at most.
const LOST: Duration = Duration::from_secs(2);
/// After so many questions without any answer this terminal is taken for one that does not answer.
const DEAF: usize = 8;

/// What is known of the line.
#[derive(Debug, Default)]
pub struct Pace {
    drawn: Option<Instant>,
    /// When those questions were asked that have no answer yet, oldest first.
    asked: VecDeque<Instant>,
    /// How long the quickest answer took since frames follow each other closely: the way alone, with nothing waiting.
    quickest: Option<Duration>,
    /// How far apart answers come while others are still due: how long the line takes for a frame.
    apart: Option<Duration>,
    /// When the last answer came.
    answered: Option<Instant>,
    /// Whether frames follow each other again, so that the quickest is looked for anew: a line may become slower.
    is_new: bool,
}

impl Pace {
    /// Whether the frame that is drawn now is to be asked about.
    pub fn asks(&self, now: Instant) -> bool {
        let is_deaf = self.quickest.is_none() && self.asked.len() >= DEAF;
        !is_deaf && self.is_close(now)
    }

    /// Whether frames follow each other closely; those that wait for an answer do so as well.
    fn is_close(&self, now: Instant) -> bool {
        let is_recent = |at: Instant| now.duration_since(at) < CLOSE;
        !self.asked.is_empty() || self.drawn.is_some_and(is_recent) || self.answered.is_some_and(is_recent)
    }

    /// A frame was written, and asked about or not.
    pub fn drawn(&mut self, asked: bool, now: Instant) {
        if !self.is_close(now) {
            (self.is_new, self.answered) = (true, None);
        }
        self.drawn = Some(now);
        if asked {
            self.asked.push_back(now);
        }
    }

    /// The oldest question was answered.
    pub fn shown(&mut self, now: Instant) {
        if let Some(asked) = self.asked.pop_front() {
            let took = now.duration_since(asked);
            let is_new = std::mem::take(&mut self.is_new);
            let before = self.quickest.filter(|_| !is_new);
            self.quickest = Some(before.map_or(took, |before| before.min(took)));
            let last = self.answered.replace(now).filter(|_| !self.asked.is_empty());
            if let Some(apart) = last.map(|last| now.duration_since(last)) {
                self.apart = Some(self.apart.map_or(apart, |before| (before * 3 + apart) / 4));
            }
        }
    }

    /// Whether the terminal answers, and has not answered everything yet.
    pub fn is_awaited(&self) -> bool {
        self.quickest.is_some() && !self.asked.is_empty()
    }

    /// When the next frame may be drawn, if no answer comes before.
    pub fn next(&mut self, now: Instant) -> Instant {
        // An answer that was lost is not waited for again.
        while self.quickest.is_some() && self.asked.front().is_some_and(|asked| now.duration_since(*asked) >= LOST) {
            self.asked.pop_front();
        }
        let (Some(asked), Some(quickest)) = (self.asked.front(), self.quickest) else { return now };
        let on_their_way = u32::try_from(self.asked.len()).unwrap_or(u32::MAX);
        let takes = self.apart.map_or_else(|| now.duration_since(*asked), |apart| apart.saturating_mul(on_their_way));
        if takes > quickest + SLACK { *asked + LOST } else { now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// A key held down for `seconds` on a line that carries so many frames a second and answers after `way`: how far
    /// the last frame came behind, and how many frames there were.
    fn held(frames_a_second: u32, way: Duration, seconds: u32) -> (Duration, usize) {
        let (begin, each) = (Instant::now(), Duration::from_secs(1) / frames_a_second);
        let mut pace = Pace::default();
        let mut answers: VecDeque<Instant> = VecDeque::new();
        let (mut free, mut count, mut behind) = (begin, 0, Duration::ZERO);
        let mut now = begin;
        let mut next_key = begin;
        while now < begin + Duration::from_secs(seconds.into()) {
            while answers.front().is_some_and(|at| *at <= now) {
                answers.pop_front();
                pace.shown(now);
            }
            if now >= next_key && pace.next(now) <= now {
                let asks = pace.asks(now);
                pace.drawn(asks, now);
                free = free.max(now) + each;
                if asks {
                    answers.push_back(free + way);
                }
                behind = free - now;
                count += 1;
                next_key = now + 33 * MS;
            }
            now += MS;
        }
        (behind, count)
    }

    #[test]
    fn a_key_held_down_on_a_slow_line_is_not_left_behind() {
        let (behind, count) = held(10, 300 * MS, 10);
        assert!(behind < 600 * MS, "{behind:?}");
        assert!(count > 80, "the line is used: {count}");
    }

    #[test]
    fn a_long_way_alone_slows_nothing() {
        let (_, count) = held(10_000, 300 * MS, 10);
        assert!(count > 290, "{count}");
    }

    #[test]
    fn a_terminal_that_never_answers_is_asked_a_few_times_and_never_waited_for() {
        let (mut pace, begin) = (Pace::default(), Instant::now());
        let asked = (0..100).filter(|at| {
            let now = begin + 33 * MS * *at;
            assert!(pace.next(now) <= now);
            let asks = pace.asks(now);
            pace.drawn(asks, now);
            asks
        });
        assert_eq!(asked.count(), DEAF);
    }

    #[test]
    fn an_answer_that_is_lost_is_waited_for_once() {
        let (mut pace, begin) = (Pace::default(), Instant::now());
        pace.drawn(true, begin);
        pace.shown(begin + MS);
        pace.drawn(true, begin + 10 * MS);
        assert!(pace.next(begin + 100 * MS) > begin + Duration::from_secs(1));
        let later = begin + Duration::from_secs(3);
        assert_eq!(pace.next(later), later);
        assert!(!pace.is_awaited());
    }
}
