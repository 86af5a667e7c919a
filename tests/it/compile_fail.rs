//! The cases that must not compile are run by portal-domain, which has the fewest dependencies to
//! build anew. Here stands that each fails for its own reason, whatever its expected text becomes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The error codes in what the compiler said.
fn codes(stderr: &str) -> BTreeSet<&str> {
    let after = stderr.split("error[").skip(1);
    after.filter_map(|rest| rest.split(']').next()).collect()
}

#[test]
fn what_must_not_compile_fails_for_the_reason_that_its_case_names() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("compile_fail");
    let mut stems = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        stems.insert(entry.unwrap().path().with_extension(""));
    }
    assert!(stems.len() >= 6, "the cases are there");
    for stem in stems {
        let case = fs::read_to_string(stem.with_extension("rs")).unwrap();
        let expected = fs::read_to_string(stem.with_extension("stderr")).unwrap();
        let named = case
            .strip_prefix("// ")
            .and_then(|rest| rest.split(':').next());
        assert_eq!(
            codes(&expected),
            named.into_iter().collect(),
            "{}",
            stem.display()
        );
    }
}
