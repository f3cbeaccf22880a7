//! The portal's edges: what browsers, proxies and mail programs do to an address, and where it is mounted.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::watch;

use super::test::{Answer, options, path, send_with as send, with_options, with_portal};
use super::{Listener, serve};
use crate::app::test::{grace, operator, world_on_sqlite};
use crate::app::upkeep::proxies;
use crate::app::users::invite;
use crate::domain::name::Name;
use crate::domain::proxy::Silence;

/// A page's text with its slashes as they are.
fn plain(body: &str) -> String {
    body.replace("&#x2f;", "/")
}

/// A page that says whose it is, leads on, and has the headers of every answer.
fn assert_is_our_page(answer: &Answer) {
    let (body, headers) = (plain(&answer.body), &answer.headers);
    assert!(body.contains("<p class=\"organisation\">Example Ltd</p>") && body.contains("<h1>"), "{body}");
    assert!(body.contains("href=\"/forgot\""), "{body}");
    assert_eq!(headers["cache-control"], "no-store");
    assert!(headers.contains_key("content-security-policy"));
}

#[tokio::test]
async fn what_leads_nowhere_gets_our_page_or_json() {
    with_portal(async |_, base| {
        for (method, path, status) in [
            ("GET", "/i/%ff", 404),
            ("POST", "/i/x/ask", 404),
            ("GET", "/%ff", 404),
            ("GET", "/invitation/x", 404),
            ("GET", "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200", 404),
            ("PUT", "/forgot", 405),
            ("DELETE", "/i/x", 405),
            ("DELETE", "/i/x/ask", 405),
            ("OPTIONS", "/", 405),
        ] {
            let page = send(method, format!("{base}{path}"), String::new(), Vec::new()).await;
            assert_eq!(page.status, status, "{method} {path}");
            assert_is_our_page(&page);
            let allow = page.headers.get("allow").map(|allow| allow.to_str().unwrap());
            assert_eq!(allow.is_some_and(|allow| allow.contains("GET")), status == 405, "{method} {path}: {allow:?}");
            let accept = vec![("accept", "application/json".to_owned())];
            let answer = send(method, format!("{base}{path}"), String::new(), accept).await;
            assert_eq!(
                (answer.status, &answer.headers["content-type"]),
                (status, &"application/json".parse().unwrap())
            );
            let json: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
            assert!(json["error"]["code"].as_str().is_some_and(|code| !code.is_empty()), "{json}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_link_works_with_what_a_sentence_put_behind_it() {
    with_portal(async |world, base| {
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
        let link = format!("{base}{}", path(world, user).await);
        let raw = ["/", ".", ")", ",", ";", ":", "!", "*", "_", "~", "'", ")*", "&gt;"];
        let escaped =
            ["%3E", "%22", "%5D", "%E2%80%9D", ".%29/", "%E2%80%A6", "%2A", "%252A", "%E2%80%8B", "%C2%A0", "%20/"];
        for behind in raw.into_iter().chain(escaped) {
            let answer = send("GET", format!("{link}{behind}"), String::new(), Vec::new()).await;
            assert_eq!(answer.status, 200, "{behind}");
        }
        assert_eq!(send("GET", link[..link.len() - 1].to_owned() + "*", String::new(), Vec::new()).await.status, 404);
        let (before, code) = link.rsplit_once('/').unwrap();
        for written in [format!("{before}//{code}"), link.replace("/i/", "//I/"), link.to_lowercase()] {
            assert_eq!(send("GET", written.clone(), String::new(), Vec::new()).await.status, 200, "{written}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_first_page_greets_and_password_managers_find_theirs() {
    with_portal(async |_, base| {
        let home = send("GET", format!("{base}/"), String::new(), Vec::new()).await;
        assert!(home.status == 200 && home.body.contains("Accounts at Example Ltd"), "{}", home.body);
        assert!(plain(&home.body).contains("href=\"/forgot\""));
        let managers = send("GET", format!("{base}/.well-known/change-password"), String::new(), Vec::new()).await;
        assert_eq!((managers.status, managers.headers["location"].to_str().unwrap()), (302, "/forgot"));
    })
    .await;
}

#[tokio::test]
async fn pages_are_found_however_they_are_written_and_one_that_takes_only_a_form_leads_back() {
    with_portal(async |world, base| {
        for written in ["/forgot/", "//forgot", "/Forgot", "/forgot.", "/forgot%E2%80%8B", "/forgot/?x=1"] {
            let page = send("GET", format!("{base}{written}"), String::new(), Vec::new()).await;
            assert!(page.status == 200 && page.body.contains("name=\"email\""), "{written}");
            let form = "email=ada%40example.org".to_owned();
            assert_eq!(send("POST", format!("{base}{written}"), form, Vec::new()).await.status, 200, "{written}");
        }
        let managers = send("GET", format!("{base}/.well-known/change-password/"), String::new(), Vec::new()).await;
        assert_eq!((managers.status, managers.headers["location"].to_str().unwrap()), (302, "/forgot"));
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
        let path = path(world, user).await;
        for again in [format!("{path}/ask"), format!("/{path}/ask/")] {
            let answer = send("GET", format!("{base}{again}"), String::new(), Vec::new()).await;
            assert_eq!((answer.status, answer.headers["location"].to_str().unwrap()), (303, &*path), "{again}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_form_counts_by_where_its_page_is_from() {
    with_portal(async |_, base| {
        let host = base.strip_prefix("http://").unwrap();
        for (origin, status) in [
            (Some("null".to_owned()), 403),
            (None, 200),
            (Some("https://rsvp.example.org".to_owned()), 200),
            (Some(format!("http://{host}")), 200),
            (Some("https://evil.example".to_owned()), 403),
            (Some("https://rsvp.example.org.evil.example".to_owned()), 403),
            (Some("https://rsvp.example.org:8443".to_owned()), 403),
        ] {
            let headers = origin.clone().map(|origin| ("origin", origin)).into_iter().collect();
            let form = "email=ada%40example.org".to_owned();
            assert_eq!(send("POST", format!("{base}/forgot"), form, headers).await.status, status, "{origin:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn json_hides_nothing_and_says_the_same() {
    with_portal(async |world, base| {
        let name = Name::stored("Gr\u{202e}ace \u{200b}Hopper".to_owned());
        let user = invite::run(&world.app, &operator(), invite::Request { name, ..grace() }).await.unwrap().user.id;
        let accept = vec![("accept", "application/json".to_owned())];
        let answer = send("GET", format!("{base}{}", path(world, user).await), String::new(), accept).await;
        assert!(answer.body.contains("Gr\\u202eace \\u200bHopper"), "{}", answer.body);
        let json: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(json["name"], "Gr\u{202e}ace \u{200b}Hopper");
    })
    .await;
}

#[tokio::test]
async fn a_portal_below_a_path_leads_nowhere_else_whether_the_proxy_takes_the_path_away_or_not() {
    let world = world_on_sqlite().await;
    let app = world.app.clone().with_public_url("https://x.example/users");
    let user = invite::run(&app, &operator(), grace()).await.unwrap().user.id;
    let request = crate::app::links::show_link::Request { user };
    let link = crate::app::links::show_link::run(&app, &operator(), request).await.unwrap().link;
    let path = link.strip_prefix("https://x.example/users").unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(serve(app, Listener::Network(listener), options(true, Arc::new(|_| false)), stopped));
    world.pass(crate::domain::time::days(8));
    for before in ["", "/users"] {
        let dead = send("GET", format!("{base}{before}{path}"), String::new(), Vec::new()).await;
        assert!(
            dead.status == 410 && plain(&dead.body).contains(&format!("action=\"/users{path}/ask\"")),
            "{}",
            dead.body
        );
        let home = send("GET", format!("{base}{before}/"), String::new(), Vec::new()).await;
        assert!(plain(&home.body).contains("href=\"/users/forgot\""), "{}", home.body);
        let url = format!("{base}{before}/.well-known/change-password");
        let managers = send("GET", url, String::new(), Vec::new()).await;
        assert_eq!(managers.headers["location"], "/users/forgot");
    }
    for before in ["", "/users"] {
        let again = send("GET", format!("{base}{before}{path}/ask"), String::new(), Vec::new()).await;
        assert_eq!(again.headers["location"].to_str().unwrap(), format!("/users{path}"));
        let asked = send("POST", format!("{base}{before}{path}/ask"), String::new(), Vec::new()).await;
        assert!(asked.body.contains("The administrators can see"), "{}", asked.body);
    }
    let kept = send("GET", format!("{base}/users/forgot"), String::new(), Vec::new()).await;
    assert_eq!(kept.status, 200);
    stop.send(true).unwrap();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_proxy_that_names_no_client_is_noted_for_doctor() {
    with_options(options(true, Arc::new(|_| true)), async |world, base| {
        send("GET", format!("{base}/health"), String::new(), Vec::new()).await;
        let named = vec![("x-forwarded-for", "192.0.2.7:4711".to_owned())];
        send("GET", format!("{base}/forgot"), String::new(), named).await;
        assert!(proxies::run(&world.app).await.unwrap().is_empty());
        send("GET", format!("{base}/forgot"), String::new(), Vec::new()).await;
        let noted = async || {
            let all = proxies::run(&world.app).await.unwrap();
            all.into_iter().map(|one| (one.address, one.silence)).collect::<Vec<_>>()
        };
        assert_eq!(noted().await, [("127.0.0.1".to_owned(), Silence::Missing)]);
        world.pass(crate::domain::time::minutes(2));
        let unreadable = vec![("x-forwarded-for", "unknown".to_owned())];
        send("GET", format!("{base}/forgot"), String::new(), unreadable).await;
        assert_eq!(noted().await, [("127.0.0.1".to_owned(), Silence::Unreadable)]);
        let named = vec![("x-forwarded-for", "192.0.2.7".to_owned())];
        send("GET", format!("{base}/forgot"), String::new(), named).await;
        assert!(noted().await.is_empty(), "it names the client now");
    })
    .await;
}

#[tokio::test]
async fn a_proxy_reaches_the_portal_through_a_socket_and_is_trusted() {
    let world = world_on_sqlite().await;
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("portal.sock");
    let listener = Listener::Socket(UnixListener::bind(&at).unwrap());
    let (stop, stopped) = watch::channel(false);
    let portal = options(true, Arc::new(|_| false));
    let running = tokio::spawn(serve(world.app.clone(), listener, portal, stopped));
    let ask = async |client: &str| {
        let mut stream = UnixStream::connect(&at).await.unwrap();
        let head = format!("POST /forgot HTTP/1.0\r\nX-Forwarded-For: {client}\r\nContent-Length: 23\r\n");
        let form = "Content-Type: application/x-www-form-urlencoded\r\n\r\nemail=ada%40example.org";
        stream.write_all(format!("{head}{form}").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    for _ in 0..10 {
        assert_eq!(ask("192.0.2.7").await, "200");
    }
    assert_eq!((ask("192.0.2.7").await, ask("192.0.2.8").await), ("429".to_owned(), "200".to_owned()));
    stop.send(true).unwrap();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_head_that_names_no_host_or_two_is_refused_as_each_program_on_the_way_might_read_it_differently() {
    with_portal(async |_, base| {
        let address = base.strip_prefix("http://").unwrap();
        for (head, status) in [
            ("GET / HTTP/1.1\r\nHost: a.example\r\n", "200"),
            ("GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n", "400"),
            ("GET / HTTP/1.1\r\n", "400"),
            ("GET / HTTP/1.0\r\n", "200"),
        ] {
            let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
            stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert_eq!(answer.split(' ').nth(1), Some(status), "{head}");
        }
    })
    .await;
}
