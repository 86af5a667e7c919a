//! Delegations that rest on the law: staff put them up and two of them approve.

use jiff::civil::Date;

use super::DelegationStatus;
use super::lifecycle::{DelegationRefused, DelegationTerms, ProxyDelegation};
use crate::account::PortalAccount;
use crate::event::PortalEvent;
use crate::id::{PatientId, ProxyDelegationId, Subject};

/// How many different staff members approve a legal delegation.
pub const APPROVALS: usize = 2;

/// The paper that a legal delegation rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegalBasis {
    /// Where it is.
    pub document_reference: String,
    /// Whether a court ordered it.
    pub court_order: bool,
}

impl ProxyDelegation {
    /// Staff put up a legal delegation. It opens nothing until it is approved.
    pub fn legal(
        id: ProxyDelegationId,
        grantor: PatientId,
        proxy: &PortalAccount,
        terms: DelegationTerms,
        today: Date,
    ) -> Result<(Self, PortalEvent), DelegationRefused> {
        if !terms.relationship.is_legal() {
            return Err(DelegationRefused::NotLegal);
        }
        terms.check(today)?;
        if proxy.patient.as_ref() == Some(&grantor) {
            return Err(DelegationRefused::ProxyIsGrantor);
        }
        let delegation = Self {
            id,
            status: DelegationStatus::Accepted,
            grantor,
            proxy: Some(proxy.id),
            terms,
            version: 1,
        };
        let event = PortalEvent::ProxyGranted(delegation.named());
        Ok((delegation, event))
    }

    /// Whether somebody of staff may approve it now. The proxy may not, by whichever issuer they
    /// log in: a subject of the same name is taken for the same person.
    pub fn check_approval(
        &self,
        approver: &Subject,
        proxy: Option<&PortalAccount>,
    ) -> Result<(), DelegationRefused> {
        if !self.terms.relationship.is_legal() {
            return Err(DelegationRefused::NotLegal);
        }
        if self.status != DelegationStatus::Accepted {
            return Err(DelegationRefused::From(self.status));
        }
        let identity = proxy.and_then(|proxy| proxy.identity.as_ref());
        if identity.is_some_and(|(_, subject)| subject == approver) {
            return Err(DelegationRefused::ApproverIsProxy);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use ulid::Ulid;

    use super::*;
    use crate::id::{Issuer, PortalAccountId};
    use crate::proxy_delegation::{DelegationRight, RelationshipType, RightSet};
    use crate::sensitivity::SensitivitySet;

    const TODAY: Date = date(2026, 1, 1);

    fn terms(relationship: RelationshipType) -> DelegationTerms {
        DelegationTerms {
            relationship,
            scope: RightSet::of([DelegationRight::Labs]),
            sensitive: SensitivitySet::default(),
            valid_from: TODAY,
            valid_to: None,
        }
    }

    fn parent() -> PortalAccount {
        let identity = (
            Issuer::parse("https://id.test").unwrap(),
            Subject::parse("parent").unwrap(),
        );
        PortalAccount::caregiver(PortalAccountId::new(Ulid(1)), identity).0
    }

    fn put_up(relationship: RelationshipType) -> Result<ProxyDelegation, DelegationRefused> {
        let (id, child) = (
            ProxyDelegationId::new(Ulid(2)),
            PatientId::parse("child").unwrap(),
        );
        ProxyDelegation::legal(id, child, &parent(), terms(relationship), TODAY)
            .map(|(delegation, _)| delegation)
    }

    #[test]
    fn only_legal_relationships_are_put_up() {
        let put = put_up(RelationshipType::Parent).unwrap();
        assert_eq!(put.status, DelegationStatus::Accepted);
        assert_eq!(put.proxy, Some(parent().id));
        let refused = put_up(RelationshipType::Spouse);
        assert_eq!(refused, Err(DelegationRefused::NotLegal));
    }

    #[test]
    fn nobody_is_put_up_for_themselves() {
        let child = PatientId::parse("child").unwrap();
        let (proxy, _) = PortalAccount::pending(PortalAccountId::new(Ulid(3)), child.clone());
        let terms = terms(RelationshipType::Guardian);
        let id = ProxyDelegationId::new(Ulid(2));
        let put = ProxyDelegation::legal(id, child, &proxy, terms, TODAY);
        assert_eq!(put.err(), Some(DelegationRefused::ProxyIsGrantor));
    }

    #[test]
    fn the_proxy_does_not_approve_and_nobody_approves_twice_over() {
        let mut put = put_up(RelationshipType::Parent).unwrap();
        let subject = |text| Subject::parse(text).unwrap();
        let parent = parent();
        let by = |put: &ProxyDelegation, who| put.check_approval(&subject(who), Some(&parent));
        assert_eq!(by(&put, "staff"), Ok(()));
        assert_eq!(by(&put, "parent"), Err(DelegationRefused::ApproverIsProxy));
        put.activate(TODAY).unwrap();
        let refused = Err(DelegationRefused::From(DelegationStatus::Active));
        assert_eq!(by(&put, "staff"), refused);
    }
}
