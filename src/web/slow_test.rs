//! The portal as a client meets it that takes its time, or never ends what it says: over a bare connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::test::{options, path, with_options};
use super::{Bounds, Options, Patience};
use crate::app::test::{grace, operator};
use crate::app::users::invite;

/// What is waited for comes; no machine is so slow.
const COMES: Duration = Duration::from_mins(1);

/// A portal that waits for less than people do.
fn hasty() -> Options {
    let short = Duration::from_millis(400);
    let patience = Patience { head: short, body: short, idle: short, idle_of_a_proxy: COMES * 10 };
    Options { bounds: Bounds { patience, ..Bounds::within(1_024) }, ..options(false, Arc::new(|_| false)) }
}

async fn connect(base: &str) -> TcpStream {
    TcpStream::connect(base.strip_prefix("http://").unwrap()).await.unwrap()
}

/// All that comes until the portal closes.
async fn rest(mut stream: TcpStream) -> String {
    let mut all = Vec::new();
    // A connection that is cut off may end in an error.
    let _ = timeout(COMES, stream.read_to_end(&mut all)).await.expect("the portal closes");
    String::from_utf8_lossy(&all).into_owned()
}

/// Sends this, and answers all that comes until the portal closes.
async fn say(base: &str, text: &str) -> String {
    let mut stream = connect(base).await;
    stream.write_all(text.as_bytes()).await.unwrap();
    rest(stream).await
}

#[tokio::test]
async fn nobody_keeps_a_connection_by_saying_nothing_or_half_of_it() {
    with_options(hasty(), async |_, base| {
        assert_eq!(say(base, "").await, "");
        assert_eq!(say(base, "GET /forgot HTTP/1.1\r\nHost: x\r\nX-Slow: ").await, "");
        // Between two requests.
        let answer = say(base, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("ok"), "{answer}");
        // Half of the next head.
        let answer = say(base, "GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /hea").await;
        assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 1, "{answer}");
    })
    .await;
}

#[tokio::test]
async fn a_body_that_does_not_come_gets_our_page() {
    with_options(hasty(), async |_, base| {
        let form = |accept: &str, length: usize, body: &str| {
            format!(
                "POST /forgot HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                 Content-Length: {length}\r\n\r\n{body}"
            )
        };
        let page = say(base, &form("text/html", 30, "email=a")).await;
        assert!(page.starts_with("HTTP/1.1 408 ") && page.contains("<h1>Something is missing</h1>"), "{page}");
        let json = say(base, &form("application/json", 30, "email=a")).await;
        assert!(json.starts_with("HTTP/1.1 408 ") && json.contains("\"code\":\"too_slow\""), "{json}");
        let long = say(base, &form("text/html", 1_000_000, &"x".repeat(9_000))).await;
        assert!(long.starts_with("HTTP/1.1 413 ") && long.contains("<h1>We couldn"), "{long}");
        // All of it is sent before the answer is read.
        let longer = say(base, &form("text/html", 300_000, &"x".repeat(300_000))).await;
        assert!(longer.starts_with("HTTP/1.1 413 ") && longer.contains("</html>"), "{longer}");
    })
    .await;
}

#[tokio::test]
async fn a_head_that_cannot_be_read_gets_our_page_and_a_raw_sign_behind_a_code_is_none() {
    with_options(options(false, Arc::new(|_| false)), async |world, base| {
        let long = "x".repeat(70_000);
        for (head, status) in [
            ("nonsense\r\n\r\n".to_owned(), 400),
            ("GET / with spaces HTTP/1.1\r\n\r\n".to_owned(), 400),
            ("GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n".to_owned(), 400),
            ("\u{16}\u{3}\u{1}\n\n".to_owned(), 400),
            (format!("GET / HTTP/1.1\r\nHost: x\r\nCookie: {long}\r\n\r\n"), 431),
            (format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n"), 414),
        ] {
            let page = say(base, &head).await;
            let shown = head.chars().take(30).collect::<String>();
            assert!(page.starts_with(&format!("HTTP/1.1 {status} ")), "{shown}: {page}");
            assert!(
                page.contains("Example Ltd") && page.contains("<h1>We couldn") && page.contains("forgot"),
                "{page}"
            );
            assert!(page.contains("content-security-policy: ") && page.contains("cache-control: no-store"), "{page}");
            assert_eq!(page.matches("HTTP/1.1").count(), 1, "{page}");
        }
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
        let path = path(world, user).await;
        for behind in [">", "\u{2026}", "`", "}", "\"", "\u{200b}"] {
            let page = say(base, &format!("GET {path}{behind} HTTP/1.0\r\nAccept-Language: de\r\n\r\n")).await;
            assert!(page.starts_with("HTTP/1.0 200 OK"), "{behind}: {page}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_client_that_floods_is_still_answered_itself() {
    with_options(options(false, Arc::new(|_| false)), async |_, base| {
        let mut half = Vec::new();
        for _ in 0..Bounds::within(1_024).client * 2 {
            let mut stream = connect(base).await;
            // It may have to leave already.
            let _ = stream.write_all(b"GET /health HTTP/1.1\r\nX-Slow: ").await;
            half.push(stream);
        }
        let answer = say(base, "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        assert!(answer.ends_with("ok"), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn an_old_client_and_an_eager_one_are_answered() {
    with_options(hasty(), async |world, base| {
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
        let path = path(world, user).await;
        let old = say(base, &format!("GET {path} HTTP/1.0\r\n\r\n")).await;
        assert!(old.starts_with("HTTP/1.0 200 OK") && old.contains("Your invitation"), "{old}");
        let one = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        let eager = say(base, &one.repeat(5)).await;
        assert_eq!(eager.matches("HTTP/1.1 200 OK").count(), 5, "{eager}");
        assert_eq!(eager.matches("</html>").count(), 5);
    })
    .await;
}

#[tokio::test]
async fn who_asks_and_does_not_read_is_not_waited_for() {
    with_options(hasty(), async |_, base| {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(2_048).unwrap();
        let mut stream = socket.connect(base.strip_prefix("http://").unwrap().parse().unwrap()).await.unwrap();
        // Far more answers than any buffer holds.
        let one = "GET /forgot HTTP/1.1\r\nHost: x\r\n\r\n";
        let ended = timeout(COMES, async { while stream.write_all(one.repeat(100).as_bytes()).await.is_ok() {} }).await;
        assert!(ended.is_ok(), "the portal cuts it off");
    })
    .await;
}
