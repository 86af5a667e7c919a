//! Everybody who may ask in a world.

use portal_tests::Person;

use super::super::random::Random;
use super::super::scopes::Scopes;
use super::super::world::{Caller, Claim};
use super::Generated;

/// The callers of a world, each with one token.
pub(in super::super) fn callers(generated: &Generated, random: &mut Random) -> Vec<Caller> {
    let Generated {
        world,
        ada,
        ben,
        child,
        proxy,
        parent,
        namesake,
        ..
    } = generated;
    let delegation = |at: usize| Some(world.delegations[at].id.clone());
    let of = |patient: &str| Claim::Of(patient.to_owned());
    let whole = Scopes::all();
    let mut made = |name, person: &Person, first_party, claim, acting_for| Caller {
        name,
        person: person.clone(),
        first_party,
        claim,
        acting_for,
        scopes: if random.chance(50) {
            whole.clone()
        } else {
            Scopes::random(random)
        },
    };
    vec![
        made("patient", ada, true, of(&ada.patient), None),
        made("voluntary proxy", proxy, true, Claim::None, delegation(0)),
        made("parent", parent, true, of(&parent.patient), delegation(1)),
        made("spouse", parent, true, of(&parent.patient), delegation(2)),
        made("guardian", proxy, true, Claim::None, delegation(3)),
        made("app of the patient", ada, false, of(&ada.patient), None),
        made("app of the proxy", proxy, false, of(&ada.patient), None),
        made(
            "proxy's own client on FHIR",
            proxy,
            true,
            of(&ada.patient),
            None,
        ),
        made(
            "parent's own client on FHIR",
            parent,
            true,
            of(&child.patient),
            None,
        ),
        made("other patient", ben, true, of(&ben.patient), None),
        made("other tenant", namesake, true, of(&namesake.patient), None),
    ]
}
