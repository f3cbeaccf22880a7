//! What the name system says of the sender's domain: whether answers to its emails arrive, and whether receivers can
//! tell that the emails are its own. Without these records many of them end among spam, which no relay's acceptance
//! shows.

use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::net::NetError;
use hickory_resolver::proto::rr::RecordType;

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Records {
    /// A server for email to the domain (RFC 5321, 5.1: MX, or else an address).
    pub mail_server: bool,
    /// Which machines may send for it (RFC 7208).
    pub spf: bool,
    /// What receivers do with emails that fail (RFC 7489).
    pub dmarc: bool,
}

impl Records {
    /// What is missing, and what comes of it; nothing if all is there.
    #[must_use]
    pub fn missing(self) -> Vec<&'static str> {
        [
            (self.mail_server, "no mail server (MX), so replies and failure reports can't arrive"),
            (self.spf, "no SPF record that names the relay, so receivers may treat the emails as forged"),
            (self.dmarc, "no DMARC record, which large receivers require"),
        ]
        .into_iter()
        .filter_map(|(there, text)| (!there).then_some(text))
        .collect()
    }
}

/// Asks the name servers of this machine; says why if they cannot be asked.
pub async fn records(domain: &str) -> Result<Records, String> {
    let mut builder = TokioResolver::builder_tokio().map_err(|error| error.to_string())?;
    let options = builder.options_mut();
    options.timeout = PATIENCE;
    options.attempts = 1;
    ask(&builder.build().map_err(|error| error.to_string())?, domain).await
}

async fn ask(resolver: &TokioResolver, domain: &str) -> Result<Records, String> {
    // A dot at the end, so that no search domain is tried.
    let name = format!("{domain}.");
    let mail_server = has(resolver, &name, RecordType::MX, "").await?
        || has(resolver, &name, RecordType::A, "").await?
        || has(resolver, &name, RecordType::AAAA, "").await?;
    Ok(Records {
        mail_server,
        spf: has(resolver, &name, RecordType::TXT, "v=spf1").await?,
        dmarc: has(resolver, &format!("_dmarc.{name}"), RecordType::TXT, "v=DMARC1").await?,
    })
}

/// Whether there is a record that begins so.
async fn has(resolver: &TokioResolver, name: &str, kind: RecordType, begin: &str) -> Result<bool, String> {
    match resolver.lookup(name, kind).await {
        Ok(found) => Ok(found
            .answers()
            .iter()
            .filter(|record| record.record_type() == kind)
            .any(|record| record.data.to_string().trim_start_matches('"').starts_with(begin))),
        Err(error) if is_nothing(&error) => Ok(false),
        Err(error) => Err(error.to_string()),
    }
}

fn is_nothing(error: &NetError) -> bool {
    error.is_nx_domain() || error.is_no_records_found()
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ProtocolConfig, ResolverConfig};
    use hickory_resolver::net::runtime::TokioRuntimeProvider;
    use hickory_resolver::proto::op::{Message, ResponseCode};
    use hickory_resolver::proto::rr::rdata::{MX, TXT};
    use hickory_resolver::proto::rr::{Name, RData, Record};
    use tokio::net::UdpSocket;

    use super::*;

    /// A name server that knows one domain, and a resolver that asks it and nobody else.
    async fn name_server() -> TokioResolver {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = socket.local_addr().unwrap().port();
        tokio::spawn(async move {
            let mut bytes = [0; 1500];
            while let Ok((length, asker)) = socket.recv_from(&mut bytes).await {
                let asked = Message::from_vec(&bytes[..length]).unwrap();
                let query = asked.queries[0].clone();
                let name = query.name().clone();
                let mut answer = Message::response(asked.metadata.id, asked.metadata.op_code);
                let txt = |text: &str| RData::TXT(TXT::new(vec![text.to_owned()]));
                let data = match (name.to_ascii().as_str(), query.query_type()) {
                    ("example.org.", RecordType::MX) => {
                        Some(RData::MX(MX::new(10, Name::from_ascii("mx.example.org.").unwrap())))
                    }
                    ("example.org.", RecordType::TXT) => Some(txt("v=spf1 include:relay.example.org -all")),
                    ("_dmarc.example.org.", RecordType::TXT) => Some(txt("v=DMARC1; p=none")),
                    ("bare.example.", RecordType::TXT) => Some(txt("something else")),
                    _ => None,
                };
                match data {
                    Some(data) => drop(answer.add_answer(Record::from_rdata(name, 60, data))),
                    None => answer.metadata.response_code = ResponseCode::NXDomain,
                }
                answer.add_query(query);
                socket.send_to(&answer.to_vec().unwrap(), asker).await.unwrap();
            }
        });
        let mut connection = ConnectionConfig::new(ProtocolConfig::Udp);
        connection.port = port;
        let server = NameServerConfig::new(IpAddr::V4(Ipv4Addr::LOCALHOST), true, vec![connection]);
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
        TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()).build().unwrap()
    }

    #[tokio::test]
    async fn what_a_domain_lacks_is_named() {
        let resolver = name_server().await;
        assert_eq!(ask(&resolver, "example.org").await.unwrap().missing(), Vec::<&str>::new());
        let bare = ask(&resolver, "bare.example").await.unwrap();
        assert_eq!(bare, Records { mail_server: false, spf: false, dmarc: false });
        assert_eq!(bare.missing().len(), 3);
    }
}
