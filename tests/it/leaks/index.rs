//! All leaks by number, each with the tests that would see it, or with what is not built yet.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What stands against a leak.
enum Leak {
    Tested(&'static [&'static str]),
    /// Needs something that does not exist yet.
    Open(&'static str),
}

use Leak::{Open, Tested};

#[rustfmt::skip]
const LEAKS: [(u32, Leak); 47] = [
    (1, Tested(&["k1_includes_show_nobody_else"])),
    (2, Tested(&["k2_k45_the_next_page_is_refused_once_the_delegation_has_ended", "k2_k5_a_revoked_app_gets_neither_a_page_nor_a_next_one", "a_page_of_a_caller_who_lost_the_scope_is_refused"])),
    (3, Tested(&["k3_counts_and_chains_tell_nothing_of_others"])),
    (4, Tested(&["k4_a_scope_opens_its_own_type_only"])),
    (5, Tested(&["k2_k5_a_revoked_app_gets_neither_a_page_nor_a_next_one", "k5_without_the_providers_word_no_app_passes", "k5_who_is_on_the_list_is_refused_by_every_pod_until_a_later_login", "a_revoked_app_is_refused_on_every_pod_until_a_newer_consent"])),
    (6, Tested(&["k6_what_is_cached_reaches_no_other_caller_or_scope", "k6_what_is_cached_reaches_no_other_delegation", "k6_what_is_cached_is_judged_by_the_policy_in_force"])),
    (7, Tested(&["k7_a_revocation_acts_on_the_next_answer_of_every_pod"])),
    (8, Tested(&["k8_a_delegation_ends_with_its_last_day_in_the_tenants_zone"])),
    (9, Tested(&["k9_absent_foreign_and_withheld_are_one_answer", "nobody_can_tell_withheld_from_absent", "everybody_is_answered_alike_and_asked_about_alike"])),
    (10, Open("exports and shared links")),
    (11, Open("exports")),
    (12, Tested(&["k12_k31_the_tenant_comes_from_the_token_alone"])),
    (13, Tested(&["k13_what_is_contained_or_referenced_passes_the_same_filter", "k13_a_report_whose_results_cannot_be_looked_up_waits", "k13_a_reference_to_what_is_withheld_is_masked"])),
    (14, Tested(&["k14_one_sensitive_record_neither_blanks_nor_breaks_the_rest"])),
    (15, Tested(&["k15_swapped_ids_open_nothing"])),
    (16, Tested(&["k16_no_patient_context_is_no_patient"])),
    (17, Tested(&["k17_scope_is_asked_before_whose_it_is"])),
    (18, Tested(&["k18_an_honest_read_needs_no_search_before_it"])),
    (19, Tested(&["k19_k20_k37_what_is_not_this_patients_is_dropped"])),
    (20, Tested(&["k19_k20_k37_what_is_not_this_patients_is_dropped"])),
    (21, Tested(&["k21_a_birthday_narrows_what_a_parent_sees_at_its_midnight"])),
    (22, Tested(&["k22_two_delegations_do_not_widen_each_other"])),
    (23, Open("devices")),
    (24, Tested(&["what_is_marked_is_in_honest_answers_and_nowhere_else"])),
    (25, Open("seals over the access log")),
    (26, Tested(&["k26_without_a_journal_there_is_no_answer"])),
    (27, Tested(&["k27_a_token_in_the_url_is_refused"])),
    (28, Tested(&["k28_a_bearer_token_may_be_used_again"])),
    (29, Tested(&["k29_malformed_scopes_never_widen"])),
    (30, Tested(&["k30_a_refusal_ends_with_its_reason"])),
    (31, Tested(&["k12_k31_the_tenant_comes_from_the_token_alone"])),
    (32, Open("exports")),
    (33, Tested(&["k33_nothing_of_ones_own_is_hidden_for_being_sensitive"])),
    (34, Tested(&["k34_a_right_of_a_service_opens_no_records"])),
    (35, Tested(&["k35_what_is_not_labelled_is_not_harmless"])),
    (36, Tested(&["k36_ids_are_compared_whole"])),
    (37, Tested(&["k19_k20_k37_what_is_not_this_patients_is_dropped"])),
    (38, Tested(&["k38_third_party_apps_belong_on_fhir"])),
    (39, Tested(&["k39_k40_only_a_full_access_token_passes"])),
    (40, Tested(&["k39_k40_only_a_full_access_token_passes"])),
    (41, Tested(&["the_link_goes_to_the_contact_that_is_on_record_and_works_for_nobody_else", "a_contact_that_several_share_proves_nothing"])),
    (42, Tested(&["k42_a_hold_is_said_to_the_patient_alone_and_nowhere_where_it_tells"])),
    (43, Tested(&["a_key_belongs_to_its_person_client_and_route", "a_replay_passes_every_check_again"])),
    (44, Tested(&["no_mutant_of_any_event_changes_anything", "a_merge_that_registration_does_not_confirm_changes_nothing", "whom_registration_does_not_know_gets_nothing", "a_tenant_begins_when_its_licence_is_confirmed", "a_licence_that_ends_ends_on_every_pod_with_its_event_and_comes_back_with_its_own"])),
    (45, Tested(&["k2_k45_the_next_page_is_refused_once_the_delegation_has_ended", "k45_a_cursor_is_good_for_its_own_delegation_and_a_quarter_of_an_hour"])),
    (46, Open("web sessions")),
    (47, Tested(&["k47_odd_ids_reach_no_source"])),
];

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("tests lie in the project").to_owned()
}

fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = fs::read_to_string(&path).expect("a source");
            found.push((path, text));
        }
    }
}

/// The names of functions that stand behind an attribute of tests, or in a block of properties.
fn tests_of(text: &str) -> impl Iterator<Item = &str> {
    let functions = text.lines().filter_map(|line| {
        let line = line.trim_start();
        let line = line.strip_prefix("async ").unwrap_or(line);
        line.strip_prefix("fn ")?.split(['(', '<']).next()
    });
    let has_tests = text.contains("#[test]") || text.contains("#[tokio::test");
    functions.filter(move |_| has_tests || text.contains("proptest! {"))
}

fn all_tests() -> BTreeSet<String> {
    let mut found = Vec::new();
    for folder in ["tests/it", "crates"] {
        sources(&root().join(folder), &mut found);
    }
    let tests = found.iter().flat_map(|(_, text)| tests_of(text));
    tests.map(str::to_owned).collect()
}

/// The leaks that a test's name says it is about.
fn numbers(name: &str) -> impl Iterator<Item = u32> {
    let numbers = name
        .split('_')
        .map_while(|part| part.strip_prefix('k')?.parse().ok());
    numbers.collect::<Vec<_>>().into_iter()
}

#[test]
fn every_leak_has_its_tests_or_says_what_is_missing() {
    let tests = all_tests();
    for (place, (number, leak)) in (1..).zip(&LEAKS) {
        assert_eq!(place, *number, "in order, none left out");
        match leak {
            Open(missing) => assert!(!missing.is_empty(), "K{number}"),
            Tested(names) => {
                assert!(!names.is_empty(), "K{number}");
                for name in *names {
                    assert!(tests.contains(*name), "K{number}: there is no test {name}");
                }
            }
        }
    }
}

#[test]
fn every_test_about_a_leak_is_listed() {
    let mut found = Vec::new();
    sources(&root().join("tests/it/leaks"), &mut found);
    for name in found.iter().flat_map(|(_, text)| tests_of(text)) {
        for number in numbers(name) {
            let place = usize::try_from(number - 1).expect("small");
            let listed = match &LEAKS[place].1 {
                Tested(names) => names.contains(&name),
                Open(_) => false,
            };
            assert!(listed, "K{number} does not list {name}");
        }
    }
}

#[test]
fn what_the_documents_name_is_there() {
    let tests = all_tests();
    let root = root();
    let named = |name: &str| {
        let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        // Metrics are words of this form too.
        let is_test = name.bytes().all(word)
            && name.matches('_').count() >= 3
            && !name.starts_with("portal_");
        let is_source = Path::new(name).extension().is_some_and(|end| end == "rs");
        let is_path = name.contains('/') && is_source;
        (!is_test || tests.contains(name))
            && (!is_path || root.join(name).exists() || root.join("crates").join(name).exists())
    };
    for entry in fs::read_dir(root.join("docs")).expect("documents") {
        let path = entry.expect("an entry").path();
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        for name in text.split('`').skip(1).step_by(2) {
            assert!(named(name), "{}: {name} is not there", path.display());
        }
    }
}
