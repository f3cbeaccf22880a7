//! A relay in this process that takes every email at once, or after a delay, and remembers what it took. Its memory is
//! what a real relay's log is: the truth of what left, beside what the database says.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

#[derive(Debug, Clone)]
pub struct Taken {
    pub to: String,
    /// The Message-ID with its brackets.
    pub message_id: String,
    pub content: Vec<u8>,
    /// When the 250 to the final dot was about to be said.
    pub at: Instant,
}

/// A relay that runs until the process ends.
pub struct Relay {
    /// Its port on 127.0.0.1.
    pub port: u16,
    memory: Arc<Memory>,
}

#[derive(Default)]
struct Memory {
    down: AtomicBool,
    taken: Mutex<Vec<Taken>>,
    grew: Condvar,
}

impl Relay {
    /// Begins to listen; every answer comes after `delay`, as over a line that long.
    pub fn start(delay: Duration) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let memory = Arc::new(Memory::default());
        let shared = Arc::clone(&memory);
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let memory = Arc::clone(&shared);
                // The sender may be killed at any moment, which ends the conversation and nothing else.
                thread::spawn(move || drop(talk(socket, delay, &memory)));
            }
        });
        Self { port, memory }
    }

    /// From now on, or no longer, turns everybody away, also in the middle of a conversation.
    pub fn set_down(&self, down: bool) {
        self.memory.down.store(down, Ordering::SeqCst);
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.memory.taken.lock().expect("the memory").clone()
    }

    /// Waits until so many emails were taken; answers whether they were before the deadline.
    pub fn wait_for(&self, count: usize, deadline: Duration) -> bool {
        let taken = self.memory.taken.lock().expect("the memory");
        let (taken, _) =
            self.memory.grew.wait_timeout_while(taken, deadline, |taken| taken.len() < count).expect("the memory");
        taken.len() >= count
    }
}

fn talk(socket: TcpStream, delay: Duration, memory: &Memory) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let mut writer = socket.try_clone()?;
    let mut reader = BufReader::new(socket);
    let mut say = |words: &str| {
        thread::sleep(delay);
        writer.write_all(words.as_bytes())
    };
    if memory.down.load(Ordering::SeqCst) {
        return say("421 closed for now\r\n");
    }
    say("220 relay.example.org\r\n")?;
    let (mut line, mut to) = (String::new(), String::new());
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if memory.down.load(Ordering::SeqCst) {
            return say("421 closed for now\r\n");
        }
        match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "RCPT" => {
                let address = line.split(['<', '>']).nth(1).unwrap_or_default();
                address.clone_into(&mut to);
                say("250 ok\r\n")?;
            }
            "DATA" => {
                say("354 go\r\n")?;
                let Some(content) = content(&mut reader)? else { return Ok(()) };
                let message_id = header(&content, "Message-ID:");
                let taken = Taken { to: to.clone(), message_id, content, at: Instant::now() };
                memory.taken.lock().expect("the memory").push(taken);
                memory.grew.notify_all();
                say("250 2.0.0 taken\r\n")?;
            }
            "QUIT" => return say("221 bye\r\n"),
            _ => say("250 ok\r\n")?,
        }
    }
}

/// The email up to the final dot; nothing if its sender is gone.
fn content(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Vec<u8>>> {
    let mut content = Vec::with_capacity(8192);
    loop {
        let before = content.len();
        if reader.read_until(b'\n', &mut content)? == 0 {
            return Ok(None);
        }
        if &content[before..] == b".\r\n" {
            content.truncate(before);
            return Ok(Some(content));
        }
    }
}

fn header(content: &[u8], name: &str) -> String {
    let text = String::from_utf8_lossy(content);
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line[line.len().min(name.len())..].trim().to_owned()
}
