//! Whether a token still counts.

use super::super::{Action, Denial, Introspection, TokenStanding};
use super::{FHIR, PORTAL, refusal, third_party};
use crate::testing::facts;

const STEP_UP: Action = Action {
    step_up: true,
    ..PORTAL
};

const GOOD: Result<(), Denial> = Ok(());
const REVOKED: Result<(), Denial> = Err(Denial::TokenRevoked);
const UNSURE: Result<(), Denial> = Err(Denial::TokenUnconfirmed);

fn standing(introspection: Introspection, list_is_fresh: bool) -> TokenStanding {
    TokenStanding {
        revoked: false,
        list_is_fresh,
        introspection,
    }
}

/// (what the provider says, [fresh list, stale list] of who need not be certain, of who must be)
const TABLE: [(Introspection, [Result<(), Denial>; 4]); 4] = [
    (Introspection::NotAsked, [GOOD, GOOD, UNSURE, UNSURE]),
    (Introspection::Active, [GOOD, GOOD, GOOD, UNSURE]),
    (Introspection::Inactive, [REVOKED; 4]),
    (Introspection::Unavailable, [UNSURE; 4]),
];

const COLUMNS: [(bool, bool); 4] = [(false, true), (false, false), (true, true), (true, false)];

#[test]
fn a_token_counts_by_the_list_and_where_it_must_be_certain_by_the_provider_s_word() {
    for (introspection, expected) in TABLE {
        let found = COLUMNS.map(|(certain, fresh)| standing(introspection, fresh).check(certain));
        assert_eq!(found, expected, "{introspection:?}");
    }
}

#[test]
fn a_listed_token_is_refused_whatever_else_is_known() {
    for (introspection, _) in TABLE {
        for (certain, fresh) in COLUMNS {
            let listed = TokenStanding {
                revoked: true,
                ..standing(introspection, fresh)
            };
            assert_eq!(listed.check(certain), REVOKED, "{listed:?}");
        }
    }
}

#[test]
fn third_parties_and_fresh_second_factors_must_be_certain() {
    for (first_party, action, expected) in [
        (true, PORTAL, None),
        (true, FHIR, None),
        (true, STEP_UP, Some(Denial::TokenUnconfirmed)),
        (false, FHIR, Some(Denial::TokenUnconfirmed)),
        (false, PORTAL, Some(Denial::ClientNotAllowed)),
        (false, STEP_UP, Some(Denial::ClientNotAllowed)),
    ] {
        for standing in [
            standing(Introspection::NotAsked, true),
            standing(Introspection::Active, false),
        ] {
            let mut facts = facts();
            facts.standing = standing;
            if !first_party {
                third_party(&mut facts);
            }
            assert_eq!(
                refusal(&facts, &action),
                expected,
                "{first_party} {action:?}"
            );
        }
    }
}

#[test]
fn nothing_known_is_good_for_first_parties_alone() {
    let mut facts = facts();
    facts.standing = TokenStanding::default();
    assert_eq!(refusal(&facts, &PORTAL), None);
    third_party(&mut facts);
    assert_eq!(refusal(&facts, &FHIR), Some(Denial::TokenUnconfirmed));
}

#[test]
fn what_a_token_is_revoked_by_does_not_print() {
    let keys = super::super::RevocationKeys {
        session: Some([7; 32]),
        ..Default::default()
    };
    assert_eq!(format!("{keys:?}"), "RevocationKeys(****)");
}
