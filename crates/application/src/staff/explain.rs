//! Which rules decide about an operation of an account, in words that name nobody.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use portal_domain::access::{
    AccessFacts, ActingFor, Action, AuthenticationStrength, Explanation, PatientClaim,
    RevocationKeys, StaffAction, StaffGrant, StatedContext, Surface, TenantBinding, VerifiedToken,
    birth_date_target, explain,
};
use portal_domain::document::Members;
use portal_domain::id::{Issuer, PortalAccountId, ProxyDelegationId, Subject};
use portal_domain::scope::ScopeSet;
use serde_json::Value;

use super::decide::About;
use super::desk::StaffDesk;
use super::look::StaffLook;
use super::{StaffCaller, operation};
use crate::body::WriteRequest;
use crate::caller::Caller;
use crate::error::AccessError;
use crate::operation::{PORTAL, fhir};
use crate::ports::BearerToken;

/// The rules that look at a token: there is none here, so it is taken to be good.
pub const ASSUMED: [&str; 5] = ["token", "client", "second-factor", "scope", "step-up"];
const EVERY_SCOPE: &str = "openid profile patient/*.cruds";

/// What was asked about, and how it is decided.
#[derive(Debug)]
pub struct Explained {
    /// The account.
    pub account: PortalAccountId,
    /// How.
    pub explanation: Explanation,
}

/// `POST decisions/explain`
pub(super) struct Explain<'a> {
    pub(super) request: &'a WriteRequest,
}

struct Question {
    account: PortalAccountId,
    action: Action,
    acting_for: Option<ProxyDelegationId>,
}

fn read(members: &mut Members<'_, '_>) -> Option<Question> {
    let account = members.text("accountId", "expected pact_…", |text| text.parse().ok());
    let action = members.text("operation", "expected an operation id", named);
    let acting_for = members.optional("actingFor", "expected pdel_…", |value: &Value| {
        value.as_str().and_then(|text| text.parse().ok())
    });
    Some(Question {
        account: account?,
        action: action?,
        acting_for,
    })
}

fn named(operation: &str) -> Option<Action> {
    let mut all = PORTAL.into_iter().chain(fhir());
    all.find(|action| action.operation == operation)
}

impl Question {
    /// A token of the account that passes every rule about tokens.
    fn token(grant: &StaffGrant, (issuer, subject): (Issuer, Subject)) -> VerifiedToken {
        let now = grant.decided_at();
        VerifiedToken {
            issuer,
            subject,
            client: None,
            first_party: true,
            tenant: TenantBinding {
                issuer: Some(grant.tenant().id.clone()),
                claim: None,
            },
            patient_claim: None,
            scopes: ScopeSet::parse(EVERY_SCOPE),
            scope_text: EVERY_SCOPE.into(),
            strength: AuthenticationStrength {
                level: 2,
                second_factor: true,
            },
            delegation_claim: None,
            issued_at: now,
            authenticated_at: Some(now),
            expires_at: now
                .saturating_add(SignedDuration::from_mins(1))
                .unwrap_or(now),
            revocation_keys: RevocationKeys::default(),
        }
    }

    fn stated(&self) -> StatedContext {
        let acting_for = match (self.action.surface, self.acting_for) {
            (Surface::Portal, Some(id)) => ActingFor::Delegation(id),
            (Surface::Portal | Surface::Fhir, _) => ActingFor::Oneself,
        };
        StatedContext {
            tenant: None,
            acting_for,
        }
    }

    /// On FHIR the launch context says whose record is meant.
    fn launch(&self, facts: &mut AccessFacts) {
        if self.action.surface != Surface::Fhir {
            return;
        }
        let delegation = facts
            .delegations
            .iter()
            .find(|delegation| Some(delegation.id) == self.acting_for);
        let patient = match (self.acting_for, delegation) {
            (None, _) => facts
                .account
                .as_ref()
                .and_then(|own| own.patient_id.as_ref()),
            (Some(_), delegation) => delegation.map(|delegation| &delegation.grantor),
        };
        let claim = PatientClaim::new(patient.map_or("", |patient| patient.as_str()));
        let token = Arc::make_mut(&mut facts.token);
        token.patient_claim = Some(claim);
        token.delegation_claim = self.acting_for.map(Ok);
    }

    async fn answer(
        &self,
        desk: &StaffDesk,
        grant: &StaffGrant,
        caller: &StaffCaller,
        identity: (Issuer, Subject),
    ) -> Result<Explanation, AccessError> {
        let inner = &desk.inner;
        let token = Arc::new(Self::token(grant, identity));
        let (tenant, stated) = (grant.tenant(), self.stated());
        let gathered = inner.gate.facts_about(tenant, token, stated.clone());
        let mut facts = gathered.await?;
        self.launch(&mut facts);
        let now = inner.clock.now();
        if let Ok(Some(target)) = birth_date_target(&facts, &self.action, now) {
            let caller = Caller {
                token: Arc::clone(&facts.token),
                bearer: Arc::new(BearerToken::new("")),
                stated,
                request: caller.request.clone(),
            };
            let (births, loader) = (&inner.birth_dates, &inner.loader);
            facts.birth_date = births.of(&target, (tenant, &caller), loader, now).await?;
        }
        Ok(explain(&facts, &self.action, now))
    }
}

#[async_trait]
impl StaffLook for Explain<'_> {
    type Shown = Explained;

    fn action(&self) -> StaffAction {
        operation::EXPLAIN
    }

    async fn look(
        &self,
        desk: &StaffDesk,
        grant: &StaffGrant,
        caller: &StaffCaller,
    ) -> Result<(Explained, About), AccessError> {
        let question = self.request.read(read)?;
        let found = desk.staff.records.account(grant, question.account).await?;
        let account = found.ok_or(AccessError::NotFound)?.account;
        // Nobody logs in to an account without an identity: it is as if there were none.
        let identity = account.identity.clone().or_else(nobody);
        let identity = identity.ok_or(AccessError::NotFound)?;
        let explanation = question.answer(desk, grant, caller, identity).await?;
        let explained = Explained {
            account: account.id,
            explanation,
        };
        let about = About::one(&account.id, account.patient.as_ref());
        Ok((explained, about))
    }
}

fn nobody() -> Option<(Issuer, Subject)> {
    let issuer = Issuer::parse("https://nobody.invalid").ok()?;
    Some((issuer, Subject::parse("nobody").ok()?))
}
