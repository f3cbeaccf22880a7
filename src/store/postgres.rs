//! Connections with a database on a PostgreSQL server, or with a pooler in front of one, which may hand each transaction to
//! another session: nothing outlives one.

use std::hash::BuildHasher as _;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use sea_orm::{DatabaseConnection, DbErr, RuntimeErr};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use tokio::time::timeout;

use super::{ServerProblem, StoreError};
use crate::access;

/// How long a connection is waited for, and at the start the server's answer.
const LONG: Duration = Duration::from_secs(10);
/// How long a pooler has to answer on a second connection.
const SHORT: Duration = Duration::from_millis(900);
/// A connection that rested for so long is tried before it is used.
const RESTED: Duration = Duration::from_secs(1);

/// Whether a server can be asked what became of a transaction: some that speak PostgreSQL have no such functions.
const CAN_BE_ASKED: &str = "SELECT pg_xact_status(pg_current_xact_id_if_assigned()), \
    CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_walfile_name(pg_current_wal_lsn()) END";

/// How to reach a database, and how many connections with a server to keep.
#[derive(Clone, Copy)]
pub struct DatabaseOptions<'a> {
    /// `sqlite:///path` or `postgres://…`, with its password.
    pub url: &'a str,
    /// The authorities that sign the server's certificate, in PEM, beside the public ones.
    pub ca_file: Option<&'a Path>,
    /// Whether the URL decides how a server on another machine is reached, even without TLS.
    pub allow_plain: bool,
    /// At most so many at a time, 1 to 100.
    pub connections: u32,
}

impl<'a> From<&'a str> for DatabaseOptions<'a> {
    fn from(url: &'a str) -> Self {
        Self { url, ca_file: None, allow_plain: false, connections: 8 }
    }
}

impl<'a> From<&'a String> for DatabaseOptions<'a> {
    fn from(url: &'a String) -> Self {
        url.as_str().into()
    }
}

/// After what waiting a server is asked whether it is there, and how long it has to answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    look: Duration,
    answer: Duration,
}

impl Patience {
    /// Before anything was asked for. Whoever only reads is told soon; whoever changes something waits for a server that is
    /// being restarted.
    pub const fn to_begin(reads: bool) -> Self {
        let (look, answer) = if reads { (400, 900) } else { (10_000, 5_000) };
        Self { look: Duration::from_millis(look), answer: Duration::from_millis(answer) }
    }

    /// For a statement, which may take its time on a busy server.
    pub const fn to_go_on(reads: bool) -> Self {
        Self { look: Duration::from_secs(if reads { 2 } else { 10 }), answer: Duration::from_secs(5) }
    }
}

/// A server, and what is known of it.
pub(super) struct Server {
    options: PgConnectOptions,
    connections: u32,
    /// Whether it can be asked what became of a transaction.
    keeps_outcomes: AtomicBool,
    /// When this was made, and how many milliseconds later its connections went stale last.
    since: Instant,
    stale: AtomicU64,
}

impl Server {
    pub fn of(wanted: &DatabaseOptions<'_>) -> Result<Self, StoreError> {
        let mut options: PgConnectOptions = wanted.url.parse().map_err(refused)?;
        // The parser of URLs leaves the brackets of an IPv6 address, which belong to no name.
        let host = options.get_host().trim_matches(['[', ']']).to_owned();
        options = options.host(&host).extra_float_digits(None).disable_statement_logging();
        let mode = options.get_ssl_mode();
        options = match place(&options) {
            Place::Socket => options.ssl_mode(PgSslMode::Disable),
            Place::Here => options,
            Place::Elsewhere if wanted.allow_plain => options,
            Place::Elsewhere => {
                if names_mode(wanted.url) && !matches!(mode, PgSslMode::VerifyFull) {
                    return Err(StoreError::PlainDatabase(word(mode)));
                }
                options.ssl_mode(PgSslMode::VerifyFull)
            }
        };
        if let Some(path) = wanted.ca_file {
            options = options.ssl_root_cert_from_pem(authorities(path)?);
        }
        let (keeps_outcomes, stale) = (AtomicBool::new(false), AtomicU64::new(0));
        Ok(Self { options, connections: wanted.connections.max(1), keeps_outcomes, since: Instant::now(), stale })
    }

    /// Connects, after one connection by itself was told every reason why not: the pool tries again for as long as it may wait,
    /// and then says no more than that it waited.
    pub async fn open(self: &Arc<Self>) -> Result<DatabaseConnection, StoreError> {
        timeout(LONG, Box::pin(self.open_at_once())).await.map_err(|_| refused(late()))?
    }

    async fn open_at_once(self: &Arc<Self>) -> Result<DatabaseConnection, StoreError> {
        let mut plain = self.connect(LONG).await.map_err(refused)?;
        match sqlx::query(CAN_BE_ASKED).execute(&mut plain).await.map_err(refused) {
            Ok(_) => self.keeps_outcomes.store(true, Ordering::Relaxed),
            // It has no such functions, or keeps them from this login.
            Err(StoreError::Database(_) | StoreError::Server(ServerProblem::Right(_), _)) => {}
            Err(error) => return Err(error),
        }
        // Not what another process asks for under the same name.
        let token = std::hash::RandomState::new().hash_one(std::process::id());
        let own = format!("SELECT '{token}'");
        let echo = async |plain: &mut PgConnection| {
            sqlx::query_scalar::<_, String>(AssertSqlSafe(own.as_str())).fetch_one(plain).await.map_err(refused)
        };
        echo(&mut plain).await?;
        let server = Arc::clone(self);
        let pool = PgPoolOptions::new()
            .min_connections(1)
            .max_connections(self.connections)
            .acquire_timeout(LONG)
            .test_before_acquire(false)
            .before_acquire(move |connection, known| {
                let is_stale = server.is_stale(known.age);
                Box::pin(async move {
                    if !is_stale && known.idle_for >= RESTED {
                        connection.ping().await?;
                    }
                    Ok(!is_stale)
                })
            })
            // A commit that failed leaves the driver counting an open transaction. A rollback needs no round trip to be
            // counted.
            .after_release(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
            .connect_with(self.options.clone())
            .await
            .map_err(refused)?;
        // Where a pooler lends one session after the other, what the plain connection prepared is asked for on another one
        // while this transaction has the first: one that mixes them up would sooner or later run the wrong statement.
        let held = pool.begin().await.map_err(refused)?;
        let again = timeout(SHORT, echo(&mut plain)).await;
        held.rollback().await.map_err(refused)?;
        // With no other session to lend nothing can be mixed up.
        if let Ok(again) = again
            && again? != token.to_string()
        {
            let mixed_up = DbErr::Custom("the pooler ran another statement".to_owned());
            return Err(StoreError::Server(ServerProblem::PoolerStatements, mixed_up));
        }
        let _ = timeout(SHORT, plain.close()).await;
        Ok(DatabaseConnection::from(pool))
    }

    /// One connection by itself.
    pub async fn connect(&self, patience: Duration) -> Result<PgConnection, sqlx::Error> {
        let connecting = async {
            if matches!(place(&self.options), Place::Elsewhere | Place::Here) {
                let wanted = (self.options.get_host(), self.options.get_port());
                // The system's error has no kind of its own for this.
                let unknown = |error| std::io::Error::new(std::io::ErrorKind::AddrNotAvailable, error);
                drop(tokio::net::lookup_host(wanted).await.map_err(unknown)?);
            }
            self.options.connect().await
        };
        timeout(patience, connecting).await.map_err(|_| late())?
    }

    /// Whether it can be asked what became of a transaction.
    pub fn keeps_outcomes(&self) -> bool {
        self.keeps_outcomes.load(Ordering::Relaxed)
    }

    /// That the connections made until now go to a server that is gone, or isn't the primary one any more.
    pub fn mark_stale(&self) {
        self.stale.store(self.ran(), Ordering::Relaxed);
    }

    fn is_stale(&self, age: Duration) -> bool {
        let made = self.ran().saturating_sub(u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
        let stale = self.stale.load(Ordering::Relaxed);
        stale > 0 && made <= stale
    }

    fn ran(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Waits for an answer. While none comes, the server is asked whether it is there at all; what else it may say against
    /// another connection ends nothing that is under way.
    pub async fn patiently<T>(
        &self,
        patience: Patience,
        work: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        let mut work = pin!(work);
        let Patience { mut look, answer } = patience;
        loop {
            if let Ok(done) = timeout(look, &mut work).await {
                return match done {
                    Err(DbErr::ConnectionAcquire(_)) => Err(Box::pin(self.reason(answer)).await.unwrap_or_else(busy)),
                    done => done,
                };
            }
            let reason = tokio::select! {
                biased;
                done = &mut work => return done,
                reason = Box::pin(self.reason(answer)) => reason,
            };
            let problem = reason.as_ref().and_then(ServerProblem::of);
            if let Some(error) = reason
                && problem.is_some_and(|problem| problem.leaves_open())
            {
                self.mark_stale();
                return Err(error);
            }
            look *= 2;
        }
    }

    /// Why the server gives no connection now, unless it does.
    async fn reason(&self, answer: Duration) -> Option<DbErr> {
        // A pooler takes connections also while there is no server behind it.
        let asked = timeout(answer, async {
            let mut connection = self.connect(answer).await?;
            sqlx::raw_sql("SELECT 1").execute(&mut connection).await?;
            connection.close().await
        });
        let error = asked.await.unwrap_or_else(|_| Err(late())).err()?;
        Some(DbErr::Conn(RuntimeErr::SqlxError(error.into())))
    }
}

fn late() -> sqlx::Error {
    sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())
}

const fn busy() -> DbErr {
    DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout)
}

fn refused(error: sqlx::Error) -> StoreError {
    DbErr::Conn(RuntimeErr::SqlxError(error.into())).into()
}

/// Where a server is, as far as what goes there can be overheard.
enum Place {
    /// A Unix socket, which has no TLS.
    Socket,
    /// This machine.
    Here,
    Elsewhere,
}

fn place(options: &PgConnectOptions) -> Place {
    let host = options.get_host();
    let is_loopback =
        |host: &str| host.parse::<std::net::IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    if options.get_socket().is_some() || host.starts_with('/') {
        Place::Socket
    } else if host.eq_ignore_ascii_case("localhost") || is_loopback(host) {
        Place::Here
    } else {
        Place::Elsewhere
    }
}

/// Whether the URL itself says how the connection is protected; the environment may, which doesn't count.
fn names_mode(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| url.query_pairs().any(|(key, _)| matches!(&*key, "sslmode" | "ssl-mode")))
}

const fn word(mode: PgSslMode) -> &'static str {
    match mode {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    }
}

/// The certificates in a file, each of which can be used: the driver would only say that TLS failed.
fn authorities(path: &Path) -> Result<Vec<u8>, StoreError> {
    let path: PathBuf = path.to_owned();
    let pem = match access::certificates(&path) {
        Ok(pem) => pem,
        Err(error) => {
            let why = error.io().map_or_else(|| error.to_string(), ToString::to_string);
            return Err(StoreError::Authorities { path, why });
        }
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let added = certificate
            .map_err(|error| error.to_string())
            .and_then(|certificate| roots.add(certificate).map_err(|error| error.to_string()));
        if let Err(why) = added {
            return Err(StoreError::Authorities { path, why });
        }
    }
    if roots.is_empty() {
        return Err(StoreError::Authorities { path, why: "it has no certificate in PEM".to_owned() });
    }
    Ok(pem)
}
