use super::*;

#[test]
fn an_empty_document_is_the_default() {
    let parsed = TenantConfig::parse(&serde_json::json!({}), "");
    assert_eq!(parsed, Ok(TenantConfig::default()));
}
