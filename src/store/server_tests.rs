//! What rsvp makes of a real PostgreSQL server: each reason why it cannot be used, TLS, a COMMIT without an answer, a server
//! that goes and comes back, one whose disk is full, and a pooler in front of one.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::test::{fresh_postgres, server};
use super::test_server::{Cut, OwnServer, Pooler, Proxy, run_sql, texts};
use super::{DatabaseOptions, Store, StoreError};
use crate::domain::explain::{Explain as _, Kind};

async fn code(options: impl Into<DatabaseOptions<'_>>) -> &'static str {
    match Store::open(options, true).await {
        Ok(store) => {
            store.close().await;
            "open"
        }
        Err(error) => {
            assert!(error.hint().is_some(), "{error:?}");
            eprintln!("{}: {error:?}", error.code());
            error.code()
        }
    }
}

async fn add(store: &Store, key: &str) -> Result<(), StoreError> {
    let insert = format!("INSERT INTO settings (key, value) VALUES ('{key}', 'x')");
    store.write(async |tx| tx.run(&insert).await).await
}

async fn keys(url: &str) -> Vec<String> {
    texts(url, "SELECT key FROM settings WHERE key <> 'schema_changed_by' ORDER BY key COLLATE \"C\"").await
}

#[tokio::test]
async fn each_reason_why_a_server_is_not_used_is_told_apart() {
    let admits = [
        "host open all 127.0.0.1/32 trust",
        "host closed all 127.0.0.1/32 reject",
        "host all all 127.0.0.1/32 scram-sha-256",
    ];
    let Some(server) = OwnServer::start(&["listen_addresses = '127.0.0.1'"], &admits) else { return };
    server
        .run_sql(&[
            "CREATE ROLE ada LOGIN PASSWORD 'right'",
            "CREATE ROLE one LOGIN PASSWORD 'right' CONNECTION LIMIT 0",
            "CREATE DATABASE open",
            "CREATE DATABASE closed",
            "CREATE DATABASE frozen OWNER ada",
            "ALTER DATABASE frozen SET default_transaction_read_only = on",
        ])
        .await;
    run_sql(&server.url("open"), &["REVOKE CREATE ON SCHEMA public FROM PUBLIC"]).await;
    let port = server.port;
    let at = |user: &str, database: &str| format!("postgres://{user}@127.0.0.1:{port}/{database}");
    for (wanted, url) in [
        ("database_refused", "postgres://ada@127.0.0.1:1/open".to_owned()),
        ("database_socket", format!("postgres://ada@localhost:{port}/open?host=/nowhere")),
        ("database_unknown_host", format!("postgres://ada@nowhere.invalid:{port}/open")),
        ("database_password", at("ada:wrong", "frozen")),
        ("database_password", at("nobody:wrong", "frozen")),
        ("database_role", at("nobody", "open")),
        ("database_not_admitted", at("ada:right", "closed")),
        ("database_missing", at("ada:right", "nothing")),
        ("database_connections", at("one:right", "frozen")),
        ("database_right", at("ada", "open")),
        ("database_read_only", at("ada:right", "frozen")),
        ("open", server.url("open")),
    ] {
        assert_eq!(code(&url).await, wanted, "{url}");
    }
    // A server that takes nobody yet, as long as it starts.
    server.down();
    assert_eq!(code(&at("ada", "open")).await, "database_refused");
    std::fs::write(server.path("data/standby.signal"), "").unwrap();
    let mut settings = std::fs::read_to_string(server.path("data/postgresql.conf")).unwrap();
    settings.push_str("hot_standby = off\nrestore_command = 'false'\n");
    std::fs::write(server.path("data/postgresql.conf"), settings).unwrap();
    server.up();
    assert_eq!(code(&at("ada", "open")).await, "database_starting");
}

#[tokio::test]
async fn a_standby_can_be_read_and_says_that_it_cannot_be_changed() {
    let Some(server) = OwnServer::start(&[], &[]) else { return };
    let url = server.url("postgres");
    let store = Store::open(&url, true).await.unwrap();
    add(&store, "first").await.unwrap();
    server.down();
    std::fs::write(server.path("data/standby.signal"), "").unwrap();
    server.up();
    assert!(store.installation().await.unwrap().is_none(), "reading goes on");
    assert_eq!(add(&store, "second").await.unwrap_err().code(), "database_read_only");
    let standby = Store::open(&url, false).await.unwrap();
    assert_eq!(add(&standby, "third").await.unwrap_err().code(), "database_read_only");
    // It becomes the primary server: connections that were made before are not what stops anybody.
    run_sql(&url, &["SELECT pg_promote()"]).await;
    add(&store, "fourth").await.unwrap();
    assert_eq!(keys(&url).await, ["first", "fourth"]);
}

/// An authority with its certificate in a file, and how it signs a server's.
fn authority(folder: &Path, name: &str) -> (PathBuf, CertifiedIssuer<'static, KeyPair>) {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, issuer.pem()).unwrap();
    (path, issuer)
}

#[tokio::test]
async fn to_another_machine_tls_is_verified_unless_the_settings_trust_the_network() {
    let host = rustix::system::uname().nodename().to_str().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let (ours, issuer) = authority(folder.path(), "ours.pem");
    let (theirs, _) = authority(folder.path(), "theirs.pem");
    // Not loopback by its name, and reached over loopback all the same.
    let admits = ["host all all samehost trust"];
    let Some(server) = OwnServer::start(&["listen_addresses = '*'"], &admits) else { return };
    let url = format!("postgres://rsvp@{host}:{}/postgres", server.port);
    let trusting = |url| DatabaseOptions { allow_plain: true, ..DatabaseOptions::from(url) };
    assert_eq!(code(&url).await, "database_no_tls");
    assert_eq!(code(trusting(url.as_str())).await, "open");

    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![host.clone()]).unwrap().signed_by(&key, &issuer).unwrap();
    std::fs::write(server.path("data/server.crt"), certificate.pem()).unwrap();
    std::fs::write(server.path("data/server.key"), key.serialize_pem()).unwrap();
    std::fs::set_permissions(server.path("data/server.key"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .unwrap();
    OwnServer::own(&server.path("data"));
    server.run_sql(&["ALTER SYSTEM SET ssl = on"]).await;
    server.down();
    server.up();

    let verified = |path| DatabaseOptions { ca_file: Some(path), ..DatabaseOptions::from(&url) };
    assert_eq!(code(&url).await, "database_untrusted");
    assert_eq!(code(verified(&theirs)).await, "database_untrusted");
    assert_eq!(code(verified(&ours)).await, "open");
    let by_other_name = format!("postgres://rsvp@{host}.:{}/postgres?hostaddr=127.0.0.2", server.port);
    assert_eq!(code(DatabaseOptions { url: &by_other_name, ..verified(&ours) }).await, "open", "loopback needs none");
    let store = Store::open(verified(&ours), false).await.unwrap();
    let encrypted = "SELECT CAST(bool_and(ssl) AS TEXT) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
        WHERE client_addr IS NOT NULL";
    assert_eq!(texts(&server.url("postgres"), encrypted).await, ["true"]);
    store.close().await;

    let other = CertificateParams::new(vec!["db.example.org".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    std::fs::write(server.path("data/server.crt"), other.pem()).unwrap();
    run_sql(&server.url("postgres"), &["SELECT pg_reload_conf()"]).await;
    let deadline = Instant::now() + Duration::from_secs(10);
    while code(verified(&ours)).await != "database_certificate_name" {
        assert!(Instant::now() < deadline, "the new certificate is never shown");
    }
    for mode in ["disable", "allow", "prefer", "require", "verify-ca"] {
        let url = format!("{url}?sslmode={mode}");
        let refused = Store::open(&url, false).await.err().unwrap();
        assert_eq!(refused.code(), "database_plain", "{mode}");
        assert!(refused.to_string().contains(mode), "{refused}");
    }
    let require = format!("{url}?sslmode=require");
    assert_eq!(code(trusting(&require)).await, "open");
    std::fs::write(folder.path().join("empty.pem"), "nothing\n").unwrap();
    for file in ["empty.pem", "missing.pem"] {
        let file = folder.path().join(file);
        let with_file = DatabaseOptions { ca_file: Some(&file), ..DatabaseOptions::from(&url) };
        assert_eq!(code(with_file).await, "database_ca_file", "{}", file.display());
    }
}

#[tokio::test]
async fn a_commit_without_an_answer_is_looked_up() {
    let Some(server) = server() else { return };
    let url = fresh_postgres(&server).await;
    let (proxy, through) = Proxy::before(&url).await;
    let store = Store::open(&through, true).await.unwrap();
    let mut wanted = Vec::new();
    for round in 0..20 {
        let (stored, lost) = (format!("{round:02} stored"), format!("{round:02} lost"));
        proxy.cut_after(0, Cut::After);
        add(&store, &stored).await.unwrap();
        wanted.push(stored);
        proxy.cut_after(0, Cut::Before);
        let error = add(&store, &lost).await.unwrap_err();
        assert_eq!(error.code(), "database_lost", "{error:?}");
        assert!(error.hint().unwrap().contains("was not stored"), "{error:?}");
    }
    assert_eq!(keys(&url).await, wanted);
    // Nobody can be asked any more: neither yes nor no is said.
    proxy.cut_after(0, Cut::ForGood);
    let error = add(&store, "who knows").await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Unknown, "outcome_unknown"), "{error:?}");
    proxy.open_again();
    add(&store, "zz last").await.unwrap();
    wanted.extend(["who knows".to_owned(), "zz last".to_owned()]);
    assert_eq!(keys(&url).await, wanted);
}

#[tokio::test]
async fn that_a_server_is_gone_is_said_soon_and_that_it_is_back_is_seen_at_once() {
    let Some(server) = OwnServer::start(&[], &["host all all 127.0.0.1/32 trust"]) else { return };
    let url = format!("postgres://rsvp@127.0.0.1:{}/postgres", server.port);
    let store = Store::open(&url, true).await.unwrap();
    for _ in 0..3 {
        server.down();
        let since = Instant::now();
        let error = store.installation().await.unwrap_err();
        let after = since.elapsed();
        assert_eq!(error.code(), "database_refused", "{error:?}");
        assert!(after < Duration::from_secs(1), "{after:?}");
        // Whoever changes something waits for a server that is being restarted.
        let later = tokio::spawn({
            let store = store.clone();
            async move { store.write(|tx| async move { tx.database_now().await }).await }
        });
        server.up();
        let since = Instant::now();
        store.installation().await.unwrap();
        let after = since.elapsed();
        assert!(after < Duration::from_secs(1), "{after:?}");
        later.await.unwrap().unwrap();
    }
    run_sql(&server.url("postgres"), &[
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND client_port IS NOT NULL",
    ])
    .await;
    store.installation().await.unwrap();
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_half_stored_and_it_goes_on_afterwards() {
    let Some(server) = OwnServer::start(&[], &[]) else { return };
    let disk = server.path("disk");
    std::fs::create_dir(&disk).unwrap();
    let Some(_mounted) = Mounted::at(&disk) else { return };
    OwnServer::own(&disk);
    let space = format!("CREATE TABLESPACE small LOCATION '{}'", disk.display());
    server.run_sql(&[&space, "CREATE DATABASE small TABLESPACE small"]).await;
    let url = server.url("small");
    let store = Store::open(&url, true).await.unwrap();
    let mut wanted = Vec::new();
    for round in 0..5 {
        let ballast = disk.join("ballast");
        // As full as it gets: what cannot be written any more ends the copy.
        let _ = std::io::copy(&mut std::io::repeat(0), &mut std::fs::File::create(&ballast).unwrap());
        let mut refused = None;
        for row in 0..2_000 {
            let key = format!("{round} {row:04}");
            let long = format!("INSERT INTO settings (key, value) VALUES ('{key}', repeat('x', 1500))");
            match store.write(async |tx| tx.run(&long).await).await {
                Ok(()) => wanted.push(key),
                Err(error) => {
                    refused = Some(error);
                    break;
                }
            }
        }
        let refused = refused.expect("the disk is full at some time");
        assert_eq!(
            (refused.code(), refused.hint().unwrap().as_str()),
            ("disk_full", "free some space there; nothing was changed")
        );
        std::fs::remove_file(&ballast).unwrap();
        let key = format!("{round} then");
        add(&store, &key).await.unwrap();
        wanted.push(key);
        assert_eq!(keys(&url).await, wanted);
    }
    store.close().await;
    server.run_sql(&["DROP DATABASE small WITH (FORCE)", "DROP TABLESPACE small"]).await;
}

/// A small file system in memory, until it is dropped.
struct Mounted(PathBuf);

impl Mounted {
    fn at(path: &Path) -> Option<Self> {
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"]).arg(path);
        if !rustix::process::geteuid().is_root() || !mount.output().is_ok_and(|done| done.status.success()) {
            eprintln!("SKIPPED: no file system may be mounted here");
            return None;
        }
        Some(Self(path.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("--lazy").arg(&self.0).output();
    }
}

#[tokio::test]
async fn through_a_pooler_everything_works_or_is_named_before_anything_is_done() {
    let Some(server) = OwnServer::start(&[], &[]) else { return };
    server.run_sql(&["CREATE ROLE ada LOGIN PASSWORD 'right'"]).await;
    Store::open(&server.url("postgres"), true).await.unwrap().close().await;
    let Some(pooler) = Pooler::start(&server) else { return };
    let url = pooler.url("rsvp:secret", "postgres");
    assert_eq!(code(&pooler.url("ada:wrong", "postgres")).await, "database_password");
    assert_eq!(code(&pooler.url("nobody:wrong", "postgres")).await, "database_password");
    assert_eq!(code(&pooler.url("rsvp:secret", "nothing")).await, "database_missing");
    let parameter = format!("{url}?options=-csearch_path%3Dpublic");
    assert_eq!(code(&parameter).await, "database_pooler_parameter");
    if pooler.version < (1, 21) {
        for _ in 0..20 {
            assert_eq!(code(&url).await, "database_pooler_statements");
        }
    } else {
        let mut clients = Vec::new();
        for client in 0..4 {
            let store = Store::open(&url, true).await.unwrap();
            clients.push(tokio::spawn(async move {
                for number in 0..50 {
                    add(&store, &format!("{client} {number:02}")).await.unwrap();
                    store.installation().await.unwrap();
                }
                store.close().await;
            }));
        }
        for client in clients {
            client.await.unwrap();
        }
        let wanted: Vec<_> = (0..4).flat_map(|client| (0..50).map(move |n| format!("{client} {n:02}"))).collect();
        assert_eq!(keys(&server.url("postgres")).await, wanted);
    }
    server.down();
    assert_eq!(code(&url).await, "database_behind_pooler");
}
