//! Users of the realms: whoever a token was signed for, or somebody named, is
//! one from then on.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Attributes that tokens carry as claims of the same name.
const MAPPED: [&str; 2] = ["patient", "fhirUser"];

/// One user.
#[derive(Default)]
struct User {
    attributes: BTreeMap<String, Value>,
    /// Whether the administration has put it back, so that its attributes say
    /// what tokens carry.
    is_administered: bool,
    /// Clients that were granted something.
    consents: BTreeSet<String>,
}

/// Users by realm and subject.
#[derive(Default)]
pub(crate) struct Users(BTreeMap<(String, String), User>);

impl Users {
    /// Remembers whom a token is about to be signed for, and gives it what the
    /// user's attributes say, unless the claims are `given`.
    pub(super) fn sign_in(
        &mut self,
        realm: &str,
        claims: &mut Map<String, Value>,
        is_given: impl Fn(&str) -> bool,
    ) {
        let Some(subject) = claims.get("sub").and_then(Value::as_str) else {
            return;
        };
        let user = self.user(realm, subject);
        if let Some(client) = super::revoked::client(claims) {
            user.consents.insert(client.to_owned());
        }
        for name in MAPPED.into_iter().filter(|name| !is_given(name)) {
            let attribute = user.attributes.get(name).and_then(|values| values.get(0));
            match attribute {
                Some(value) => drop(claims.insert(name.to_owned(), value.clone())),
                None if user.is_administered => drop(claims.remove(name)),
                None => {}
            }
        }
        if let (Some(tenant), false) = (claims.get("tid"), user.is_administered) {
            user.attributes.insert("tid".to_owned(), json!([tenant]));
        }
    }

    fn user(&mut self, realm: &str, subject: &str) -> &mut User {
        let key = (realm.to_owned(), subject.to_owned());
        self.0.entry(key).or_default()
    }

    fn known(&mut self, realm: &str, subject: &str) -> Option<&mut User> {
        self.0.get_mut(&(realm.to_owned(), subject.to_owned()))
    }

    /// The representation of a user.
    pub(crate) fn representation(&mut self, realm: &str, subject: &str) -> Option<Value> {
        let user = self.known(realm, subject)?;
        Some(json!({
            "id": subject,
            "username": subject,
            "enabled": true,
            "attributes": user.attributes,
        }))
    }

    /// Puts a representation back; whether there is such a user.
    pub(crate) fn put(
        &mut self,
        realm: &str,
        subject: &str,
        attributes: &Map<String, Value>,
    ) -> bool {
        let Some(user) = self.known(realm, subject) else {
            return false;
        };
        user.attributes = attributes.clone().into_iter().collect();
        user.is_administered = true;
        true
    }

    /// Whether there is such a user.
    pub(crate) fn has(&mut self, realm: &str, subject: &str) -> bool {
        self.known(realm, subject).is_some()
    }

    /// Takes back what a user granted to a client; whether there was anything.
    pub(crate) fn revoke_consent(&mut self, realm: &str, subject: &str, client: &str) -> bool {
        let user = self.known(realm, subject);
        user.is_some_and(|user| user.consents.remove(client))
    }
}
