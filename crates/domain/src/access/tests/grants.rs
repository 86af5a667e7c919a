//! What a grant opens.

use portal_fhir::ResourceType;

use super::super::{AccessFacts, Action, Denial, ScopeNeed, Surface, authorize};
use super::{ANY, FHIR, PORTAL, parent, refusal, third_party};
use crate::id::PatientId;
use crate::scope::{Interaction, ScopeSet};
use crate::testing::{PATIENT, action, at, facts, proxy_facts, token_of};

#[test]
fn the_honest_request_passes_on_both_surfaces() {
    for action in [PORTAL, FHIR] {
        let grant = authorize(&facts(), &action, at(5)).unwrap();
        assert_eq!(grant.patient().unwrap().id().as_str(), PATIENT);
        assert_eq!(grant.decided_at(), at(5));
        assert_eq!(grant.account().version, 3);
        assert_eq!(*grant.action(), action);
        assert_eq!(grant.tenant().id.as_str(), "north");
        let fence = grant.fence();
        assert_eq!((fence.tenant, fence.account), (1, (grant.account().id, 3)));
        assert_eq!((fence.delegation, fence.grantor), (None, None));
    }
}

#[test]
fn the_letter_of_the_interaction_counts() {
    let read = Action {
        scope: ScopeNeed::Record(ResourceType::Condition, Interaction::Read),
        ..PORTAL
    };
    for (scope, reads, searches) in [
        ("patient/Condition.r", true, false),
        ("patient/Condition.s", false, true),
        ("patient/Condition.rs", true, true),
        ("patient/*.read", true, true),
        ("user/Condition.read", false, false),
        (
            "patient/Condition.s?category=problem-list-item",
            false,
            true,
        ),
    ] {
        let mut facts = facts();
        token_of(&mut facts).scopes = ScopeSet::parse(scope);
        let refused = |passes: bool| (!passes).then_some(Denial::InsufficientScope);
        assert_eq!(refusal(&facts, &read), refused(reads), "{scope}");
        assert_eq!(refusal(&facts, &PORTAL), refused(searches), "{scope}");
    }
}

#[test]
fn a_grant_reads_what_its_scopes_cover_and_inspects_the_rest() {
    let mut facts = facts();
    token_of(&mut facts).scopes = ScopeSet::parse("patient/Condition.s patient/Observation.r");
    let grant = authorize(&facts, &PORTAL, at(0)).unwrap();
    assert!(grant.read(ResourceType::Condition).is_some());
    assert!(grant.read(ResourceType::Observation).is_none());
    let target = grant.inspect(ResourceType::Observation).unwrap().target();
    assert_eq!(target.patient().as_str(), PATIENT);
    assert_eq!(target.tenant().as_str(), "north");
    assert_eq!(target.resource_type(), ResourceType::Observation);
}

#[test]
fn every_other_patient_is_refused_alike() {
    let own = authorize(&facts(), &PORTAL, at(0)).unwrap();
    let acting = authorize(&proxy_facts(parent()), &ANY, at(0)).unwrap();
    for grant in [own, acting] {
        let named = |id: &str| grant.check_named_patient(&PatientId::parse(id).unwrap());
        assert_eq!(named(PATIENT), Ok(()));
        for other in ["pat_2", "pat_9", "pat_", "pat_11", "PAT_1", "nobody"] {
            assert_eq!(named(other), Err(Denial::OtherPatient), "{other}");
        }
    }
}

#[test]
fn holds_are_told_to_patients_with_the_portal_s_own_clients() {
    let hears = |facts: &AccessFacts, action: &Action| {
        authorize(facts, action, at(0)).unwrap().hears_of_holds()
    };
    assert!(hears(&facts(), &PORTAL));
    assert!(!hears(&facts(), &FHIR));
    assert!(!hears(&proxy_facts(parent()), &PORTAL));
    let mut app = facts();
    third_party(&mut app);
    assert!(!hears(&app, &FHIR));
}

#[test]
fn a_permit_is_of_its_grant_s_patient_and_type() {
    let grant = authorize(&proxy_facts(parent()), &ANY, at(0)).unwrap();
    // Which threads a proxy takes part in is not known here, and who looked is not theirs to know.
    let closed = [
        ResourceType::Communication,
        ResourceType::AuditEvent,
        ResourceType::Consent,
    ];
    assert!(closed.iter().all(|kind| grant.read(*kind).is_none()));
    let open = ResourceType::ALL.iter();
    for kind in open.filter(|kind| !closed.contains(kind)) {
        let permit = grant.read(*kind).unwrap();
        assert_eq!(permit.resource_type(), *kind);
        // A directory is the same for everybody.
        let whose = if kind.is_directory() { "-" } else { PATIENT };
        assert_eq!(permit.target().patient().as_str(), whose);
        assert_eq!(permit.target().tenant().as_str(), "north");
        assert_eq!(permit.target().resource_type(), *kind);
        assert_eq!(permit.tenant().id.as_str(), "north");
    }
}

#[test]
fn nothing_of_a_grant_prints_the_person() {
    let acting = proxy_facts(parent());
    let printed = format!(
        "{:?} {:?} {acting:?} {:?}",
        facts(),
        authorize(&facts(), &PORTAL, at(0)),
        authorize(
            &acting,
            &action(Surface::Portal, ResourceType::Condition),
            at(0)
        ),
    );
    assert!(!printed.contains(PATIENT) && !printed.contains("\"subject\""));
}
