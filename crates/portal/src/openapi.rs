//! The descriptions of `/v1/portal` and `/internal/portal`, as they are committed.

/// `OpenAPI` 3.1 as indented JSON with a line end: of the public contract, or of the internal one.
pub(crate) fn document(internal: bool) -> String {
    let document = if internal {
        portal_presentation::internal_openapi()
    } else {
        portal_presentation::openapi()
    };
    let mut text = document
        .to_pretty_json()
        .expect("the description is made of plain values");
    text.push('\n');
    text
}
