//! Connections, from the first byte to the last: who gets a seat, how long each may take, and how all of them end.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::client::Trusts;
use super::limits::Network;
use super::listener::{Accepting, Listener, Peer, Stream};
use super::places;
use super::seats::{Bounds, Phase, Seat, Seats};

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

/// Answers the requests of one connection, until it ends or has to leave.
async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: Peer,
    seat: Seat,
    site: Site,
    mut stop: watch::Receiver<bool>,
) {
    let seat = Arc::new(seat);
    let service = {
        let (seat, router) = (Arc::clone(&seat), TowerToHyperService::new(site.router));
        service_fn(move |mut request: Request<Incoming>| {
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
    let mut connection =
        pin!(http1::Builder::new().max_buf_size(HEAD_BYTES).serve_connection(TokioIo::new(stream), service));
    let mut ends = false;
    loop {
        tokio::select! {
            // What goes wrong on the way is the client's to see.
            _ = connection.as_mut() => return,
            () = seat.is_over() => return,
            _ = stop.wait_for(|stop| *stop), if !ends => {
                ends = true;
                seat.hurry();
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}
