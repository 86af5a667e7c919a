//! The description of `/v1/portal`, as it is committed.

/// `OpenAPI` 3.1 as indented JSON with a line end.
pub(crate) fn document() -> String {
    let document = portal_presentation::openapi();
    let mut text = document
        .to_pretty_json()
        .expect("the description is made of plain values");
    text.push('\n');
    text
}
