//! The terminal as a file: opened once, beside the shell's own, so that neither reading nor writing ever waits and the
//! shell's file keeps its ways.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::time::{Duration, Instant};

use ratatui::layout::Size;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::termios::{OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcgetwinsize, tcsetattr, ttyname};

/// A size for terminals that do not know theirs.
const USUAL: Size = Size::new(80, 24);

/// The terminal of this program.
pub struct Tty {
    file: File,
    /// Its modes as they were.
    before: Termios,
}

impl Tty {
    /// Opens the terminal that is written to; by its name, or where that may not be opened (after `su`) as the one that
    /// controls this process.
    pub fn open() -> std::io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let named = ttyname(std::io::stdout(), Vec::new()).and_then(|name| open(name, flags, Mode::empty()));
        let file = File::from(named.or_else(|_| open(c"/dev/tty", flags, Mode::empty()))?);
        let before = tcgetattr(&file)?;
        Ok(Self { file, before })
    }

    /// From now on every byte comes as it is.
    pub fn raw(&self) -> std::io::Result<()> {
        let mut modes = self.before.clone();
        modes.make_raw();
        Ok(tcsetattr(&self.file, OptionalActions::Now, &modes)?)
    }

    /// The modes as they were before.
    pub fn cooked(&self) -> std::io::Result<()> {
        Ok(tcsetattr(&self.file, OptionalActions::Now, &self.before)?)
    }

    /// Columns and rows.
    pub fn size(&self) -> Size {
        tcgetwinsize(&self.file).map_or(USUAL, |size| match (size.ws_col, size.ws_row) {
            (0, _) | (_, 0) => USUAL,
            (columns, rows) => Size::new(columns, rows),
        })
    }

    /// Reads what is there.
    pub fn read(&self, into: &mut [u8]) -> std::io::Result<usize> {
        Ok(rustix::io::read(&self.file, into)?)
    }

    /// Writes as much as there is room for.
    pub fn write(&self, bytes: &[u8]) -> std::io::Result<usize> {
        match rustix::io::write(&self.file, bytes) {
            Err(Errno::INTR) => Ok(0),
            written => Ok(written?),
        }
    }

    /// Writes all of it, unless that takes longer.
    pub fn write_within(&self, mut bytes: &[u8], most: Duration) -> std::io::Result<()> {
        let until = Instant::now() + most;
        while !bytes.is_empty() {
            match self.write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    if !self.wait(PollFlags::OUT, until) {
                        return Err(std::io::ErrorKind::TimedOut.into());
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Waits until there is something to read; `false` if nothing came until then.
    pub fn wait_to_read(&self, until: Instant) -> bool {
        self.wait(PollFlags::IN, until)
    }

    /// Throws away what was written and not read yet.
    pub fn forget_written(&self) {
        let _ = tcflush(&self.file, QueueSelector::OFlush);
    }

    fn wait(&self, wanted: PollFlags, until: Instant) -> bool {
        let left = Timespec::try_from(until.saturating_duration_since(Instant::now())).ok();
        let mut polled = [PollFd::new(&self.file, wanted)];
        poll(&mut polled, left.as_ref()).is_ok_and(|ready| ready > 0) && polled[0].revents().contains(wanted)
    }
}

impl AsRawFd for Tty {
    fn as_raw_fd(&self) -> RawFd {
        self.file.as_raw_fd()
    }
}

impl AsFd for Tty {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
