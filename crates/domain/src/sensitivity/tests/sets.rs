//! Words and sets of words, as every enumeration of words has them.

use super::{SensitivityCategory as Category, SensitivitySet as Set};

fn every_set() -> impl Iterator<Item = Set> {
    let has = |bits: u32, index: usize| bits & (1 << index) != 0;
    (0u32..128).map(move |bits| {
        let words = Category::ALL.iter().copied().enumerate();
        Set::of(
            words
                .filter(|(index, _)| has(bits, *index))
                .map(|(_, word)| word),
        )
    })
}

#[test]
fn every_word_reads_back_and_no_other_is_one() {
    for category in Category::ALL {
        assert_eq!(Category::parse(category.as_str()), Some(*category));
    }
    for text in ["", "Genetic", "genetic ", "hiv", "mental_health"] {
        assert_eq!(Category::parse(text), None, "{text:?}");
    }
}

#[test]
fn the_whole_set_has_every_word_and_the_empty_one_none() {
    assert_eq!(Set::ALL, Set::of(Category::ALL.iter().copied()));
    assert!(Set::NONE.is_empty() && !Set::ALL.is_empty());
    assert_eq!(Set::default(), Set::NONE);
    assert_eq!(Set::ALL.iter().collect::<Vec<_>>(), Category::ALL);
    for category in Category::ALL {
        assert!(Set::ALL.contains(*category) && !Set::NONE.contains(*category));
        assert_eq!(
            Set::NONE.with(*category).iter().collect::<Vec<_>>(),
            [*category]
        );
    }
}

#[test]
fn sets_are_sets() {
    for one in every_set() {
        for other in every_set() {
            let (either, both) = (one.union(other), one.intersection(other));
            for word in Category::ALL {
                let (left, right) = (one.contains(*word), other.contains(*word));
                assert_eq!(either.contains(*word), left || right);
                assert_eq!(both.contains(*word), left && right);
            }
            let within = one.iter().all(|word| other.contains(word));
            assert_eq!(one.is_within(other), within);
        }
        assert_eq!(one.is_empty(), one.iter().count() == 0);
        assert_eq!(one, Set::of(one.iter()));
    }
}
