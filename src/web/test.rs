//! The portal as an invited person meets it: a real server, a real client, both databases.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::client::Trusts;
use super::{Bounds, Listener, Options, serve};
use crate::app::UserRequest;
use crate::app::links::{resend, reset_password, show_link};
use crate::app::mail::outbox;
use crate::app::test::{PASSWORD, World, grace, on_both, operator, signed_in};
use crate::app::upkeep::requests;
use crate::app::users::invite::{self};
use crate::app::users::show;
use crate::app::users::{edit, suspend};
use crate::app::workspaces::create_workspace;
use crate::domain::email::Email;
use crate::domain::language::Language;
use crate::domain::mail::MailKind;
use crate::domain::name::Name;
use crate::domain::role::{OrganisationRole, WorkspaceRole};
use crate::domain::status::Status;
use crate::domain::time::days;
use crate::domain::user::{LinkColumn, UserId};

/// What the operator of a portal set, who reaches it so and trusts these proxies.
pub fn options(https: bool, trusts: Trusts) -> Options {
    Options { continue_url: None, sends: false, https, trusts, bounds: Bounds::within(1_024) }
}

pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub body: String,
}

/// Runs a story against a portal that stops afterwards.
pub async fn with_portal(story: impl AsyncFn(&World, &str)) {
    with_options(options(false, Arc::new(|_| false)), story).await;
}

/// The same with these settings.
pub async fn with_options(options: Options, story: impl AsyncFn(&World, &str)) {
    on_both(async |world| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let options = options.clone();
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(serve(world.app.clone(), Listener::Network(listener), options, stopped));
        story(world, &base).await;
        stop.send(true).unwrap();
        running.await.unwrap().unwrap();
    })
    .await;
}

async fn ask(method: &'static str, url: String, password: Option<(&'static str, &'static str)>) -> Answer {
    let form = password.map(|(first, second)| {
        format!("password={}&password_again={}", first.replace(' ', "+"), second.replace(' ', "+"))
    });
    send(method, url, form.unwrap_or_default(), "en").await
}

async fn send(method: &'static str, url: String, form: String, language: &'static str) -> Answer {
    send_with(method, url, form, vec![("accept-language", language.to_owned())]).await
}

/// Sends a request with these headers.
pub async fn send_with(
    method: &'static str,
    url: String,
    form: String,
    headers: Vec<(&'static str, String)>,
) -> Answer {
    tokio::task::spawn_blocking(move || {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent: ureq::Agent = config.build().into();
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(url)
            .header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut response = agent.run(request.body(form).unwrap()).unwrap();
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.body_mut().read_to_string().unwrap(),
        }
    })
    .await
    .unwrap()
}

pub async fn path(world: &World, user: UserId) -> String {
    let shown = show_link::run(&world.app, &operator(), show_link::Request { user }).await.unwrap();
    shown.link.strip_prefix("https://rsvp.example.org").unwrap().to_owned()
}

async fn status(world: &World, user: UserId) -> Status {
    show::run(&world.app, &operator(), user).await.unwrap().user.status
}

#[tokio::test]
async fn opening_the_link_changes_nothing_and_submitting_makes_active_once() {
    with_portal(async |world, base| {
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
        let url = format!("{base}{}", path(world, user).await);
        for method in ["GET", "HEAD", "GET"] {
            assert_eq!(ask(method, url.clone(), None).await.status, 200);
        }
        assert!(ask("GET", url.clone(), None).await.body.contains("Your invitation to Example Ltd"));
        assert_eq!(status(world, user).await, Status::Invited);

        let weak = ask("POST", url.clone(), Some(("too short", "too short"))).await;
        assert_eq!(weak.status, 422);
        assert!(weak.body.contains("It needs at least 15") && !weak.body.contains("too short\""));
        let done = ask("POST", url.clone(), Some((PASSWORD, PASSWORD))).await;
        assert_eq!(done.status, 200);
        assert!(done.body.contains("Welcome, your account is active"));
        assert_eq!(status(world, user).await, Status::Active);

        let again = ask("POST", url.clone(), Some((PASSWORD, PASSWORD))).await;
        assert_eq!(again.status, 410);
        assert!(again.body.contains("It has already been used"));
    })
    .await;
}

#[tokio::test]
async fn a_link_that_does_not_work_says_why_to_whoever_received_it_and_nothing_to_others() {
    with_portal(async |world, base| {
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
        let old = format!("{base}{}", path(world, user).await);
        world.pass(days(8));
        assert!(ask("GET", old.clone(), None).await.body.contains("It expired on 22 January 2027, 08:00 (UTC)"));
        let again = resend::Request { user, version: None, force: false };
        resend::run(&world.app, &operator(), again).await.unwrap();
        assert!(ask("GET", old.clone(), None).await.body.contains("A newer email was sent"));

        let wrong = |id, byte| crate::domain::code::Code { id, mac: [byte; 16] }.format();
        let one = ask("GET", format!("{base}/i/{}", wrong(1, 1)), None).await;
        let two = ask("GET", format!("{base}/i/{}", wrong(999, 2)), None).await;
        assert_eq!((one.status, &one.body), (404, &two.body));
        let cut = ask("GET", format!("{base}/i/ABCDE-FGH"), None).await;
        assert_eq!((cut.status, &cut.body), (404, &one.body));
        assert!(cut.body.contains("Copy the whole link from the email"));
    })
    .await;
}

#[tokio::test]
async fn stored_text_is_escaped_and_every_answer_carries_its_headers() {
    with_portal(async |world, base| {
        let request = invite::Request { message: "<script>alert(1)</script> & \"hi\"".to_owned(), ..grace() };
        let user = invite::run(&world.app, &operator(), request).await.unwrap().user.id;
        let answer = ask("GET", format!("{base}{}", path(world, user).await), None).await;
        assert!(!answer.body.contains("<script>") && answer.body.contains("&lt;script&gt;"));
        let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("referrer-policy"), "strict-origin");
        assert!(header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));
        let nowhere = ask("GET", format!("{base}/nowhere"), None).await;
        assert_eq!((nowhere.status, nowhere.headers["cache-control"].to_str().unwrap()), (404, "no-store"));
    })
    .await;
}

#[tokio::test]
async fn a_link_is_tried_ten_times_at_once_and_then_once_in_a_minute_and_a_half() {
    with_portal(async |world, base| {
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
        let url = format!("{base}{}", path(world, user).await);
        for _ in 0..10 {
            assert_eq!(ask("POST", url.clone(), Some(("short", "short"))).await.status, 422);
        }
        let refused = ask("POST", url.clone(), Some((PASSWORD, PASSWORD))).await;
        assert_eq!((refused.status, refused.headers["retry-after"].to_str().unwrap()), (429, "90"));
        world.pass(std::time::Duration::from_secs(90));
        assert_eq!(ask("POST", url, Some((PASSWORD, PASSWORD))).await.status, 200);
    })
    .await;
}

/// The link in the email that waits for Ada, as the worker would write it.
async fn reset_url(world: &World, base: &str) -> String {
    let request = UserRequest { user: world.ada.id, version: None };
    reset_password::run(&world.app, &operator(), request).await.unwrap();
    let mut jobs = outbox::claim(&world.app, 10).await.unwrap();
    format!("{base}/r/{}", jobs.pop().unwrap().code.unwrap().as_str())
}

#[tokio::test]
async fn a_new_password_is_chosen_once_and_the_page_leads_on() {
    with_portal(async |world, base| {
        let url = reset_url(world, base).await;
        let page = ask("GET", url.clone(), None).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("A new password for ada@example.org at Example Ltd."));
        let new = "copper harvest under moonlight";
        let done = ask("POST", url.clone(), Some((new, new))).await;
        assert!(done.body.contains("Your new password is saved"), "{}", done.body);
        let again = ask("POST", url.clone(), Some((new, new))).await;
        assert_eq!(again.status, 410);
        assert!(again.body.contains("Forgot your password?"));
        // A reset's code is none of an invitation.
        let elsewhere = url.replace("/r/", "/i/");
        assert_eq!(ask("GET", elsewhere, None).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn every_address_is_answered_alike_and_only_the_right_one_gets_a_mail() {
    with_portal(async |world, base| {
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
        let block = UserRequest { user, version: None };
        suspend::run(&world.app, &operator(), block).await.unwrap();
        assert!(ask("GET", format!("{base}/forgot"), None).await.body.contains("Enter the email address"));
        let forgot = async |email: &str| {
            let form = format!("email={}", email.replace('@', "%40"));
            let answer = send("POST", format!("{base}/forgot"), form, "en").await;
            (answer.status, answer.body.replace(email, "ADDRESS"))
        };
        let known = forgot("ada@example.org").await;
        assert_eq!(known.0, 200);
        for other in ["nobody@example.org", "grace@navy.example"] {
            assert_eq!(forgot(other).await, known);
        }
        let wrong = forgot("no address").await;
        assert_eq!(wrong.0, 422);
        assert!(wrong.1.contains("an email address. Write it like"));
        requests::resolve(&world.app).await.unwrap();
        let mails = show::run(&world.app, &operator(), world.ada.id).await.unwrap().mails;
        assert_eq!(mails.iter().map(|mail| mail.kind).collect::<Vec<_>>(), [MailKind::Reset]);
    })
    .await;
}

#[tokio::test]
async fn the_owner_of_an_expired_link_asks_for_a_new_one() {
    with_portal(async |world, base| {
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
        let url = format!("{base}{}", path(world, user).await);
        world.pass(days(8));
        assert!(ask("GET", url.clone(), None).await.body.contains("Ask for a new link"));
        let asked = send("POST", format!("{url}/ask"), String::new(), "en").await;
        assert!(asked.body.contains("The administrators can see"), "{}", asked.body);
        assert!(!ask("GET", url, None).await.body.contains("<button>"), "once is enough");
        let user = show::run(&world.app, &operator(), user).await.unwrap().user;
        assert!(matches!(user.link(world.app.now()), LinkColumn::Asked(_)));
    })
    .await;
}

#[tokio::test]
async fn pages_speak_the_language_of_the_person_and_else_of_the_browser() {
    with_portal(async |world, base| {
        let request = invite::Request { language: Language::German, ..grace() };
        let user = invite::run(&world.app, &operator(), request).await.unwrap().user.id;
        let url = format!("{base}{}", path(world, user).await);
        let weak = ask("POST", url, Some(("kurz", "kurz"))).await;
        assert!(weak.body.contains("N\u{f6}tig sind mindestens 15."), "{}", weak.body);
        assert!(weak.body.contains("<html lang=\"de\">"));
        let nowhere = send("GET", format!("{base}/nowhere"), String::new(), "fr-CH, en;q=0.5").await;
        assert!(nowhere.body.contains("Page introuvable"), "{}", nowhere.body);
    })
    .await;
}

/// Asks for another address for Ada and answers the paths of the two links that are sent.
pub async fn moving(world: &World) -> (String, String) {
    let email = Some(Email::parse("ada@elsewhere.example").unwrap());
    edit::run(&world.app, &operator(), edit::Request { email, ..edit::Request::of(world.ada.id) }).await.unwrap();
    let jobs = outbox::claim(&world.app, 9).await.unwrap();
    let code = |kind| jobs.iter().find(|job| job.mail.kind == kind).unwrap().code.as_ref().unwrap().as_str();
    let (confirm, keep) = (code(MailKind::ConfirmEmail), code(MailKind::KeepEmail));
    (format!("/c/{confirm}"), format!("/k/{keep}"))
}

#[tokio::test]
async fn a_new_address_is_confirmed_with_a_button_and_not_by_a_scanner() {
    with_portal(async |world, base| {
        let (confirm, keep) = moving(world).await;
        let address =
            async || show::run(&world.app, &operator(), world.ada.id).await.unwrap().user.email.as_str().to_owned();
        for method in ["GET", "HEAD", "GET"] {
            assert_eq!(send(method, format!("{base}{confirm}"), String::new(), "en").await.status, 200);
            assert_eq!(send(method, format!("{base}{keep}"), String::new(), "en").await.status, 200);
        }
        assert_eq!(address().await, "ada@example.org");
        let page = send("GET", format!("{base}{confirm}"), String::new(), "en").await.body;
        assert!(page.contains("ada@elsewhere.example instead of ada@example.org"), "{page}");
        assert!(!page.contains("type=\"password\""));
        let done = send("POST", format!("{base}{confirm}"), String::new(), "en").await;
        assert!(done.status == 200 && done.body.contains("you now sign in as ada@elsewhere.example"), "{}", done.body);
        assert_eq!(address().await, "ada@elsewhere.example");
        let late = send("POST", format!("{base}{keep}"), String::new(), "en").await;
        assert!(late.status == 410 && late.body.contains("has already been confirmed"), "{}", late.body);
    })
    .await;
}

#[tokio::test]
async fn the_owner_of_the_old_address_stops_a_change_at_the_portal() {
    with_portal(async |world, base| {
        let (confirm, keep) = moving(world).await;
        let kept = send("POST", format!("{base}{keep}"), String::new(), "en").await;
        assert!(kept.status == 200 && kept.body.contains("you still sign in as ada@example.org"), "{}", kept.body);
        let late = send("POST", format!("{base}{confirm}"), String::new(), "en").await;
        assert!(late.status == 410 && late.body.contains("still the address"), "{}", late.body);
    })
    .await;
}

/// The paragraphs of a page before its form, as they are read.
fn paragraphs(body: &str) -> Vec<String> {
    let text = body.replace("&#x27;", "'").replace("&amp;", "&");
    let all = text.split("<p>").skip(1).filter_map(|rest| rest.split_once("</p>"));
    all.map(|(paragraph, _)| paragraph.to_owned()).collect()
}

/// What the page of an invitation says by Ada, for each language and the role in the organisation of whoever is invited.
const INVITATIONS: [(Language, OrganisationRole, [&str; 5]); 3] = [
    (
        Language::English,
        OrganisationRole::Helpdesk,
        [
            "Ada Lovelace has invited Grace Hopper (en@navy.example) to Example Ltd.",
            "You'll be on the help desk of Example Ltd.",
            "You'll manage the users of: R & D.",
            "You'll be on the help desk of: Choir.",
            "You'll be a member of: Library.",
        ],
    ),
    (
        Language::German,
        OrganisationRole::Administrator,
        [
            "Ada Lovelace hat Grace Hopper (de@navy.example) eingeladen, Example Ltd beizutreten.",
            "Sie erhalten die Administrationsrechte für Example Ltd.",
            "Sie verwalten die Benutzerkonten in: R & D.",
            "Sie gehören zum Helpdesk von: Choir.",
            "Sie werden Mitglied in: Library.",
        ],
    ),
    (
        Language::French,
        OrganisationRole::Auditor,
        [
            "Ada Lovelace a invité Grace Hopper (fr@navy.example) à rejoindre Example Ltd.",
            "Vous auditerez Example Ltd\u{a0}: vous pourrez tout consulter, sans rien modifier.",
            "Vous gérerez les comptes de\u{a0}: R & D.",
            "Vous ferez partie du service d’assistance de\u{a0}: Choir.",
            "Vous serez membre de\u{a0}: Library.",
        ],
    ),
];

#[tokio::test]
async fn an_invitation_says_by_whom_and_as_what_in_the_persons_language() {
    with_portal(async |world, base| {
        let workspaces = ["Library", "R & D", "Choir"].map(|name| Name::parse(name).unwrap());
        for name in &workspaces {
            create_workspace::run(&world.app, &operator(), name).await.unwrap();
        }
        let [library, research, choir] = workspaces;
        let held = vec![
            (library, WorkspaceRole::Member),
            (research, WorkspaceRole::Administrator),
            (choir, WorkspaceRole::Helpdesk),
        ];
        for (language, role, sentences) in INVITATIONS {
            let email = Email::parse(&format!("{}@navy.example", language.tag())).unwrap();
            let invited = invite::Request { email, role, language, workspaces: held.clone(), ..grace() };
            let user = invite::run(&world.app, &signed_in(world.ada.id), invited).await.unwrap().user.id;
            let url = format!("{base}{}", path(world, user).await);
            let page = ask("GET", url.clone(), None).await;
            assert_eq!(paragraphs(&page.body)[..5], sentences, "{}", page.body);
            let accept = vec![("accept", "application/json".to_owned())];
            let json = send_with("GET", url, String::new(), accept).await.body;
            let json: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(json["organisation_role"], role.name());
            assert_eq!(json["workspaces"].as_array().unwrap().len(), 3);
        }
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
        let page = ask("GET", format!("{base}{}", path(world, user).await), None).await;
        let read = paragraphs(&page.body);
        assert!(read[0].contains("you're invited to Example Ltd") && read[1].starts_with("The link works"), "{read:?}");
    })
    .await;
}
