//! The loop that every part of the interface runs in: waits for something to happen, lets the part answer, performs
//! what it asks for, draws when something changed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::KeyEvent;
use futures_util::future::BoxFuture;
use ratatui::Frame;
use ratatui::layout::Size;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until};

use super::frames::Frames;
use super::reads::{Answered, Reads, Slot};
use super::term::{Decoder, Guard, Input, Look, Pace};
use super::theme::Theme;
use crate::domain::time::{Clock, Timestamp};

/// How often a part is told that time passes.
const SECOND: Duration = Duration::from_secs(1);
/// How long the end waits for a change that is being made.
const LAST_CHANGE: Duration = Duration::from_secs(10);
/// What is said of a change that took longer: the database has taken it back, or finishes it.
const UNFINISHED: &str = "A change was still waiting for the database when rsvp ended, and may not be stored. \
Check before you repeat it.";
/// How long the end waits for answers that the shell would take for typing.
const LAST_ANSWER: Duration = Duration::from_millis(300);
/// How long a terminal that was asked for its background may be about to answer.
const ANSWERS: Duration = Duration::from_secs(1);

/// Something that came from outside.
pub enum Happened {
    /// A key, and when.
    Key(KeyEvent, Timestamp),
    /// Text was pasted.
    Paste(String),
    /// A click on this column and row, and when.
    Click(u16, u16, Timestamp),
    /// The wheel was turned: back with -1, on with 1.
    Wheel(i32),
    /// The background is known, and these are the styles for it.
    Theme(Theme),
    /// The terminal has this size now.
    Size(u16, u16),
    /// A second passed.
    Tick(Timestamp),
}

/// How an effect is performed.
pub enum Perform<A, E> {
    /// Answered already: nobody is woken for it.
    Known(A),
    /// Beside the loop, so that no key waits for a database; after the earlier one of its slot. It may be left
    /// unfinished at the end.
    Look(Option<Slot>, BoxFuture<'static, A>),
    /// The same, for what the next frame cannot do without: it waits a moment for it, so that a letter of a search and
    /// what it finds are one frame. Not for what is only read ahead.
    Glance(Slot, BoxFuture<'static, A>),
    /// Beside the loop; the end waits for it, because it changes something.
    Change(BoxFuture<'static, A>),
    /// Puts a text into the reader's clipboard.
    Copy(String),
    /// Draws everything anew.
    Redraw,
    /// Stops until the shell goes on with the program.
    ToShell,
    /// Ends the part.
    End(E),
}

/// A part of the interface: state in, state out, without any IO of its own.
pub trait Session {
    /// What an effect answers with.
    type Answer: Send + 'static;
    /// What it asks for.
    type Effect;
    /// How it ends.
    type End;

    /// Something came from outside.
    fn happened(&mut self, happened: Happened) -> Vec<Self::Effect>;
    /// An effect answered.
    fn answered(&mut self, answer: Self::Answer) -> Vec<Self::Effect>;
    /// A change was answered after the part had ended: what has to be said of it to whoever left.
    fn answered_late(&mut self, answer: Self::Answer) -> Vec<String>;
    /// What the part had begun and does not go on with: after every change was answered, or after it was waited for in
    /// vain.
    fn left_undone(&self, all_answered: bool) -> Option<String>;
    /// How an effect is performed.
    fn perform(&self, effect: Self::Effect) -> Perform<Self::Answer, Self::End>;
    /// Whether the screen must be drawn; forgets it.
    fn take_dirty(&mut self) -> bool;
    /// Draws.
    fn draw(&mut self, frame: &mut Frame);
}

/// The terminal, from the first screen to the last.
pub struct Terminal {
    guard: Guard,
    size: Size,
    decoder: Decoder,
    /// What came and was not dealt with yet; a part that ends leaves the rest to the next.
    inputs: VecDeque<Input>,
    pace: Pace,
    signals: Signals,
    clock: Arc<dyn Clock>,
    /// When it was asked for its background, as long as it has not answered.
    asked: Option<Instant>,
    /// How it looks, and its keys.
    pub look: Look,
    /// What became of changes that were answered after their part had ended, as far as it has to be said.
    pub unsaid: Vec<String>,
    /// How far something came that ended with its part.
    pub left_undone: Option<String>,
}

/// What other processes have to say.
struct Signals {
    terminate: Signal,
    hang_up: Signal,
    interrupt: Signal,
    resized: Signal,
}

/// What runs beside the loop of a part.
struct Work<A> {
    answers: UnboundedSender<Answered<A>>,
    answered: UnboundedReceiver<Answered<A>>,
    reads: Reads<A>,
    changes: JoinSet<()>,
    frames: Frames,
    second: Interval,
}

/// What is next.
enum Next<A> {
    Input(Input),
    Answer(Option<Slot>, A),
    Frame,
    Second,
    /// The terminal is gone, or the program was told to end.
    Over,
}

impl Terminal {
    /// Takes the terminal; it is given back when this is dropped, and by a panic.
    pub fn take(clock: Arc<dyn Clock>, look: Look) -> std::io::Result<Self> {
        let signals = Signals {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            resized: signal(SignalKind::window_change())?,
        };
        let mut guard = Guard::take(look.mouse)?;
        let asked = look.asks.then(Instant::now);
        if asked.is_some() {
            guard.ask_background();
        }
        let (decoder, pace) = (Decoder::default(), Pace::default());
        let (size, inputs) = (guard.size(), VecDeque::new());
        let (unsaid, left_undone) = (Vec::new(), None);
        Ok(Self { guard, size, decoder, inputs, pace, signals, clock, asked, look, unsaid, left_undone })
    }

    /// Names the window, from the next frame on.
    pub fn title(&mut self, text: &str) {
        self.guard.title(text);
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Runs a part until it ends; `None` if the terminal went away or the program was told to end.
    pub async fn run<S: Session>(&mut self, part: &mut S, first: Vec<S::Effect>) -> std::io::Result<Option<S::End>> {
        let mut work = Work::new();
        self.size = self.guard.size();
        let mut effects = part.happened(Happened::Size(self.size.width, self.size.height));
        effects.extend(first);
        loop {
            match self.perform(part, &mut work, effects) {
                Ok(None) => {}
                Ok(Some(end)) => {
                    self.finish(part, work).await;
                    return Ok(Some(end));
                }
                // The terminal is gone; what changes something is finished all the same.
                Err(error) => {
                    self.finish(part, work).await;
                    return Err(error);
                }
            }
            work.frames.dirty |= part.take_dirty();
            effects = match self.next(&mut work).await {
                Next::Input(input) => self.take_in(part, input),
                Next::Answer(slot, answer) => {
                    work.answered(slot);
                    part.answered(answer)
                }
                Next::Frame if work.frames.take_resized() => {
                    self.size = self.guard.size();
                    self.guard.resize(self.size);
                    work.frames.dirty = true;
                    part.happened(Happened::Size(self.size.width, self.size.height))
                }
                Next::Frame => {
                    if let Err(error) = self.draw(part, &mut work.frames) {
                        self.finish(part, work).await;
                        return Err(error);
                    }
                    Vec::new()
                }
                Next::Second => {
                    stumble();
                    part.happened(Happened::Tick(self.clock.now()))
                }
                Next::Over => {
                    self.finish(part, work).await;
                    return Ok(None);
                }
            };
        }
    }

    /// Performs effects, and those that they lead to at once; answers how the part ended, if it did.
    fn perform<S: Session>(
        &mut self,
        part: &mut S,
        work: &mut Work<S::Answer>,
        effects: Vec<S::Effect>,
    ) -> std::io::Result<Option<S::End>> {
        let mut wanted = VecDeque::from(effects);
        while let Some(effect) = wanted.pop_front() {
            match part.perform(effect) {
                Perform::Known(answer) => wanted.extend(part.answered(answer)),
                Perform::Look(slot, read) => work.reads.ask(slot, read),
                Perform::Glance(slot, read) => {
                    work.frames.wait_for(slot, Instant::now());
                    work.reads.ask(Some(slot), read);
                }
                Perform::Change(change) => {
                    let answers = work.answers.clone();
                    work.changes.spawn(async move { drop(answers.send(Answered::Change(change.await))) });
                }
                Perform::Copy(text) => self.guard.copy(&text)?,
                Perform::Redraw => self.guard.redraw(),
                Perform::ToShell => {
                    self.take_last_answers();
                    self.inputs.clear();
                    self.guard.pause()?;
                    (self.decoder, self.pace) = (Decoder::default(), Pace::default());
                    work.frames.resized(Instant::now());
                }
                Perform::End(end) => return Ok(Some(end)),
            }
        }
        Ok(None)
    }

    /// Waits for what is next. Whatever came already is dealt with before anything is drawn.
    async fn next<A>(&mut self, work: &mut Work<A>) -> Next<A> {
        loop {
            if let Some(input) = self.inputs.pop_front() {
                return Next::Input(input);
            }
            let now = Instant::now();
            let (stuck, undecided) = (self.guard.is_stuck(), self.decoder.deadline());
            let frame = work.frames.due().filter(|_| !stuck).map(|due| due.max(self.pace.next(now)));
            tokio::select! {
                biased;
                _ = self.signals.terminate.recv() => return Next::Over,
                _ = self.signals.hang_up.recv() => return Next::Over,
                _ = self.signals.interrupt.recv() => return Next::Over,
                _ = self.signals.resized.recv() => work.frames.resized(Instant::now()),
                bytes = self.guard.read() => match bytes {
                    Some(bytes) => self.decoder.feed(&bytes, Instant::now()),
                    None => return Next::Over,
                },
                () = sleep_until(undecided.unwrap_or(now)), if undecided.is_some() => self.decoder.expire(Instant::now()),
                Some(answered) = work.answered.recv() => return match answered {
                    Answered::Read(slot, answer) => Next::Answer(slot, answer),
                    Answered::Change(answer) => Next::Answer(None, answer),
                },
                () = self.guard.room(), if stuck => if self.guard.write().is_err() { return Next::Over },
                () = until(frame.unwrap_or(now)), if frame.is_some() => return Next::Frame,
                _ = work.second.tick() => return Next::Second,
            }
            self.inputs.extend(self.decoder.take());
        }
    }

    fn take_in<S: Session>(&mut self, part: &mut S, input: Input) -> Vec<S::Effect> {
        let now = self.clock.now();
        match input {
            Input::Key(key) => part.happened(Happened::Key(key, now)),
            Input::Paste(text) => part.happened(Happened::Paste(text)),
            Input::Click(column, row) => part.happened(Happened::Click(column, row, now)),
            Input::Wheel(by) => part.happened(Happened::Wheel(by)),
            Input::Background(background) => {
                self.asked = None;
                if !self.look.asks {
                    return Vec::new();
                }
                self.look.on(background);
                part.happened(Happened::Theme(self.look.theme))
            }
            Input::Shown => {
                self.pace.shown(Instant::now());
                Vec::new()
            }
        }
    }

    fn draw<S: Session>(&mut self, part: &mut S, frames: &mut Frames) -> std::io::Result<()> {
        let now = Instant::now();
        let asks = self.pace.asks(now);
        if self.guard.draw(asks, |frame| part.draw(frame))? {
            self.pace.drawn(asks, now);
        }
        frames.drawn(now);
        Ok(())
    }
}

impl Terminal {
    /// Waits for changes that are being made, and keeps what has to be said of them.
    async fn finish<S: Session>(&mut self, part: &mut S, mut work: Work<S::Answer>) {
        let all = async { while work.changes.join_next().await.is_some() {} };
        let in_time = tokio::time::timeout(LAST_CHANGE, all).await.is_ok();
        while let Ok(answered) = work.answered.try_recv() {
            match answered {
                Answered::Change(answer) => self.unsaid.extend(part.answered_late(answer)),
                // Nobody wants to know it any more.
                Answered::Read(..) => {}
            }
        }
        if !in_time {
            self.unsaid.push(UNFINISHED.to_owned());
        }
        self.left_undone = part.left_undone(in_time);
    }

    /// Takes in what the terminal is about to answer: it would be typed into the shell.
    fn take_last_answers(&mut self) {
        let until = std::time::Instant::now() + LAST_ANSWER;
        while self.pace.is_awaited() || self.asked.is_some_and(|asked| asked.elapsed() < ANSWERS) {
            let Some(bytes) = self.guard.read_until(until) else { return };
            self.decoder.feed(&bytes, Instant::now());
            for input in self.decoder.take() {
                match input {
                    Input::Background(_) => self.asked = None,
                    Input::Shown => self.pace.shown(Instant::now()),
                    Input::Key(_) | Input::Paste(_) | Input::Click(..) | Input::Wheel(_) => {}
                }
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.take_last_answers();
    }
}

impl<A: Send + 'static> Work<A> {
    fn new() -> Self {
        let (answers, answered) = unbounded_channel();
        let reads = Reads::new(answers.clone());
        let mut second = interval_at(Instant::now() + SECOND, SECOND);
        // Nobody needs the seconds that passed while the program was stopped.
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (changes, frames) = (JoinSet::new(), Frames::new(Instant::now()));
        Self { answers, answered, reads, changes, frames, second }
    }

    fn answered(&mut self, slot: Option<Slot>) {
        if let Some(slot) = slot
            && self.reads.answered(slot)
        {
            self.frames.answered(slot, Instant::now());
        }
    }
}

/// Panics where a test of the debug build asks for it, to see that the terminal is given back.
fn stumble() {
    assert!(!cfg!(debug_assertions) || std::env::var_os("RSVP_TEST_PANIC").is_none(), "a test asked for this");
}

/// Waits; for what is due already not even until the clock of the runtime, which counts milliseconds, has moved on.
async fn until(at: Instant) {
    if at > Instant::now() {
        sleep_until(at).await;
    }
}
