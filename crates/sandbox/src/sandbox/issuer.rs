//! The issuer's part of the handle.

use std::time::Duration;

use serde_json::Value;

use super::Sandbox;
use crate::issuer::{IssuerFault, Revocation};

impl Sandbox {
    /// `iss` of the first realm.
    pub fn issuer_url(&self) -> String {
        self.world.issuer.first().url.clone()
    }

    /// `iss` of a realm by its name; `None` when there is no such realm.
    pub fn issuer_url_of(&self, realm: &str) -> Option<String> {
        self.world
            .issuer
            .realm(realm)
            .map(|realm| realm.url.clone())
    }

    /// A signed token with these claims: `iss`, `iat`, `exp` (in 300 s), `typ`
    /// (`Bearer`), `jti`, `sid` (a session of its own) and `auth_time` (= `iat`)
    /// are added unless given, a member that is `null` is left out. Directives:
    /// `_realm`, `_key` (`rs1`, `rs2`, `es1`, `unknown`), `_person` (a subject
    /// whose claims are the start; staff are of realm `staff`), `_header` (members to set or, with `null`, to
    /// leave out; `alg` selects the signature).
    ///
    /// # Panics
    ///
    /// The claims are no object, or a directive names what is not there.
    pub fn mint(&self, claims: Value) -> String {
        match self.world.mint(claims) {
            Ok(token) => token,
            Err(error) => panic!("{error}"),
        }
    }

    /// A token of header and payload exactly as they are written, JSON or not, signed with RS256 by
    /// the published key `rs1` of the first realm.
    ///
    /// # Panics
    ///
    /// The key cannot sign.
    pub fn sign_texts(&self, header: &str, payload: &str) -> String {
        match self.world.issuer.sign_texts(header, payload) {
            Ok(token) => token,
            Err(error) => panic!("{error}"),
        }
    }

    /// Makes a new `rs1` key for a realm; its predecessor stays published
    /// unless `drop_old`.
    ///
    /// # Panics
    ///
    /// There is no such realm.
    pub fn rotate_keys(&self, realm: &str, drop_old: bool) {
        if let Err(error) = self.world.issuer.rotate(Some(realm), drop_old) {
            panic!("{error}");
        }
    }

    /// Sets how the issuer answers: its documents and keys, introspection and
    /// revocation.
    pub fn set_issuer_fault(&self, fault: IssuerFault) {
        self.world.issuer.outages().issuer = fault;
    }

    /// Sets how introspection answers, while all else is as it was.
    pub fn set_introspection_fault(&self, fault: IssuerFault) {
        self.world.issuer.outages().introspection = fault;
    }

    /// Delays each answer of introspection.
    pub fn set_introspection_latency(&self, latency: Duration) {
        self.world.issuer.outages().introspection_latency = latency;
    }

    /// How often any realm's JWKS was asked for.
    pub fn jwks_fetches(&self) -> u64 {
        self.world.issuer.jwks_fetches()
    }

    /// How often introspection was asked for in any realm, answered or not.
    pub fn introspections(&self) -> u64 {
        self.world.issuer.introspections()
    }

    /// Ends this token at the provider.
    pub fn revoke_token(&self, token: &str) {
        self.revoke(Revocation::Token(token.to_owned()));
    }

    /// Ends a session: every token with this `sid`, whenever issued.
    pub fn end_session(&self, sid: &str) {
        self.revoke(Revocation::Session(sid.to_owned()));
    }

    /// Ends every token of a subject whose `iat` is not after the present
    /// second.
    pub fn revoke_subject(&self, sub: &str) {
        self.revoke(Revocation::Subject(sub.to_owned()));
    }

    /// As [`Self::revoke_subject`], but only tokens of one client (`client_id`
    /// or `azp`).
    pub fn revoke_client(&self, sub: &str, client: &str) {
        self.revoke(Revocation::Client {
            subject: sub.to_owned(),
            client: client.to_owned(),
        });
    }

    fn revoke(&self, revocation: Revocation) {
        self.world.issuer.revoke(revocation);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::super::start;
    use super::*;
    use crate::options::Options;

    #[tokio::test]
    async fn what_is_ended_through_the_handle_is_inactive() {
        let options = Options {
            large: 0,
            ..Options::default()
        };
        let sandbox = start(options).await.unwrap();
        let claims = |sub: &str, sid: &str| json!({"sub": sub, "azp": "app", "sid": sid});
        let tokens: Vec<String> = [("a", "1"), ("b", "2"), ("c", "3"), ("d", "4"), ("e", "5")]
            .map(|(sub, sid)| sandbox.mint(claims(sub, sid)))
            .into();
        sandbox.revoke_token(&tokens[0]);
        sandbox.end_session("2");
        sandbox.revoke_subject("c");
        sandbox.revoke_client("d", "app");
        sandbox.revoke_client("e", "web");
        for (token, is_active) in tokens.iter().zip([false, false, false, false, true]) {
            let answer = over_a_socket(&sandbox, token).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            assert_eq!(answer.contains(r#""active":true"#), is_active);
        }
        assert_eq!(sandbox.introspections(), 5);
        sandbox.set_introspection_fault(IssuerFault::Down);
        let answer = over_a_socket(&sandbox, &tokens[4]).await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        sandbox.clear_faults();
        let answer = over_a_socket(&sandbox, &tokens[4]).await;
        assert!(answer.contains(r#""active":true"#), "{answer}");
        sandbox.stop().await.unwrap();
    }

    async fn over_a_socket(sandbox: &Sandbox, token: &str) -> String {
        let body = format!("client_id=portal-service&client_secret=sandbox-secret&token={token}");
        let request = format!(
            "POST /realms/demo/protocol/openid-connect/token/introspect HTTP/1.1\r\n\
             Host: x\r\nConnection: close\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
            body.len()
        );
        let mut stream = tokio::net::TcpStream::connect(sandbox.address)
            .await
            .unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}
