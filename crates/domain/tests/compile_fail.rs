//! What must not compile. The runner stands in this crate, because here it builds the fewest
//! dependencies anew.

#[test]
fn proofs_cannot_be_forged_copied_or_left_out() {
    trybuild::TestCases::new().compile_fail("../../tests/compile_fail/*.rs");
}
