//! Why a PostgreSQL server, or the pooler in front of it, doesn't do what it was asked: each reason by itself, because each
//! wants something else done.

use std::io::ErrorKind;

use rustls::CertificateError;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};
use sqlx::postgres::PgDatabaseError;

use crate::domain::text::visible;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerProblem {
    /// Nothing listens there.
    #[error("no database server answers at that address and port")]
    Refused,
    #[error("the database server's socket can't be used: {0}")]
    Socket(String),
    #[error("the database server's name can't be found")]
    UnknownHost,
    #[error("the database server doesn't answer")]
    NoAnswer,
    /// In the middle of something.
    #[error("the connection to the database server was lost")]
    Lost,
    #[error("the database server doesn't accept the login or its password")]
    Password,
    /// There is no such role, or one that may not log in.
    #[error("the database server has no such login, or it isn't allowed to log in")]
    Role,
    /// `pg_hba.conf` has no line for us.
    #[error("the database server doesn't let this login in: {0}")]
    NotAdmitted(String),
    #[error("the database server has no database of this name")]
    Database,
    #[error("the database server has no connection left")]
    Connections,
    #[error("the database server is starting or shutting down")]
    Starting,
    #[error("the database server ended the connection, because it is being stopped or restarted")]
    Stopping,
    #[error("this database login isn't allowed to do that: {0}")]
    Right(String),
    #[error("the database server is read-only")]
    ReadOnly,
    #[error("the disk of the database server is full")]
    DiskFull,
    #[error("the database server doesn't offer TLS")]
    NoTls,
    #[error("the database server's certificate isn't signed by an authority that rsvp trusts")]
    Untrusted,
    #[error("the database server's certificate is for another name")]
    CertificateName,
    #[error("the database server's certificate is one for an authority, as `openssl req -x509` makes it")]
    AuthorityAsServer,
    #[error("the database server's certificate has expired, or isn't valid yet")]
    CertificateTime,
    #[error("TLS with the database server failed: {0}")]
    Tls(String),
    /// pgbouncer is there, and what is behind it isn't.
    #[error("the connection pooler can't reach the database server: {0}")]
    BehindPooler(String),
    /// pgbouncer knows only some parameters.
    #[error("the connection pooler refused the connection: {0}")]
    PoolerParameter(String),
    /// Statements that one connection prepared are asked for on another one.
    #[error("the connection pooler in front of the database can't be used, because it mixes up prepared statements")]
    PoolerStatements,
    /// Whatever else pgbouncer says.
    #[error("the connection pooler says: {0}")]
    Pooler(String),
    /// All connections of this process are in use.
    #[error("every connection of this process with the database was in use for too long")]
    Busy,
}

impl ServerProblem {
    /// What the error means, if it is the server's.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what can go wrong is the library's to say")]
    pub(super) fn of(error: &DbErr) -> Option<Self> {
        match error {
            DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => Some(Self::Busy),
            DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed) => Some(Self::Lost),
            DbErr::Exec(RuntimeErr::SqlxError(inner))
            | DbErr::Query(RuntimeErr::SqlxError(inner))
            | DbErr::Conn(RuntimeErr::SqlxError(inner)) => Self::of_driver(inner),
            _ => None,
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "what can go wrong is the library's to say")]
    fn of_driver(error: &sqlx::Error) -> Option<Self> {
        match error {
            sqlx::Error::Io(error) => Some(Self::of_io(error)),
            // The files that settings name were read before, so what is left is that the server said no.
            sqlx::Error::Tls(_) => Some(Self::NoTls),
            sqlx::Error::PoolTimedOut => Some(Self::Busy),
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed | sqlx::Error::Protocol(_) => Some(Self::Lost),
            sqlx::Error::Database(error) => Self::of_state(error.try_downcast_ref::<PgDatabaseError>()?),
            _ => None,
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "what can go wrong is the library's to say")]
    fn of_io(error: &std::io::Error) -> Self {
        if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Self::of_tls(tls);
        }
        match error.kind() {
            ErrorKind::ConnectionRefused => Self::Refused,
            ErrorKind::NotFound | ErrorKind::PermissionDenied => Self::Socket(said(&error.to_string())),
            // What the look-up of the name is made into, before anything is connected.
            ErrorKind::AddrNotAvailable => Self::UnknownHost,
            ErrorKind::TimedOut | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => Self::NoAnswer,
            _ => Self::Lost,
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "what can go wrong is the library's to say")]
    fn of_tls(error: &rustls::Error) -> Self {
        let rustls::Error::InvalidCertificate(why) = error else { return Self::Tls(said(&error.to_string())) };
        match why {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::CertificateName
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Self::CertificateTime,
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::Untrusted,
            // The library has no kind of its own for it.
            why if format!("{why:?}").contains("CaUsedAsEndEntity") => Self::AuthorityAsServer,
            why => Self::Tls(said(&why.to_string())),
        }
    }

    /// PostgreSQL's codes: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
    fn of_state(error: &PgDatabaseError) -> Option<Self> {
        Some(match error.code() {
            "28P01" => Self::Password,
            // The place in the server's source that said no: its words may be in any language.
            "28000" if error.routine() == Some("InitializeSessionUserId") => Self::Role,
            "28000" => Self::NotAdmitted(said(error.message())),
            "3D000" | "57P04" => Self::Database,
            "53300" => Self::Connections,
            "57P03" => Self::Starting,
            "57P01" | "57P02" => Self::Stopping,
            "42501" => Self::Right(said(error.message())),
            "25006" => Self::ReadOnly,
            "53100" => Self::DiskFull,
            "26000" | "42P05" => Self::PoolerStatements,
            "08P01" => Self::of_pooler(error.message()),
            state if state.starts_with("08") => Self::Lost,
            _ => return None,
        })
    }

    /// pgbouncer gives everything one code, so that only its words say what it means (`src/client.c`, `src/objects.c` and
    /// `src/server.c` of 1.18 to 1.24); what isn't known is repeated.
    fn of_pooler(text: &str) -> Self {
        let begins = |all: &[&str]| all.iter().any(|one| text.starts_with(one));
        if begins(&["no such database", "database does not allow"]) {
            Self::Database
        } else if begins(&[
            "no such user",
            "SASL authentication failed",
            "password authentication failed",
            "auth failed",
            "login rejected",
        ]) {
            Self::Password
        } else if begins(&["unsupported startup parameter"]) {
            Self::PoolerParameter(said(text))
        } else if begins(&["no more connections allowed", "client_login_timeout"]) {
            Self::Connections
        } else if begins(&[
            "server login",
            "server conn crashed",
            "pgbouncer cannot connect to server",
            "connect failed",
            "connect timeout",
            "server_login_retry",
            "query_wait_timeout",
            "the database system is",
        ]) {
            Self::BehindPooler(said(text))
        } else {
            Self::Pooler(said(text))
        }
    }

    /// Whether the server may have done what was asked for last although it did not answer.
    pub(super) const fn leaves_open(&self) -> bool {
        match self {
            Self::Refused
            | Self::Socket(_)
            | Self::UnknownHost
            | Self::NoAnswer
            | Self::Lost
            | Self::Starting
            | Self::Stopping
            | Self::Tls(_)
            | Self::BehindPooler(_)
            | Self::PoolerStatements
            | Self::Pooler(_) => true,
            Self::Password
            | Self::Role
            | Self::NotAdmitted(_)
            | Self::Database
            | Self::Connections
            | Self::Right(_)
            | Self::ReadOnly
            | Self::DiskFull
            | Self::NoTls
            | Self::Untrusted
            | Self::CertificateName
            | Self::AuthorityAsServer
            | Self::CertificateTime
            | Self::PoolerParameter(_)
            | Self::Busy => false,
        }
    }

    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Refused => "database_refused",
            Self::Socket(_) => "database_socket",
            Self::UnknownHost => "database_unknown_host",
            Self::NoAnswer => "database_no_answer",
            Self::Lost => "database_lost",
            Self::Password => "database_password",
            Self::Role => "database_role",
            Self::NotAdmitted(_) => "database_not_admitted",
            Self::Database => "database_missing",
            Self::Connections => "database_connections",
            Self::Starting => "database_starting",
            Self::Stopping => "database_stopping",
            Self::Right(_) => "database_right",
            Self::ReadOnly => "database_read_only",
            Self::DiskFull => "disk_full",
            Self::NoTls => "database_no_tls",
            Self::Untrusted => "database_untrusted",
            Self::CertificateName => "database_certificate_name",
            Self::AuthorityAsServer => "database_certificate_authority",
            Self::CertificateTime => "database_certificate_time",
            Self::Tls(_) => "database_tls",
            Self::BehindPooler(_) => "database_behind_pooler",
            Self::PoolerParameter(_) => "database_pooler_parameter",
            Self::PoolerStatements => "database_pooler_statements",
            Self::Pooler(_) => "database_pooler",
            Self::Busy => "database_busy",
        }
    }

    pub(super) const fn hint(&self) -> &'static str {
        match self {
            Self::Refused => "start the server, or correct the host and port in database.url",
            Self::Socket(_) => "start the server, or correct the folder in database.url",
            Self::UnknownHost => "correct the host in database.url, or check the name service",
            Self::NoAnswer => "check that the server runs, and the network and firewalls between this machine and it",
            Self::Lost => "try again; what wasn't finished was not stored",
            Self::Password => {
                "check the user in database.url and the password in the file that database.password_file names"
            }
            Self::Role => "correct the user in database.url, or create it at the server with CREATE ROLE and LOGIN",
            Self::NotAdmitted(_) => "add a line for it to the server's pg_hba.conf, and reload the server",
            Self::Database => "correct the name in database.url, or create the database with createdb",
            Self::Connections => {
                "try again in a moment; lower database.connections, raise the server's max_connections, or use pgbouncer"
            }
            Self::Starting => "try again in a moment; if it stays so, look at the server's log",
            Self::Stopping => "try again in a moment; what wasn't finished was not stored",
            Self::Right(_) => "let the database's owner grant it; `rsvp migrate` must run as the owner of the tables",
            Self::ReadOnly => {
                "name the primary server in database.url: this one is a standby, or someone made it read-only; nothing was changed"
            }
            Self::DiskFull => "free some space there; nothing was changed",
            Self::NoTls => {
                "turn TLS on at the server (ssl = on), or set database.allow_plain = true if you trust the network in between"
            }
            Self::Untrusted => "name the authority's certificate with database.ca_file",
            Self::CertificateName => "write the name that is in the certificate into database.url",
            Self::AuthorityAsServer => {
                "make one that isn't (add -addext basicConstraints=critical,CA:FALSE), and name it with database.ca_file, or one \
                 that an authority signed"
            }
            Self::CertificateTime => "renew it at the server, and check both clocks",
            Self::Tls(_) => "look at the server's log",
            Self::BehindPooler(_) => "check the server behind pgbouncer, and pgbouncer's log",
            Self::PoolerParameter(_) => "leave `options` out of database.url, and unset PGOPTIONS",
            Self::PoolerStatements => {
                "use pgbouncer 1.21 or later with max_prepared_statements above 0 (as 1.24 has by default), or session pooling"
            }
            Self::Pooler(_) => "look at pgbouncer's log",
            Self::Busy => "try again in a moment; if it stays so, raise database.connections",
        }
    }
}

/// Somebody else's words, harmless and on one line.
fn said(text: &str) -> String {
    visible(text).into_owned()
}
