//! What has been ended at the provider before its time.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::{Map, Value};

/// What to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Revocation {
    /// This one token.
    Token(String),
    /// Every token of a session, whenever issued.
    Session(String),
    /// Every token of a subject that was issued until now.
    Subject(String),
    /// Every token of a subject for a client that was issued until now.
    Client { subject: String, client: String },
}

/// A revocation as it is written in JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    token: Option<String>,
    sid: Option<String>,
    sub: Option<String>,
    client: Option<String>,
}

impl Revocation {
    /// Reads `{token}`, `{sid}`, `{sub}` or `{sub, client}`.
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        let written: Written = serde_json::from_slice(body).ok()?;
        match (written.token, written.sid, written.sub, written.client) {
            (Some(token), None, None, None) => Some(Self::Token(token)),
            (None, Some(sid), None, None) => Some(Self::Session(sid)),
            (None, None, Some(subject), None) => Some(Self::Subject(subject)),
            (None, None, Some(subject), Some(client)) => Some(Self::Client { subject, client }),
            _ => None,
        }
    }
}

/// All that was ended. Subjects and clients carry the second of their end, so
/// that a later login is good again.
#[derive(Default)]
pub(crate) struct Revocations {
    tokens: HashSet<String>,
    sessions: HashSet<String>,
    subjects: HashMap<String, u64>,
    clients: HashMap<(String, String), u64>,
}

impl Revocations {
    pub(crate) fn add(&mut self, revocation: Revocation, now: u64) {
        match revocation {
            Revocation::Token(token) => {
                self.tokens.insert(signed_part(&token).to_owned());
            }
            Revocation::Session(sid) => {
                self.sessions.insert(sid);
            }
            Revocation::Subject(subject) => {
                self.subjects.insert(subject, now);
            }
            Revocation::Client { subject, client } => {
                self.clients.insert((subject, client), now);
            }
        }
    }

    /// Whether a token with these claims has been ended.
    pub(crate) fn cover(&self, token: &str, claims: &Map<String, Value>) -> bool {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let issued = claims.get("iat").and_then(Value::as_u64).unwrap_or(0);
        let subject = text("sub").unwrap_or_default();
        let pair = client(claims).map(|client| (subject.to_owned(), client.to_owned()));
        let ends = [
            self.subjects.get(subject),
            pair.and_then(|pair| self.clients.get(&pair)),
        ];
        self.tokens.contains(signed_part(token))
            || text("sid").is_some_and(|sid| self.sessions.contains(sid))
            || ends.into_iter().flatten().any(|end| issued <= *end)
    }
}

/// The client that a token was issued to.
pub(super) fn client(claims: &Map<String, Value>) -> Option<&str> {
    let named = claims.get("client_id").or_else(|| claims.get("azp"));
    named.and_then(Value::as_str)
}

/// A token without its signature: an ECDSA signature has a twin that is valid
/// as well, and both are the same token.
fn signed_part(token: &str) -> &str {
    token.rsplit_once('.').map_or(token, |(signed, _)| signed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn covered(revocation: Revocation, claims: &Value) -> bool {
        let mut revocations = Revocations::default();
        revocations.add(revocation, 100);
        revocations.cover("a.b.c", claims.as_object().unwrap())
    }

    #[test]
    fn a_token_and_a_session_end_whenever_they_were_issued() {
        let claims = json!({"sub": "s", "sid": "x", "iat": 900});
        assert!(covered(Revocation::Token("a.b.other".into()), &claims));
        assert!(!covered(Revocation::Token("a.c.c".into()), &claims));
        assert!(covered(Revocation::Session("x".into()), &claims));
        assert!(!covered(Revocation::Session("y".into()), &claims));
        assert!(!covered(Revocation::Session(String::new()), &json!({})));
    }

    #[test]
    fn a_subject_and_a_client_end_for_what_was_issued_until_then() {
        let subject = Revocation::Subject("s".into());
        let client = Revocation::Client {
            subject: "s".into(),
            client: "app".into(),
        };
        for (iat, is_ended) in [(json!(99), true), (json!(100), true), (json!(101), false)] {
            let claims = json!({"sub": "s", "azp": "app", "iat": iat});
            assert_eq!(covered(subject.clone(), &claims), is_ended);
            assert_eq!(covered(client.clone(), &claims), is_ended);
        }
        assert!(covered(subject.clone(), &json!({"sub": "s"})));
        assert!(!covered(subject, &json!({"sub": "t"})));
        let named = json!({"sub": "s", "client_id": "app"});
        assert!(covered(client.clone(), &named));
        for other in [
            json!({"sub": "s", "azp": "web"}),
            json!({"sub": "s"}),
            json!({"sub": "t", "azp": "app"}),
        ] {
            assert!(!covered(client.clone(), &other));
        }
    }

    #[test]
    fn what_names_nothing_or_too_much_is_no_revocation() {
        for (text, revocation) in [
            (r#"{"token":"t"}"#, Some(Revocation::Token("t".into()))),
            (r#"{"sid":"x"}"#, Some(Revocation::Session("x".into()))),
            (r#"{"sub":"s"}"#, Some(Revocation::Subject("s".into()))),
            ("{}", None),
            (r#"{"client":"c"}"#, None),
            (r#"{"sid":"x","sub":"s"}"#, None),
            (r#"{"iss":"i"}"#, None),
        ] {
            assert_eq!(Revocation::parse(text.as_bytes()), revocation, "{text}");
        }
    }
}
