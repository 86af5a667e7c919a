use super::*;

#[test]
fn no_list_at_all_is_a_readable_one() {
    assert!(CodeLists::parse(&serde_json::json!({}), "").is_ok());
}
