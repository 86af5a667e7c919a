//! The laws that sets of scopes keep, whatever is in them.

use jiff::tz::TimeZone;
use portal_fhir::{Handling, Header, Query, ResourceType};
use proptest::prelude::*;

use super::constraint::Constraint;
use super::generators::{claim, elsewhere, granular, header, malformed, parameter, set, whole};
use super::{Interaction, ScopeSet};

/// Each answer that a set can give about types.
fn allowed(set: &ScopeSet) -> Vec<bool> {
    let about = |resource_type: &ResourceType| {
        Interaction::ALL.map(|interaction| set.allows(*resource_type, interaction))
    };
    ResourceType::ALL.iter().flat_map(about).collect()
}

/// Each answer that a set can give about a record.
fn covered(set: &ScopeSet, header: &Header) -> Vec<bool> {
    let by = |interaction| set.covers(header.resource_type, interaction, header);
    Interaction::ALL.map(by).to_vec()
}

fn read(scopes: &[String]) -> ScopeSet {
    ScopeSet::parse(&scopes.join(" "))
}

fn pairwise(left: &[bool], right: &[bool], both: impl Fn(bool, bool) -> bool) -> Vec<bool> {
    let pairs = left.iter().zip(right);
    pairs.map(|(left, right)| both(*left, *right)).collect()
}

fn is_within(less: &[bool], more: &[bool]) -> bool {
    less.iter().zip(more).all(|(less, more)| !less || *more)
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(one in set(), other in set()) {
        for set in [one.union(&other), one.intersection(&other), one] {
            prop_assert_eq!(&ScopeSet::parse(&set.to_string()), &set);
        }
    }

    #[test]
    fn what_is_printed_is_all_understood(set in set()) {
        let printed = ScopeSet::parse(&set.to_string());
        prop_assert_eq!(printed.rejected(), &[]);
    }

    #[test]
    fn fewer_scopes_never_give_more(scopes in claim(), drop in 0usize..3, header in header()) {
        let mut fewer = scopes.clone();
        fewer.truncate(drop);
        fewer.extend(scopes.iter().skip(drop + 1).cloned());
        let (fewer, all) = (read(&fewer), read(&scopes));
        prop_assert!(is_within(&allowed(&fewer), &allowed(&all)));
        prop_assert!(is_within(&covered(&fewer, &header), &covered(&all, &header)));
    }

    #[test]
    fn a_claim_gives_what_one_of_its_scopes_gives(scopes in claim(), header in header()) {
        let each: Vec<_> = scopes.iter().map(|scope| ScopeSet::parse(scope)).collect();
        let none = ScopeSet::default();
        let either = |ask: &dyn Fn(&ScopeSet) -> Vec<bool>| {
            each.iter().map(ask).fold(ask(&none), |all, one| pairwise(&all, &one, |l, r| l || r))
        };
        let all = read(&scopes);
        prop_assert_eq!(allowed(&all), either(&allowed));
        prop_assert_eq!(covered(&all, &header), either(&|set| covered(set, &header)));
    }

    #[test]
    fn the_order_of_scopes_says_nothing(scopes in claim(), turn in 0usize..3) {
        let mut turned = scopes.clone();
        turned.rotate_left(turn % scopes.len().max(1));
        prop_assert_eq!(read(&turned), read(&scopes));
        turned.reverse();
        prop_assert_eq!(read(&turned), read(&scopes));
    }

    #[test]
    fn a_union_gives_what_either_gives(one in set(), other in set(), header in header()) {
        let union = one.union(&other);
        let either = |left: &[bool], right: &[bool]| pairwise(left, right, |l, r| l || r);
        prop_assert_eq!(allowed(&union), either(&allowed(&one), &allowed(&other)));
        prop_assert_eq!(
            covered(&union, &header),
            either(&covered(&one, &header), &covered(&other, &header))
        );
    }

    #[test]
    fn an_intersection_gives_what_both_give(one in set(), other in set(), header in header()) {
        let common = one.intersection(&other);
        let both = |left: &[bool], right: &[bool]| pairwise(left, right, |l, r| l && r);
        prop_assert_eq!(allowed(&common), both(&allowed(&one), &allowed(&other)));
        prop_assert_eq!(
            covered(&common, &header),
            both(&covered(&one, &header), &covered(&other, &header))
        );
    }

    #[test]
    fn sets_are_a_lattice(one in set(), other in set(), third in set()) {
        prop_assert_eq!(one.union(&other), other.union(&one));
        prop_assert_eq!(one.intersection(&other), other.intersection(&one));
        prop_assert_eq!(&one.union(&one), &one);
        prop_assert_eq!(&one.intersection(&one), &one);
        prop_assert_eq!(&one.union(&one.intersection(&other)), &one);
        prop_assert_eq!(&one.intersection(&one.union(&other)), &one);
        prop_assert_eq!(one.union(&other).union(&third), one.union(&other.union(&third)));
        prop_assert_eq!(
            one.intersection(&other.union(&third)),
            one.intersection(&other).union(&one.intersection(&third))
        );
    }

    #[test]
    fn only_patient_scopes_give_anything(scope in elsewhere()) {
        prop_assert_eq!(ScopeSet::parse(&scope), ScopeSet::default());
    }

    #[test]
    fn what_is_malformed_gives_nothing(scopes in claim(), bad in malformed(), at in 0usize..4) {
        let mut more = scopes.clone();
        more.insert(at.min(scopes.len()), bad);
        prop_assert_eq!(read(&more), read(&scopes));
    }

    #[test]
    fn a_whole_type_beside_a_part_is_the_whole_type(part in granular(), whole in whole()) {
        let (resource, letters) = part.split_once('?').unwrap().0.split_once('.').unwrap();
        let same = format!("{resource}.{letters}");
        prop_assert_eq!(ScopeSet::parse(&format!("{part} {same}")), ScopeSet::parse(&same));
        let set = ScopeSet::parse(&format!("{part} {whole}"));
        let alone = ScopeSet::parse(&whole);
        for resource_type in ResourceType::ALL {
            for interaction in Interaction::ALL {
                let granted = alone.allows(*resource_type, interaction);
                prop_assert!(!granted || !set.is_granular(*resource_type, interaction));
            }
        }
    }

    #[test]
    fn a_part_is_told_from_the_whole(set in set(), header in header()) {
        let resource_type = header.resource_type;
        for interaction in Interaction::ALL {
            let allowed = set.allows(resource_type, interaction);
            let granular = set.is_granular(resource_type, interaction);
            let covers = set.covers(resource_type, interaction, &header);
            prop_assert!(allowed || !(granular || covers));
            prop_assert!(covers || granular || !allowed);
        }
    }

    #[test]
    fn a_parameter_means_what_it_means_in_a_search(parameter in parameter(), header in header()) {
        let (name, value) = parameter.split_once('=').unwrap();
        let pair = [(name.to_owned(), value.to_owned())];
        let constraint = Constraint::parse(&parameter).unwrap();
        let query = Query::parse(header.resource_type, &pair, Handling::Strict);
        prop_assert_eq!(query.is_ok(), constraint.is_known_to(header.resource_type));
        let unreadable = (name == "category" && header.category_unreadable)
            || (name == "code" && header.codes_unreadable);
        if let Ok(query) = query {
            let found = query.matches(&header, &TimeZone::UTC);
            prop_assert_eq!(constraint.matches(&header), found && !unreadable);
        }
    }
}
