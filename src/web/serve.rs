//! Connections, from the first byte to the last: who gets a seat, how long each may take, and how all of them end.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, copy, join, sink};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::answer::Unreadable;
use super::client::Trusts;
use super::limits::Network;
use super::listener::{Accepting, Listener, Peer, Stream};
use super::places;
use super::seats::{Bounds, Phase, Seat, Seats};
use super::wire::{Heard, Wire};

/// How long an answer may take to arrive that comes before all was sent, and how much is still sent meanwhile.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: u64 = 1024 * 1024;

/// What is read in place of a head that can't be.
const IN_ITS_PLACE: &[u8] = b"GET / HTTP/1.1\r\nHost: -\r\nConnection: close\r\n\r\n";

/// Most bytes of a request's head, and of an answer that waits to be written.
const HEAD_BYTES: usize = 16 * 1024;

/// The pages, and the path that the public address has before theirs.
#[derive(Clone)]
pub struct Site {
    pub router: Router,
    pub base: Arc<str>,
}

/// Serves until told to stop; answers under way are finished.
pub async fn serve(site: Site, listener: Listener, (bounds, trusts): (Bounds, Trusts), stop: watch::Receiver<bool>) {
    let (mut accepting, seats, mut open) = (Accepting::new(listener), Seats::new(bounds), JoinSet::new());
    let mut stopped = stop.clone();
    // An error means that nobody can tell us to stop any more, which is a reason to stop.
    let mut stopped = pin!(stopped.wait_for(|stop| *stop));
    loop {
        let mut next = pin!(async {
            let (stream, peer) = accepting.next().await;
            let is_proxy = match peer {
                Peer::Address(address) => trusts(address),
                Peer::Local => true,
            };
            let client = (!is_proxy).then(|| Network::of(peer.address()));
            (stream, peer, seats.take(client).await)
        });
        // Whoever was accepted is not forgotten while others end.
        let accepted = loop {
            tokio::select! {
                _ = &mut stopped => break None,
                accepted = &mut next => break Some(accepted),
                Some(_) = open.join_next() => {}
            }
        };
        let Some((stream, peer, seat)) = accepted else { break };
        let Some(seat) = seat else { continue };
        let (site, stop) = (site.clone(), stop.clone());
        match stream {
            Stream::Network(stream) => open.spawn(talk(stream, peer, seat, site, stop)),
            Stream::Socket(stream) => open.spawn(talk(stream, peer, seat, site, stop)),
        };
    }
    drop(accepting);
    while open.join_next().await.is_some() {}
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// Everything that was asked was answered.
    Answered,
    /// Its time was over, or somebody else needed its seat.
    Left,
    /// Its first head is none.
    Unreadable(StatusCode),
}

/// Talks to one client, until it goes or has to leave.
async fn talk(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: Peer,
    seat: Seat,
    site: Site,
    stop: watch::Receiver<bool>,
) {
    let seat = Arc::new(seat);
    let ended = converse(&mut stream, peer, &seat, &site, stop).await;
    let says_goodbye = async {
        match ended {
            Ended::Left => return,
            Ended::Unreadable(status) => refuse(&mut stream, (peer, &seat), &site, status).await,
            Ended::Answered => {}
        }
        // Whoever still sends would get a reset instead of the answer.
        let _ = timeout(LINGER, copy(&mut stream.take(LINGER_BYTES), &mut sink())).await;
    };
    tokio::select! {
        () = says_goodbye => {}
        () = seat.is_over() => {}
    }
}

/// Answers the requests of one connection.
async fn converse(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    peer: Peer,
    seat: &Arc<Seat>,
    site: &Site,
    mut stop: watch::Receiver<bool>,
) -> Ended {
    let heard = Heard::default();
    let service = {
        let (heard, seat, router) = (heard.clone(), Arc::clone(seat), TowerToHyperService::new(site.router.clone()));
        service_fn(move |mut request: Request<Incoming>| {
            heard.set_head();
            seat.enter(Phase::Body);
            request.extensions_mut().insert(peer);
            request.extensions_mut().insert(Arc::clone(&seat));
            if let Some(written) = places::written(&site.base, request.uri()) {
                *request.uri_mut() = written;
            }
            let answer = router.call(request);
            let seat = Arc::clone(&seat);
            async move {
                let answer = answer.await;
                seat.enter(Phase::Idle);
                Ok::<_, Infallible>(answer.unwrap_or_else(|never| match never {}))
            }
        })
    };
    let wire = TokioIo::new(Wire::new(stream, heard.clone()));
    let mut connection = pin!(http1::Builder::new().max_buf_size(HEAD_BYTES).serve_connection(wire, service));
    let mut ends = false;
    loop {
        tokio::select! {
            // What is there already is read before anybody has to leave.
            biased;
            done = connection.as_mut() => {
                return match done {
                    Err(error) if !heard.head() && error.is_parse() => Ended::Unreadable(status(&error, &heard)),
                    // What goes wrong on the way is the client's to see.
                    Ok(()) | Err(_) => Ended::Answered,
                };
            }
            () = seat.is_over() => return Ended::Left,
            _ = stop.wait_for(|stop| *stop), if !ends => {
                ends = true;
                seat.hurry();
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

fn status(error: &hyper::Error, heard: &Heard) -> StatusCode {
    match (error.is_parse_too_large(), heard.line()) {
        (true, true) => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        (true, false) => StatusCode::URI_TOO_LONG,
        (false, _) => StatusCode::BAD_REQUEST,
    }
}

/// Answers a head that can't be read with our page: as if the first page had been asked for, and refused.
async fn refuse(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    (peer, seat): (Peer, &Arc<Seat>),
    site: &Site,
    status: StatusCode,
) {
    let router = TowerToHyperService::new(site.router.clone());
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(Arc::clone(seat));
        request.extensions_mut().insert(Unreadable(status));
        router.call(request)
    });
    let asked = TokioIo::new(join(IN_ITS_PLACE, stream));
    // An error means that nobody reads the page.
    let _ = http1::Builder::new().half_close(true).serve_connection(asked, service).await;
}
