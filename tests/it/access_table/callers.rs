//! Every caller. The ones that are set up to fail fail by one thing alone.

use portal_tests::{Person, TestPortal};
use serde_json::{Value, json};

use super::operations::Operation;
use super::world::World;

/// What a caller sends on one surface.
pub(super) struct Question {
    pub(super) bearer: Bearer,
    pub(super) headers: Vec<(&'static str, String)>,
}

pub(super) enum Bearer {
    Nobody,
    Token(String),
    /// Claims with each operation's other scope.
    Without(Value),
}

/// Somebody who asks about one patient.
pub(super) struct Caller {
    pub(super) group: &'static str,
    pub(super) name: String,
    pub(super) patient: String,
    pub(super) rest: Question,
    pub(super) fhir: Question,
}

impl Question {
    pub(super) fn with(bearer: Bearer) -> Self {
        Self {
            bearer,
            headers: Vec::new(),
        }
    }

    pub(super) fn token(&self, portal: &TestPortal, operation: &Operation) -> Option<String> {
        match &self.bearer {
            Bearer::Nobody => None,
            Bearer::Token(token) => Some(token.clone()),
            Bearer::Without(claims) => {
                let mut claims = claims.clone();
                claims["scope"] = json!(operation.other_scope);
                Some(portal.mint(claims))
            }
        }
    }
}

/// The callers, one group after the other.
pub(super) struct Cast<'w> {
    pub(super) world: &'w World,
    pub(super) group: &'static str,
    pub(super) callers: Vec<Caller>,
}

impl<'w> Cast<'w> {
    pub(super) async fn of(world: &'w World) -> Self {
        let mut cast = Self {
            world,
            group: "",
            callers: Vec::new(),
        };
        cast.tokens();
        cast.revoked().await;
        cast.tenants().await;
        cast.accounts().await;
        cast.patients().await;
        cast.apps().await;
        cast.single_rights().await;
        cast.voluntary().await;
        cast.parents().await;
        cast.guardians().await;
        cast.ended().await;
        cast
    }

    pub(super) fn portal(&self) -> &'w TestPortal {
        &self.world.portal
    }

    pub(super) fn add(&mut self, name: &str, patient: &str, rest: Question, fhir: Question) {
        self.callers.push(Caller {
            group: self.group,
            name: name.to_owned(),
            patient: patient.to_owned(),
            rest,
            fhir,
        });
    }

    /// One token on both surfaces.
    pub(super) fn bearer(&mut self, name: &str, patient: &Person, token: &str) {
        let question = || Question::with(Bearer::Token(token.to_owned()));
        self.add(name, &patient.patient, question(), question());
    }

    /// The owner's token with something changed.
    pub(super) fn owners(&mut self, name: &str, change: &Value) {
        let owner = &self.world.owner;
        self.bearer(name, owner, &self.world.token_with(owner, change));
    }

    /// Somebody's usual token, asking about a patient.
    pub(super) fn person(&mut self, name: &str, person: &Person, patient: &Person) {
        self.bearer(name, patient, &self.world.token(person));
    }

    /// Acts by a delegation: on REST by the header, on FHIR in the launch context.
    pub(super) fn proxy(&mut self, name: &str, proxy: &Person, patient: &Person, delegation: &str) {
        let mut rest = Question::with(Bearer::Token(self.world.token(proxy)));
        rest.headers.push(("X-Acting-For", delegation.to_owned()));
        let fhir = Question::with(Bearer::Token(self.portal().launched(proxy, patient)));
        self.add(name, &patient.patient, rest, fhir);
    }

    /// The same with a delegation that is made for it.
    pub(super) async fn delegated(
        &mut self,
        name: &str,
        patient: &Person,
        change: &Value,
    ) -> Person {
        let portal = self.portal();
        let proxy = portal.caregiver("proxy").await;
        let delegation = portal.delegate(patient, &proxy, change).await;
        self.proxy(name, &proxy, patient, &delegation);
        proxy
    }
}
