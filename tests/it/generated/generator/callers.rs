//! Everybody who may ask in a world.

use super::super::random::Random;
use super::super::scopes::Scopes;
use super::super::world::{Caller, Claim};
use super::Generated;

/// What tests call the callers, in the order of [`callers`].
fn names() -> [&'static str; 11] {
    [
        "patient",
        "voluntary proxy",
        "parent",
        "spouse",
        "guardian",
        "app of the patient",
        "app of the proxy",
        "proxy's own client on FHIR",
        "parent's own client on FHIR",
        "other patient",
        "other tenant",
    ]
}

/// The callers of a world, each with one token.
pub(in super::super) fn callers(generated: &Generated, random: &mut Random) -> Vec<Caller> {
    let Generated { world, ada, ben, child, proxy, parent, namesake, .. } = generated;
    let delegation = |at: usize| Some(world.delegations[at].id.clone());
    let of = |patient: &str| Claim::Of(patient.to_owned());
    let whole = Scopes::all();
    let [name0, name1, name2, name3, name4, name5, name6, name7, name8, name9, name10] = names();
    let mut caller = |name, person: &portal_tests::Person, first_party, claim, acting_for| Caller {
        name,
        person: person.clone(),
        first_party,
        claim,
        acting_for,
        scopes: if random.chance(50) { whole.clone() } else { Scopes::random(random) },
    };
    vec![
        caller(name0, ada, true, of(&ada.patient), None),
        caller(name1, proxy, true, Claim::None, delegation(0)),
        caller(name2, parent, true, of(&parent.patient), delegation(1)),
        caller(name3, parent, true, of(&parent.patient), delegation(2)),
        caller(name4, proxy, true, Claim::None, delegation(3)),
        caller(name5, ada, false, of(&ada.patient), None),
        caller(name6, proxy, false, of(&ada.patient), None),
        caller(name7, proxy, true, of(&ada.patient), None),
        caller(name8, parent, true, of(&child.patient), None),
        caller(name9, ben, true, of(&ben.patient), None),
        caller(name10, namesake, true, of(&namesake.patient), None),
    ]
}
