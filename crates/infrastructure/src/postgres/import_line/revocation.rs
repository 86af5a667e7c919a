//! A revocation's line.

use jiff::Timestamp;
use portal_domain::id::{ClientId, Issuer, Subject, TenantId};

use super::LineFault;
use super::account::{ISSUER, SUBJECT, tenant_id};
use super::reader::Reader;

const INSTANT: &str = "expected an RFC 3339 instant";

/// What tokens have in common that count no longer.
#[derive(Clone, PartialEq, Eq)]
pub enum Revoked {
    /// Their session at the provider (`sid`).
    Session(String),
    /// Their own id (`jti`).
    Token(String),
    /// Their subject, with whatever client.
    Subject(Subject),
    /// Their subject with this client.
    SubjectAndClient(Subject, ClientId),
}

/// A revocation as an operator gives it.
#[derive(Clone, PartialEq, Eq)]
pub struct RevocationLine {
    /// Whose tokens.
    pub tenant_id: TenantId,
    /// Who issued them.
    pub issuer: Issuer,
    /// Which.
    pub revoked: Revoked,
    /// Those issued until then; left out: until the import.
    pub not_before: Option<Timestamp>,
    /// When the entry may go, because all of them have expired; left out: never.
    pub until: Option<Timestamp>,
}

impl std::fmt::Debug for RevocationLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RevocationLine(****)")
    }
}

pub(super) fn read(mut reader: Reader) -> Result<RevocationLine, Vec<LineFault>> {
    let tenant_id = tenant_id(&mut reader);
    let issuer = reader.required("issuer", ISSUER, |text| Issuer::parse(text).ok());
    let revoked = revoked(&mut reader);
    let not_before = reader.optional("notBefore", INSTANT, |text| text.parse().ok());
    let until = reader.optional("until", INSTANT, |text| text.parse().ok());
    if not_before.zip(until).is_some_and(|(begin, end)| end <= begin) {
        reader.fault("until", "is not behind notBefore");
    }
    let whole = || {
        Some(RevocationLine {
            tenant_id: tenant_id?,
            issuer: issuer?,
            revoked: revoked?,
            not_before,
            until,
        })
    };
    let whole = whole();
    reader.finish(whole)
}

/// Exactly one of session, token and subject; a client beside a subject alone.
fn revoked(reader: &mut Reader) -> Option<Revoked> {
    let session = reader.optional("sessionId", "expected a token's sid", name);
    let token = reader.optional("tokenId", "expected a token's jti", name);
    let subject = reader.optional("subject", SUBJECT, |text| Subject::parse(text).ok());
    let client = reader.optional("clientId", "expected a client id", |text| {
        ClientId::parse(text).ok()
    });
    match (session, token, subject, client) {
        (Some(session), None, None, None) => Some(Revoked::Session(session)),
        (None, Some(token), None, None) => Some(Revoked::Token(token)),
        (None, None, Some(subject), None) => Some(Revoked::Subject(subject)),
        (None, None, Some(subject), Some(client)) => {
            Some(Revoked::SubjectAndClient(subject, client))
        }
        _ => {
            let expected = "expected one of sessionId, tokenId and subject; clientId beside \
                            subject alone";
            reader.fault("", expected);
            None
        }
    }
}

fn name(text: &str) -> Option<String> {
    let good = (1..=255).contains(&text.len()) && !text.chars().any(char::is_control);
    good.then(|| text.to_owned())
}
