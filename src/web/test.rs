//! The portal as an invited person meets it: a real server, a real client, both databases.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::{Options, serve};
use crate::app::invite::{self, invite};
use crate::app::show::show;
use crate::app::test::{PASSWORD, World, grace, on_both, operator};
use crate::app::{resend, show_link};
use crate::domain::status::Status;
use crate::domain::time::days;
use crate::domain::user::UserId;

struct Answer {
    status: u16,
    headers: ureq::http::HeaderMap,
    body: String,
}

/// Starts the portal, tells the story, stops it.
async fn with_portal(story: impl AsyncFn(&World, &str)) {
    on_both(async |world| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let options = Options { continue_url: None, https: false, trusts: Arc::new(|_| false) };
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(serve(world.app.clone(), listener, options, stopped));
        story(world, &base).await;
        stop.send(true).unwrap();
        running.await.unwrap().unwrap();
    })
    .await;
}

async fn ask(method: &'static str, url: String, password: Option<(&'static str, &'static str)>) -> Answer {
    tokio::task::spawn_blocking(move || {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let form = password.map(|(first, second)| {
            format!("password={}&password_again={}", first.replace(' ', "+"), second.replace(' ', "+"))
        });
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(url)
            .header("content-type", "application/x-www-form-urlencoded");
        let mut response = agent.run(request.body(form.unwrap_or_default()).unwrap()).unwrap();
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.body_mut().read_to_string().unwrap(),
        }
    })
    .await
    .unwrap()
}

async fn path(world: &World, user: UserId) -> String {
    let shown = show_link::show_link(&world.app, &operator(), show_link::Request { user }).await.unwrap();
    shown.link.strip_prefix("https://rsvp.example.org").unwrap().to_owned()
}

async fn status(world: &World, user: UserId) -> Status {
    show(&world.app, &operator(), user).await.unwrap().user.status
}

#[tokio::test]
async fn opening_the_link_changes_nothing_and_submitting_makes_active_once() {
    with_portal(async |world, base| {
        let user = invite(&world.app, &operator(), grace()).await.unwrap().user.id;
        let url = format!("{base}{}", path(world, user).await);
        for method in ["GET", "HEAD", "GET"] {
            assert_eq!(ask(method, url.clone(), None).await.status, 200);
        }
        assert!(ask("GET", url.clone(), None).await.body.contains("Your invitation to Example Ltd"));
        assert_eq!(status(world, user).await, Status::Invited);

        let weak = ask("POST", url.clone(), Some(("too short", "too short"))).await;
        assert_eq!(weak.status, 422);
        assert!(weak.body.contains("at least 15 are needed") && !weak.body.contains("too short\""));
        let done = ask("POST", url.clone(), Some((PASSWORD, PASSWORD))).await;
        assert_eq!(done.status, 200);
        assert!(done.body.contains("Welcome"));
        assert_eq!(status(world, user).await, Status::Active);

        let again = ask("POST", url.clone(), Some((PASSWORD, PASSWORD))).await;
        assert_eq!(again.status, 410);
        assert!(again.body.contains("This link was used already"));
    })
    .await;
}

#[tokio::test]
async fn a_link_that_does_not_work_says_why_to_whoever_received_it_and_nothing_to_others() {
    with_portal(async |world, base| {
        let user = invite(&world.app, &operator(), grace()).await.unwrap().user.id;
        let old = format!("{base}{}", path(world, user).await);
        world.pass(days(8));
        assert!(ask("GET", old.clone(), None).await.body.contains("This link has expired"));
        let again = resend::Request { user, version: None, force: false };
        resend::resend(&world.app, &operator(), again).await.unwrap();
        assert!(ask("GET", old.clone(), None).await.body.contains("A newer mail was sent"));

        let wrong = |id, byte| crate::domain::code::Code { id, mac: [byte; 16] }.format();
        let one = ask("GET", format!("{base}/invitation/{}", wrong(1, 1)), None).await;
        let two = ask("GET", format!("{base}/invitation/{}", wrong(999, 2)), None).await;
        assert_eq!((one.status, &one.body), (404, &two.body));
        let cut = ask("GET", format!("{base}/invitation/ABCDE-FGH"), None).await;
        assert_eq!(cut.status, 400);
        assert!(cut.body.contains("The code is cut off"));
    })
    .await;
}

#[tokio::test]
async fn stored_text_is_escaped_and_every_answer_carries_its_headers() {
    with_portal(async |world, base| {
        let request = invite::Request { message: "<script>alert(1)</script> & \"hi\"".to_owned(), ..grace() };
        let user = invite(&world.app, &operator(), request).await.unwrap().user.id;
        let answer = ask("GET", format!("{base}{}", path(world, user).await), None).await;
        assert!(!answer.body.contains("<script>") && answer.body.contains("&lt;script&gt;"));
        let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert!(header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));
        let nowhere = ask("GET", format!("{base}/nowhere"), None).await;
        assert_eq!((nowhere.status, nowhere.headers["cache-control"].to_str().unwrap()), (404, "no-store"));
    })
    .await;
}

#[tokio::test]
async fn a_link_is_not_tried_more_than_ten_times_in_a_quarter_of_an_hour() {
    with_portal(async |world, base| {
        let user = invite(&world.app, &operator(), grace()).await.unwrap().user.id;
        let url = format!("{base}{}", path(world, user).await);
        for _ in 0..10 {
            assert_eq!(ask("POST", url.clone(), Some(("short", "short"))).await.status, 422);
        }
        assert_eq!(ask("POST", url.clone(), Some((PASSWORD, PASSWORD))).await.status, 429);
        world.pass(crate::domain::time::minutes(16));
        assert_eq!(ask("POST", url, Some((PASSWORD, PASSWORD))).await.status, 200);
    })
    .await;
}
