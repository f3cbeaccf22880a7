//! The loop that every part of the interface runs in: waits for something to happen, lets the part answer, performs what
//! it asks for, draws when something changed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{
    Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind,
};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use ratatui::Frame;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::reads::{Reads, Slot};
use super::term::{Guard, Look, Reply, Taken};
use super::theme::Theme;
use crate::domain::time::{Clock, Timestamp};

/// The least time between two frames.
const FRAME: Duration = Duration::from_millis(16);
/// How long a frame waits for an answer that is on its way.
const MOMENT: Duration = Duration::from_millis(4);
/// How long the first frame waits for what it shows: without it, it would be drawn twice, the second time a frame later.
const FIRST: Duration = Duration::from_millis(50);
/// How long the end waits for a change that is being made.
const LAST_CHANGE: Duration = Duration::from_secs(10);

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
    /// Beside the loop, so that no key waits for a database; after the earlier one of its slot. It may be left unfinished
    /// at the end.
    Look(Option<Slot>, BoxFuture<'static, A>),
    /// The same, mostly answered within a moment: the next frame waits that moment for it, so that a letter of a search
    /// and what it finds are one frame.
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
    events: EventStream,
    terminate: Signal,
    hang_up: Signal,
    interrupt: Signal,
    clock: Arc<dyn Clock>,
    reply: Reply,
    /// How it looks, and its keys.
    pub look: Look,
}

impl Terminal {
    /// Takes the terminal; it is given back when this is dropped, and by a panic.
    pub fn take(clock: Arc<dyn Clock>, look: Look) -> std::io::Result<Self> {
        let mut terminal = Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            guard: Guard::take(look.mouse)?,
            reply: Reply::default(),
            events: EventStream::new(),
            clock,
            look,
        };
        if terminal.look.asks {
            terminal.reply.expect(Instant::now());
            terminal.guard.ask_background()?;
        }
        Ok(terminal)
    }

    /// Names the window.
    pub fn title(&mut self, text: &str) -> std::io::Result<()> {
        self.guard.title(text)
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Runs a part until it ends; `None` if the terminal went away or the program was told to end.
    pub async fn run<S: Session>(&mut self, part: &mut S, first: Vec<S::Effect>) -> std::io::Result<Option<S::End>> {
        let (answers, mut answered) = unbounded_channel();
        let mut reads = Reads::new(answers.clone());
        let mut changes = JoinSet::new();
        let mut second = tokio::time::interval(Duration::from_secs(1));
        let (mut next_frame, mut glances) = (Instant::now(), Instant::now());
        let (columns, rows) = crossterm::terminal::size()?;
        let mut effects = part.happened(Happened::Size(columns, rows));
        effects.extend(first);
        let (mut dirty, mut drawn) = (true, false);
        let end = loop {
            let mut wanted = VecDeque::from(effects);
            while let Some(effect) = wanted.pop_front() {
                let perform = part.perform(effect);
                if matches!(perform, Perform::Glance(..)) {
                    glances = Instant::now() + if drawn { MOMENT } else { FIRST };
                }
                match perform {
                    Perform::Known(answer) => wanted.extend(part.answered(answer)),
                    Perform::Look(slot, work) => reads.ask(slot, work),
                    Perform::Glance(slot, work) => reads.ask(Some(slot), work),
                    Perform::Change(work) => {
                        let answers = answers.clone();
                        changes.spawn(async move { drop(answers.send((None, work.await))) });
                    }
                    Perform::Copy(text) => self.guard.copy(&text)?,
                    Perform::Redraw => self.guard.redraw()?,
                    Perform::ToShell => {
                        self.guard.pause()?;
                        dirty = true;
                    }
                    Perform::End(end) => {
                        finish(changes).await;
                        return Ok(Some(end));
                    }
                }
            }
            dirty |= part.take_dirty();
            effects = tokio::select! {
                biased;
                _ = self.terminate.recv() => break None,
                _ = self.hang_up.recv() => break None,
                _ = self.interrupt.recv() => break None,
                event = self.events.next() => match event {
                    Some(Ok(Event::Key(key))) if key.kind != KeyEventKind::Release => {
                        let now = self.clock.now();
                        match self.reply.take(key, Instant::now()) {
                            Taken::Key => pressed(key).into_iter().flat_map(|key| part.happened(Happened::Key(key, now))).collect(),
                            Taken::Piece => Vec::new(),
                            Taken::Answer(background) => {
                                self.look.on(background);
                                part.happened(Happened::Theme(self.look.theme))
                            }
                        }
                    }
                    Some(Ok(Event::Mouse(mouse))) => match mouse.kind {
                        MouseEventKind::Down(MouseButton::Left) => {
                            part.happened(Happened::Click(mouse.column, mouse.row, self.clock.now()))
                        }
                        MouseEventKind::ScrollUp => part.happened(Happened::Wheel(-1)),
                        MouseEventKind::ScrollDown => part.happened(Happened::Wheel(1)),
                        _ => Vec::new(),
                    },
                    Some(Ok(Event::Paste(text))) => part.happened(Happened::Paste(text)),
                    Some(Ok(Event::Resize(columns, rows))) => part.happened(Happened::Size(columns, rows)),
                    Some(Ok(_)) => Vec::new(),
                    // The terminal is gone.
                    Some(Err(_)) | None => break None,
                },
                Some((slot, answer)) = answered.recv() => {
                    glances = Instant::now();
                    reads.answered(slot);
                    part.answered(answer)
                }
                () = tokio::time::sleep_until(next_frame.max(glances)), if dirty => {
                    self.guard.draw(|frame| part.draw(frame))?;
                    next_frame = Instant::now() + FRAME;
                    (dirty, drawn) = (false, true);
                    Vec::new()
                }
                _ = second.tick() => {
                    stumble();
                    part.happened(Happened::Tick(self.clock.now()))
                }
            };
        };
        finish(changes).await;
        Ok(end)
    }
}

/// The keys that were pressed. Escape and a letter soon after it arrive as that letter with Alt, over a slow line all the
/// more; nothing is bound to Alt, so they are told apart again.
fn pressed(key: KeyEvent) -> Vec<KeyEvent> {
    if !key.modifiers.contains(KeyModifiers::ALT) {
        return vec![key];
    }
    vec![KeyEvent::from(KeyCode::Esc), KeyEvent::new(key.code, key.modifiers - KeyModifiers::ALT)]
}

/// Panics where a test of the debug build asks for it, to see that the terminal is given back.
fn stumble() {
    assert!(!cfg!(debug_assertions) || std::env::var_os("RSVP_TEST_PANIC").is_none(), "a test asked for this");
}

/// Waits for changes that are being made.
async fn finish(mut changes: JoinSet<()>) {
    let all = async { while changes.join_next().await.is_some() {} };
    // One that takes longer is finished or taken back by the database.
    let _ = tokio::time::timeout(LAST_CHANGE, all).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_and_a_letter_that_arrived_together_are_two_keys() {
        let together = KeyEvent::new(KeyCode::Char('i'), KeyModifiers::ALT);
        assert_eq!(pressed(together), [KeyEvent::from(KeyCode::Esc), KeyEvent::from(KeyCode::Char('i'))]);
        let alone = KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL);
        assert_eq!(pressed(alone), [alone]);
    }
}
