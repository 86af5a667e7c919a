//! Laws of the decision, whatever the facts are.

use std::sync::Arc;

use portal_fhir::ResourceType;
use proptest::prelude::*;

use super::super::{
    AccessFacts, ActingFor, Action, BirthDate, Denial, Introspection, PatientGrant, ProxyAccess,
    ProxyNeed, RecordPatient, authorize, birth_date_target,
};
use super::generators::{any_action, any_delegation, any_facts, rights};
use super::{on_delegations, parent, strength};
use crate::proxy_delegation::{DelegationRight, DelegationSnapshot, RightSet};
use crate::scope::ScopeSet;
use crate::scope::generators::{header, set};
use crate::source::RecordSet;
use crate::testing::{PATIENT, at, facts_of, proxy_facts, token_of};

/// A way to know less of something that speaks for the caller.
type Less = (&'static str, fn(&mut AccessFacts));

const LESS: [Less; 14] = [
    ("no account", |facts| facts.account = None),
    ("no tenant", |facts| facts.tenant = None),
    ("no licence", |facts| facts.licensed = false),
    ("no delegation", |facts| facts.delegations = Arc::default()),
    ("no birth date", |facts| {
        facts.birth_date = BirthDate::NotAsked;
    }),
    ("a stale list", |facts| facts.standing.list_is_fresh = false),
    ("no word of the provider", |facts| {
        if facts.standing.introspection == Introspection::Active {
            facts.standing.introspection = Introspection::NotAsked;
        }
    }),
    ("a client of somebody else's", |facts| {
        token_of(facts).first_party = false;
    }),
    ("one factor", |facts| strength(facts, 1, false)),
    ("no time of authentication", |facts| {
        token_of(facts).authenticated_at = None;
    }),
    ("no scope", |facts| {
        token_of(facts).scopes = ScopeSet::default();
    }),
    ("no court", |facts| {
        on_delegations(facts, |it| it.court_order = false);
    }),
    ("no right", |facts| {
        on_delegations(facts, |it| it.scope = RightSet::NONE);
    }),
    ("no tick", |facts| {
        on_delegations(facts, |it| {
            it.sensitive = crate::sensitivity::SensitivitySet::NONE;
        });
    }),
];

/// Whether all that one grant opens the other opens too.
fn is_within(less: &PatientGrant, more: &PatientGrant) -> bool {
    let patient = |grant: &PatientGrant| grant.patient().map(|it| it.id().clone());
    let types = |grant: &PatientGrant| {
        ResourceType::ALL
            .iter()
            .map(|kind| grant.read(*kind).is_some())
            .collect::<Vec<_>>()
    };
    let rights = |grant: &PatientGrant| grant.proxy().map_or(RightSet::ALL, ProxyAccess::rights);
    patient(less) == patient(more)
        && types(less)
            .iter()
            .zip(types(more))
            .all(|(less, more)| !less || more)
        && rights(less).is_within(rights(more))
}

proptest! {
    #[test]
    fn what_is_refused_before_the_birth_date_is_refused_with_it(
        facts in any_facts(),
        action in any_action(),
    ) {
        let decided = authorize(&facts, &action, at(0));
        match birth_date_target(&facts, &action, at(0)) {
            Err(denial) => prop_assert_eq!(decided.err(), Some(denial)),
            Ok(None) => {
                let mut unknown = facts.clone();
                unknown.birth_date = BirthDate::Unknown;
                let without = authorize(&unknown, &action, at(0));
                prop_assert_eq!(without.err(), decided.err());
            }
            Ok(Some(target)) => {
                prop_assert_eq!(target.resource_type(), ResourceType::Patient);
                let mut unknown = facts;
                unknown.birth_date = BirthDate::Unknown;
                let without = authorize(&unknown, &action, at(0)).err();
                prop_assert_eq!(without, Some(Denial::BirthDateUnknown));
            }
        }
    }

    #[test]
    fn fewer_facts_never_allow_more(facts in any_facts(), action in any_action()) {
        let all = authorize(&facts, &action, at(0));
        for (name, forget) in LESS {
            let mut fewer = facts.clone();
            forget(&mut fewer);
            let Ok(less) = authorize(&fewer, &action, at(0)) else {
                continue;
            };
            prop_assert!(all.is_ok(), "{name} allowed what {:?} refused", all);
            prop_assert!(is_within(&less, all.as_ref().unwrap()), "{name}");
        }
    }

    #[test]
    fn one_delegation_less_allows_no_more_unless_it_was_one_too_many(
        facts in any_facts(),
        action in any_action(),
        dropped in 0usize..4,
    ) {
        let mut fewer = facts.clone();
        let kept = facts.delegations.iter().enumerate().filter(|(index, _)| *index != dropped);
        fewer.delegations = kept.map(|(_, it)| Arc::clone(it)).collect();
        let all = authorize(&facts, &action, at(0));
        // Of two with one id, which no store holds, the first counts.
        let mut ids: Vec<_> = facts.delegations.iter().map(|it| it.id).collect();
        ids.sort_unstable();
        ids.dedup();
        let distinct = ids.len() == facts.delegations.len();
        let ambiguous = matches!(all, Err(Denial::ProxyDelegationAmbiguous));
        if let Ok(less) = authorize(&fewer, &action, at(0)) && distinct && !ambiguous {
            prop_assert!(is_within(&less, all.as_ref().unwrap()));
        }
    }

    #[test]
    fn fewer_rights_never_open_more(
        facts in any_facts(),
        action in any_action(),
        kept in rights(),
    ) {
        let mut fewer = facts.clone();
        on_delegations(&mut fewer, |it| it.scope = it.scope.intersection(kept));
        if let Ok(less) = authorize(&fewer, &action, at(0)) {
            let all = authorize(&facts, &action, at(0));
            prop_assert!(is_within(&less, all.as_ref().unwrap()));
        }
    }

    #[test]
    fn a_grant_is_about_the_caller_or_about_the_grantor_of_one_delegation_in_force(
        facts in any_facts(),
        action in any_action(),
    ) {
        let Ok(grant) = authorize(&facts, &action, at(0)) else {
            return Ok(());
        };
        let account = facts.account.as_ref().unwrap();
        let patient = grant.patient().map(RecordPatient::id);
        match grant.proxy() {
            None => prop_assert_eq!(patient, account.patient_id.as_ref()),
            Some(proxy) => {
                let delegation = proxy.delegation();
                prop_assert_eq!(patient, Some(&delegation.grantor));
                prop_assert!(facts.delegations.iter().any(|it| Arc::ptr_eq(it, delegation)));
                prop_assert_eq!(delegation.check(crate::testing::TODAY), Ok(()));
                let summary = action.proxy == ProxyNeed::Right(DelegationRight::Summary);
                prop_assert!(summary || proxy.rights().is_within(delegation.scope));
                prop_assert!(action.proxy != ProxyNeed::Never);
                prop_assert!(!proxy.is_full() || delegation.relationship.is_legal());
            }
        }
    }

    #[test]
    fn a_delegation_and_scopes_open_together_what_each_of_them_opens_alone(
        delegation in honest_delegation(),
        scopes in set(),
        header in header(),
    ) {
        let both = covers(&delegation, &scopes, &header);
        let delegated = covers(&delegation, &ScopeSet::parse("patient/*.cruds"), &header);
        let scopes = with_patient(&scopes);
        let granted = scopes.covers(header.resource_type, super::ANY.interaction().expect("of a record"), &header);
        prop_assert_eq!(both, delegated && granted);
    }

    #[test]
    fn a_record_that_a_permit_covers_is_of_a_type_that_can_be_read(
        delegation in honest_delegation(),
        scopes in set(),
        header in header(),
    ) {
        let grant = proxy_grant(&delegation, &scopes);
        for set in RecordSet::of_type(header.resource_type) {
            if grant.covers(set, &header) {
                prop_assert!(grant.read(header.resource_type).is_some());
            }
        }
    }
}

/// Any delegation, but in force, for the patient of these tests.
fn honest_delegation() -> impl Strategy<Value = DelegationSnapshot> {
    any_delegation().prop_map(|it| DelegationSnapshot {
        relationship: it.relationship,
        scope: it.scope,
        court_order: it.court_order,
        ..parent()
    })
}

/// The route itself asks for no more than a look at the Patient.
fn with_patient(scopes: &ScopeSet) -> ScopeSet {
    scopes.union(&ScopeSet::parse("patient/Patient.s"))
}

fn proxy_grant(delegation: &DelegationSnapshot, scopes: &ScopeSet) -> PatientGrant {
    let mut facts = proxy_facts(delegation.clone());
    token_of(&mut facts).scopes = with_patient(scopes);
    let action = Action {
        proxy: ProxyNeed::Any,
        ..super::ANY
    };
    authorize(&facts, &action, at(0)).unwrap()
}

fn covers(
    delegation: &DelegationSnapshot,
    scopes: &ScopeSet,
    header: &portal_fhir::Header,
) -> bool {
    let grant = proxy_grant(delegation, scopes);
    RecordSet::of_type(header.resource_type).any(|set| {
        let permit = grant.read(set.resource_type());
        permit.is_some_and(|permit| permit.covers(set, header))
    })
}

#[test]
fn who_acts_for_themselves_is_bound_by_scopes_alone() {
    let mut facts = facts_of("north", PATIENT);
    facts.stated.acting_for = ActingFor::Oneself;
    let grant = authorize(&facts, &super::ANY, at(0)).unwrap();
    for kind in ResourceType::ALL {
        assert!(grant.read(*kind).is_some(), "{kind}");
    }
}
