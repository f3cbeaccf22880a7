//! The portal as an attacker meets it, or an email scanner: a real server, a real client, both databases.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Options;
use super::test::{Answer, moving, options, path, send_with as send, with_options, with_portal};
use crate::app::UserRequest;
use crate::app::links::reset_password::show_reset;
use crate::app::test::{PASSWORD, World, active, grace, operator, signed_in};
use crate::app::users::invite;
use crate::domain::code::Code;
use crate::domain::email::Email;
use crate::domain::link::Purpose;

fn form() -> String {
    format!("password={0}&password_again={0}", PASSWORD.replace(' ', "+"))
}

/// A portal behind a proxy, so that each request can come from another client.
fn behind_a_proxy() -> Options {
    options(false, Arc::new(|_| true))
}

/// What is the same of two answers that tell nothing apart. Whether a connection goes on depends on what of the body
/// was read.
fn parts(answer: &Answer) -> (u16, BTreeMap<String, String>, String) {
    let headers = answer.headers.iter().filter(|(name, _)| !["date", "connection"].contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    (answer.status, headers.collect(), answer.body.clone())
}

/// The paths of a link of each kind that works.
async fn links(world: &World) -> Vec<String> {
    let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
    let invitation = path(world, user).await;
    let (confirm, keep) = moving(world).await;
    let bob = active(world, "bob@example.org", true).await;
    let shown = show_reset(&world.app, &operator(), UserRequest { user: bob, version: None }).await.unwrap();
    let reset = shown.link.strip_prefix("https://rsvp.example.org").unwrap().to_owned();
    vec![invitation, reset, confirm, keep]
}

#[tokio::test]
async fn no_get_and_no_head_changes_anything_in_the_database() {
    with_portal(async |world, base| {
        let mut paths = links(world).await;
        paths.extend(["/forgot", "//forgot/", "/health", "/", "/i/x/ask"].map(str::to_owned));
        let before = world.everything().await;
        for path in &paths {
            for method in ["GET", "HEAD", "GET"] {
                let scanner = vec![("user-agent", "Barracuda Sentinel (EE)".to_owned())];
                send(method, format!("{base}{path}"), String::new(), scanner).await;
            }
        }
        assert_eq!(world.everything().await, before);
    })
    .await;
}

#[tokio::test]
async fn every_wrong_code_gets_one_answer_whatever_is_wrong_with_it() {
    with_options(behind_a_proxy(), async |world, base| {
        let right: Vec<Code> =
            links(world).await.iter().map(|path| Code::parse(path.rsplit('/').next().unwrap()).unwrap()).collect();
        for (purpose, code) in Purpose::ALL.into_iter().zip(&right) {
            let mut flipped = code.mac;
            flipped[15] ^= 1;
            let mut wrong = vec![
                Code { id: code.id, mac: [0; 16] },
                Code { id: code.id, mac: flipped },
                Code { id: code.id + 1, mac: code.mac },
                Code { id: 999_999, mac: [7; 16] },
                Code { id: 0, mac: [7; 16] },
            ];
            // A link of another kind: it is right, only not here.
            wrong.extend(right.iter().filter(|other| *other != code).cloned());
            let mut wrong: Vec<String> = wrong.iter().map(Code::format).collect();
            // What can be no code: mistyped, cut, of other letters, no text at all.
            let text = code.format();
            let last = if text.ends_with('0') { "1" } else { "0" };
            wrong.extend([
                format!("{}{last}", &text[..40]),
                text[..40].to_owned(),
                "U".repeat(35),
                "%ff%00".to_owned(),
            ]);
            for method in ["GET", "POST"] {
                let mut answers = Vec::new();
                for code in &wrong {
                    let url = format!("{base}/{}/{code}", purpose.path());
                    // Each from another client, so that no limit answers instead.
                    let from = format!("2001:db8:{}:{}::1", answers.len(), purpose.name().len());
                    let typed = if method == "POST" { form() } else { String::new() };
                    answers.push(send(method, url, typed, vec![("x-forwarded-for", from)]).await);
                }
                let first = parts(&answers[0]);
                assert_eq!(first.0, 404);
                for answer in &answers {
                    assert_eq!(parts(answer), first, "{method} {purpose:?}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn one_of_fifty_who_submit_at_once_is_let_in() {
    with_options(behind_a_proxy(), async |world, base| {
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
        let url = format!("{base}{}", path(world, user).await);
        let all = (0..50).map(|number| {
            let from = vec![("x-forwarded-for", format!("198.51.100.{number}"))];
            send("POST", url.clone(), form(), from)
        });
        let answers = futures_util::future::join_all(all).await;
        let count = |status| answers.iter().filter(|answer| answer.status == status).count();
        assert_eq!((count(200), count(200) + count(410) + count(429)), (1, 50));
    })
    .await;
}

#[tokio::test]
async fn links_and_pages_are_built_from_the_settings_and_from_nothing_that_a_client_says() {
    with_portal(async |world, base| {
        let paths = links(world).await;
        for path in paths.iter().map(String::as_str).chain(["/forgot", "/nowhere"]) {
            for method in ["GET", "POST"] {
                let evil = ["host", "x-forwarded-host", "x-forwarded-proto", "forwarded", "origin", "referer"]
                    .map(|name| (name, "evil.example".to_owned()));
                let answer =
                    send(method, format!("{base}{path}"), "email=ada%40example.org".to_owned(), evil.to_vec()).await;
                assert!(!answer.body.contains("evil.example"), "{}", answer.body);
                assert!(answer.headers.get("location").is_none() && answer.headers.get("set-cookie").is_none());
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_client_counts_by_its_address_and_a_forwarded_one_only_from_a_proxy_that_is_trusted() {
    for trusted in [false, true] {
        let options = options(true, Arc::new(move |_| trusted));
        with_options(options, async |_, base| {
            let mut last = 0;
            for number in 0..12 {
                let from = vec![("x-forwarded-for", format!("198.51.100.{number}"))];
                let answer = send("POST", format!("{base}/forgot"), "email=a%40example.org".to_owned(), from).await;
                assert!(answer.headers["strict-transport-security"].to_str().unwrap().starts_with("max-age="));
                last = answer.status;
            }
            assert_eq!(last, if trusted { 200 } else { 429 });
        })
        .await;
    }
}

#[tokio::test]
async fn a_form_on_another_site_is_refused_and_one_without_an_origin_is_not() {
    with_portal(async |world, base| {
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
        let url = format!("{base}{}", path(world, user).await);
        let from = |site: Option<&str>, origin: Option<&str>| {
            let both = [("sec-fetch-site", site), ("origin", origin)];
            both.into_iter().filter_map(|(name, value)| Some((name, value?.to_owned()))).collect::<Vec<_>>()
        };
        for (site, origin) in [
            (Some("cross-site"), Some("null")),
            (Some("cross-site"), None),
            (Some("same-site"), Some("https://evil.example.org")),
            // A page in a sandbox, as an old browser says it.
            (None, Some("null")),
            (None, Some("https://evil.example")),
            (Some("unheard-of"), Some("https://evil.example")),
        ] {
            for url in [&url, &format!("{url}/ask"), &format!("{base}/forgot")] {
                let answer = send("POST", url.clone(), form(), from(site, origin)).await;
                assert_eq!(answer.status, 403, "{site:?} {origin:?} {url}");
            }
        }
        let page = send("GET", url.clone(), String::new(), Vec::new()).await;
        assert_eq!(page.headers["referrer-policy"], "strict-origin", "under another one browsers say null of our own");
        let own = from(Some("same-origin"), Some("https://rsvp.example.org"));
        assert_eq!(send("POST", url, form(), own).await.status, 200);
        assert!(
            crate::app::users::show::run(&world.app, &signed_in(world.ada.id), user).await.unwrap().user.has_password
        );
    })
    .await;
}

/// The seconds that an answer asks for.
fn retry_after(answer: &Answer) -> u64 {
    answer.headers["retry-after"].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn sixty_people_behind_one_address_all_get_in() {
    with_portal(async |world, base| {
        for number in 0..60 {
            let email = Email::parse(&format!("person{number}@example.org")).unwrap();
            let user =
                invite::run(&world.app, &operator(), invite::Request { email, ..grace() }).await.unwrap().user.id;
            let url = format!("{base}{}", path(world, user).await);
            assert_eq!(send("GET", url.clone(), String::new(), Vec::new()).await.status, 200);
            assert_eq!(send("POST", url, form(), Vec::new()).await.status, 200, "person {number}");
        }
    })
    .await;
}

#[tokio::test]
async fn wrong_codes_make_a_client_wait_as_long_as_it_is_told_and_keep_nobody_from_a_right_one() {
    with_portal(async |world, base| {
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
        let right = format!("{base}{}", path(world, user).await);
        let wrong = format!("{base}/r/{}", Code { id: 7, mac: [7; 16] }.format());
        // Of a wrong proof, a wrong check and no form at all each counts.
        for kind in [&*wrong, &format!("{base}/i/{}X", "0".repeat(34)), &format!("{base}/c/nonsense")] {
            for method in ["GET", "POST", "GET"] {
                assert_eq!(send(method, kind.to_owned(), String::new(), Vec::new()).await.status, 404);
            }
        }
        assert_eq!(send("POST", format!("{base}/i/%ff/ask"), String::new(), Vec::new()).await.status, 404);
        let refused = send("GET", wrong.clone(), String::new(), Vec::new()).await;
        assert_eq!((refused.status, retry_after(&refused)), (429, 90));
        assert!(refused.body.contains("Try again in 2 minutes."), "{}", refused.body);
        for ask in [Code { id: 7, mac: [7; 16] }.format(), "nonsense".to_owned()] {
            let refused = send("POST", format!("{base}/i/{ask}/ask"), String::new(), Vec::new()).await;
            assert_eq!((refused.status, retry_after(&refused)), (429, 90), "{ask}");
        }
        world.pass(Duration::from_secs(retry_after(&refused) - 1));
        assert_eq!(send("GET", wrong.clone(), String::new(), Vec::new()).await.status, 429);
        world.pass(Duration::from_secs(1));
        assert_eq!(send("GET", wrong.clone(), String::new(), Vec::new()).await.status, 404);
        assert_eq!(send("GET", wrong, String::new(), Vec::new()).await.status, 429);
        assert_eq!(send("GET", right.clone(), String::new(), Vec::new()).await.status, 200);
        assert_eq!(send("POST", right, form(), Vec::new()).await.status, 200);
        assert_eq!(
            send("POST", format!("{base}/forgot"), "email=a%40example.org".to_owned(), Vec::new()).await.status,
            200
        );
    })
    .await;
}
