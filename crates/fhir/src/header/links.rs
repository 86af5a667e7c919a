//! Outgoing references and attachment addresses, with the spans that rewriting needs.

use crate::header::{Link, OutgoingReference};
use crate::json::{Kind, Value};

/// Elements of type Attachment in the served types, and extensions of that type.
const ATTACHMENTS: [&str; 5] = [
    "presentedForm",
    "photo",
    "attachment",
    "contentAttachment",
    "valueAttachment",
];

/// Every Reference with a literal `reference`, in document order. `Reference.reference` is the only
/// element of R4 by that name that is a string, so the name is enough to know one.
pub(super) fn references(resource: Value<'_>) -> Vec<OutgoingReference> {
    let mut found = Vec::new();
    for element in resource.children() {
        let name = element.name().unwrap_or_default();
        let inside = std::iter::once(element).chain(element.descendants());
        found.extend(inside.filter_map(|object| reference(&name, object)));
    }
    found
}

fn reference(element: &str, object: Value<'_>) -> Option<OutgoingReference> {
    let member = object.get("reference")?;
    let target = member.text()?;
    let (span, only_member) = object.removal(member)?;
    Some(OutgoingReference {
        element: element.into(),
        object: object.span(),
        value: member.span(),
        member: span,
        target: Box::from(&*target),
        only_member,
        in_contained: element == "contained",
    })
}

/// Every Attachment with a `url`, in document order.
pub(super) fn links(resource: Value<'_>) -> Vec<Link> {
    let named = |value: &Value<'_>| {
        value
            .name()
            .is_some_and(|name| ATTACHMENTS.contains(&&*name))
    };
    let mut found = Vec::new();
    for value in resource.descendants().filter(named) {
        match value.kind() {
            Kind::Array => found.extend(value.items().filter_map(link)),
            _ => found.extend(link(value)),
        }
    }
    found
}

fn link(object: Value<'_>) -> Option<Link> {
    let member = object.get("url")?;
    let target = member.text()?;
    let (span, only_member) = object.removal(member)?;
    Some(Link {
        object: object.span(),
        value: member.span(),
        member: span,
        target: Box::from(&*target),
        only_member,
    })
}
