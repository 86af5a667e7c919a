//! The answer of an introspection endpoint (RFC 7662 section 2.2).

use portal_domain::access::Introspection;
use portal_domain::id::{ClientId, Issuer, Subject};
use portal_fhir::json::Kind;

use super::jwt::object;

/// A token that is asked about, and what the answer must agree with.
pub(super) struct Question {
    pub(super) issuer: Issuer,
    pub(super) subject: Subject,
    pub(super) client: Option<ClientId>,
    pub(super) text: Box<str>,
}

impl Question {
    /// What an answer says of the token; none if it cannot be read. One that names another issuer,
    /// subject or client is about another token.
    pub(super) fn answered_by(&self, body: &[u8]) -> Option<Introspection> {
        let tree = object(body)?;
        let answer = tree.root();
        let active = answer.get("active");
        let is_active =
            active.is_some_and(|active| active.kind() == Kind::Boolean && active.raw() == "true");
        let agrees = |name, own: Option<&str>| {
            let stated = answer.get(name);
            stated.is_none_or(|stated| own.is_some() && stated.text().as_deref() == own)
        };
        let client = self.client.as_ref().map(ClientId::as_str);
        let is_the_same = agrees("iss", Some(self.issuer.as_str()))
            && agrees("sub", Some(self.subject.as_str()))
            && agrees("client_id", client);
        Some(if is_active && is_the_same {
            Introspection::Active
        } else {
            Introspection::Inactive
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(client: Option<&str>) -> Question {
        Question {
            issuer: Issuer::parse("https://issuer.example").expect("valid"),
            subject: Subject::parse("subject").expect("valid"),
            client: client.map(|client| ClientId::parse(client).expect("valid")),
            text: "text".into(),
        }
    }

    #[test]
    fn only_true_is_active_and_only_of_the_same_token() {
        for (body, expected) in [
            (r#"{"active":true}"#, Some(Introspection::Active)),
            (
                r#"{"active":true,"iss":"https://issuer.example","sub":"subject","client_id":"app"}"#,
                Some(Introspection::Active),
            ),
            (
                r#"{"active":true,"username":"x","exp":1}"#,
                Some(Introspection::Active),
            ),
            (r#"{"active":false}"#, Some(Introspection::Inactive)),
            (r#"{"active":"true"}"#, Some(Introspection::Inactive)),
            (r#"{"active":1}"#, Some(Introspection::Inactive)),
            (r#"{"active":[true]}"#, Some(Introspection::Inactive)),
            ("{}", Some(Introspection::Inactive)),
            (
                r#"{"active":true,"sub":"other"}"#,
                Some(Introspection::Inactive),
            ),
            (
                r#"{"active":true,"sub":null}"#,
                Some(Introspection::Inactive),
            ),
            (
                r#"{"active":true,"sub":["subject"]}"#,
                Some(Introspection::Inactive),
            ),
            (
                r#"{"active":true,"iss":"https://issuer.example/"}"#,
                Some(Introspection::Inactive),
            ),
            (
                r#"{"active":true,"client_id":"web"}"#,
                Some(Introspection::Inactive),
            ),
            (r#"{"active":false,"active":true}"#, None),
            (r#"{"active":true}x"#, None),
            (r#"[{"active":true}]"#, None),
            ("true", None),
            ("", None),
        ] {
            assert_eq!(
                question(Some("app")).answered_by(body.as_bytes()),
                expected,
                "{body}"
            );
        }
        let named = br#"{"active":true,"client_id":"app"}"#;
        assert_eq!(
            question(None).answered_by(named),
            Some(Introspection::Inactive)
        );
        let mistyped = br#"{"active":true,"client_id":7}"#;
        assert_eq!(
            question(None).answered_by(mistyped),
            Some(Introspection::Inactive)
        );
    }
}
