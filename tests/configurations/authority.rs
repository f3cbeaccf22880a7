//! A portal behind TLS with a certificate of the organisation's own authority: who is content with it, and what is said of
//! one that isn't good enough.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::Mutex;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

use crate::support::cli::{Home, PASSWORD, mode};

/// An authority of the test's own.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.distinguished_name.push(DnType::CommonName, "Example Ltd internal authority");
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

/// What a certificate of the authority is like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Like {
    Good,
    Expired,
    OtherName,
}

/// A TLS server in front of a plain one, until the process ends.
struct Front {
    address: String,
    /// The first line of each request that came.
    asked: Arc<Mutex<Vec<String>>>,
}

fn front(by: &CertifiedIssuer<'static, KeyPair>, like: Like, upstream: &str) -> Front {
    let name = if like == Like::OtherName { "elsewhere.example" } else { "localhost" };
    let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
    if like == Like::Expired {
        parameters.not_before = rcgen::date_time_ymd(2019, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2020, 1, 1);
    }
    let key = KeyPair::generate().unwrap();
    let certificate = parameters.signed_by(&key, by).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = Arc::new(config.with_single_cert(vec![certificate.der().clone()], key).unwrap());
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (upstream, heard) = (upstream.to_owned(), Arc::clone(&asked));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            pass_on(StreamOwned::new(connection, stream), &upstream, &heard);
        }
    });
    Front { address, asked }
}

/// Passes one request on, if the client is content with the certificate.
fn pass_on(mut client: StreamOwned<ServerConnection, TcpStream>, upstream: &str, asked: &Mutex<Vec<String>>) {
    let mut request = vec![0; 16_384];
    let mut length = 0;
    while !is_whole(&request[..length]) {
        match client.read(&mut request[length..]) {
            Ok(more) if more > 0 => length += more,
            Ok(_) | Err(_) => return,
        }
    }
    let text = String::from_utf8_lossy(&request[..length]).into_owned();
    asked.lock().unwrap().push(text.lines().next().unwrap_or_default().to_owned());
    // Its end is the end of the answer.
    let closing = text.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    let mut server = TcpStream::connect(upstream).unwrap();
    server.write_all(closing.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = server.read_to_end(&mut answer);
    let _ = client.write_all(&answer).and_then(|()| client.flush());
    client.conn.send_close_notify();
    let _ = client.flush();
}

/// Whether head and body of a request are there.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
    body.len() >= length.unwrap_or(0)
}

/// What the doctor says of the portal.
fn found(home: &Home, check: &str) -> Value {
    let all = home.run("doctor --json").json();
    let found = all["items"].as_array().unwrap().iter().find(|one| one["check"] == check).cloned();
    found.unwrap_or_else(|| panic!("no {check} in {all}"))
}

#[test]
fn a_portal_with_a_certificate_of_the_organisations_own_authority_is_as_good_as_any() {
    let authority = authority();
    let mut home = Home::with_organisation();
    let _served = home.serve();
    let plain = home.variable("RSVP_PORTAL__PUBLIC_URL").trim_start_matches("http://").to_owned();
    let front = front(&authority, Like::Good, &plain);
    home.set("RSVP_PORTAL__PUBLIC_URL", &front.address);
    home.set("SSL_CERT_FILE", "/dev/null");
    home.run("invite grace@example.org linus@example.org zoe@example.org").ends(0);
    let link = |who: &str| home.run(&format!("link {who} --json")).ends(0).json()["link"].as_str().unwrap().to_owned();
    let [grace, linus, zoe] = ["grace@example.org", "linus@example.org", "zoe@example.org"].map(link);
    let accept = |home: &Home, link: &str| home.type_in(PASSWORD, &["accept", link, "--password-stdin"]);

    // Nobody knows the authority: that is said, and no code left.
    let wrong = found(&home, "portal");
    assert!(wrong["message"].as_str().unwrap().contains("from an authority that isn't trusted here"), "{wrong}");
    assert!(wrong["hint"].as_str().unwrap().contains("portal.ca_file"), "{wrong}");
    accept(&home, &grace).ends(1).tells("from an authority that isn't trusted here").tells("portal.ca_file");
    assert!(front.asked.lock().unwrap().is_empty());

    // The setting names it.
    let file = home.path("authority.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    home.settings(&format!("[portal]\nca_file = \"{}\"\n", file.display()));
    assert_eq!(found(&home, "portal")["state"], "ok");
    accept(&home, &grace).ends(0);
    // As soon as others could change it, nobody goes by it, and only who needs it is told.
    mode(&file, 0o666);
    let refused = accept(&home, &linus).ends(1).tells("from an authority that isn't trusted here");
    refused.tells("portal.ca_file wasn't used").tells("can be written by others");

    // The machine trusts it.
    let of_machine = home.path("machine.pem");
    std::fs::write(&of_machine, authority.pem()).unwrap();
    home.set("SSL_CERT_FILE", &of_machine.display().to_string());
    accept(&home, &linus).ends(0);
    home.settings("");
    assert_eq!(found(&home, "portal")["state"], "ok");
    accept(&home, &zoe).ends(0);

    // The doctor left a mark in place of a code, and says what to look for.
    let marked = found(&home, "codes in logs");
    let message = marked["message"].as_str().unwrap();
    let mark = message.split(' ').find(|word| word.starts_with("RSVP-DOCTOR-")).unwrap().trim_end_matches(':');
    assert_eq!(marked["state"], "ok");
    let asked = front.asked.lock().unwrap();
    assert!(asked.iter().any(|line| line.starts_with(&format!("GET /i/{mark} "))), "{mark}: {asked:?}");
}

#[test]
fn of_a_certificate_that_proves_nothing_the_doctor_says_what_it_is_and_never_to_start_the_service() {
    let authority = authority();
    let mut home = Home::with_organisation();
    let _served = home.serve();
    let plain = home.variable("RSVP_PORTAL__PUBLIC_URL").trim_start_matches("http://").to_owned();
    let file = home.path("authority.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    mode(&file, 0o644);
    home.set("SSL_CERT_FILE", &file.display().to_string());
    let at = |like| front(&authority, like, &plain).address;
    for (address, words, hint) in [
        (at(Like::Expired), "its certificate has expired", "renew it"),
        (at(Like::OtherName), "isn't valid for this name, but for elsewhere.example", "portal.public_url"),
        (format!("https://{plain}"), "it doesn't speak TLS there", "speak TLS"),
    ] {
        home.set("RSVP_PORTAL__PUBLIC_URL", &address.replace("127.0.0.1", "localhost"));
        let wrong = found(&home, "portal");
        let (message, advice) = (wrong["message"].as_str().unwrap(), wrong["hint"].as_str().unwrap());
        assert!(message.contains(words) && advice.contains(hint) && !advice.contains("rsvp serve"), "{wrong}");
    }
    // Where nobody listens, it is the service.
    home.set("RSVP_PORTAL__PUBLIC_URL", "https://localhost:1");
    assert!(found(&home, "portal")["hint"].as_str().unwrap().contains("rsvp serve"));
}
