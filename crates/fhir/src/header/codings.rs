//! Codings wherever they stand: what code lists look at beside the elements that every type has.

use std::borrow::Cow;
use std::collections::HashSet;

use super::labels::Codes;
use crate::header::Coding;
use crate::json::{Kind, Value};

/// A system and a code, as they can be compared without a copy.
type Key<'a> = (Option<Cow<'a, str>>, Cow<'a, str>);

/// Every Coding with a code, contained resources and extensions included, each once and in
/// document order, but for those of `held` and those that stand where [`places_of_others`] says.
/// A code that stands there and somewhere else too is listed: who looks at this list looks at
/// `held` beside it and need not know the other lists.
pub(super) fn other_codings(resource: Value<'_>, held: [&Codes; 3]) -> Codes {
    let mut walk = Walk::default();
    std::iter::once(resource)
        .chain(resource.descendants())
        .filter(|value| value.kind() == Kind::Object)
        .for_each(|object| walk.object(object));
    let elsewhere = places_of_others(resource);
    walk.found.sort_by_key(|(start, _)| *start);
    let held = held.into_iter().flat_map(|codes| &codes.list);
    let mut seen: HashSet<Key<'_>> = held.filter_map(key).collect();
    let mut codes = Codes {
        list: Vec::new(),
        unreadable: walk.unreadable,
    };
    for (start, found) in walk.found {
        if elsewhere.binary_search(&start).is_ok() || seen.contains(&found) {
            continue;
        }
        codes.list.push(Coding {
            system: found.0.as_deref().map(Box::from),
            code: Some(Box::from(&*found.1)),
        });
        seen.insert(found);
    }
    codes
}

fn key(coding: &Coding) -> Option<Key<'_>> {
    let system = coding.system.as_deref().map(Cow::Borrowed);
    Some((system, Cow::Borrowed(coding.code.as_deref()?)))
}

/// Where the Codings begin that have a list of their own in the header, which no code list looks
/// at: those of state, interpretation and labels. In order.
fn places_of_others(resource: Value<'_>) -> Vec<u32> {
    let meta = resource.get("meta");
    let labels = ["tag", "security"]
        .into_iter()
        .filter_map(|name| meta?.get(name))
        .flat_map(Value::items);
    let components = resource.get("component").into_iter().flat_map(Value::items);
    let concepts = ["interpretation", "clinicalStatus", "verificationStatus"]
        .into_iter()
        .filter_map(|name| resource.get(name))
        .chain(components.filter_map(|component| component.get("interpretation")));
    let codings = concepts
        .flat_map(|concept| std::iter::once(concept).chain(concept.items()))
        .filter_map(|concept| concept.get("coding"))
        .flat_map(Value::items);
    let codings = labels.chain(codings);
    let mut places: Vec<_> = codings.map(|coding| coding.span().start).collect();
    places.sort_unstable();
    places
}

#[derive(Default)]
struct Walk<'a> {
    /// With the offset at which each begins.
    found: Vec<(u32, Key<'a>)>,
    unreadable: bool,
}

impl<'a> Walk<'a> {
    /// What an object is by its members, or has by their names. An object with a `value` is a
    /// Quantity, whose code is a unit.
    fn object(&mut self, object: Value<'a>) {
        let (mut system, mut code, mut is_quantity) = (None, None, false);
        for member in object.children() {
            match member.name().as_deref() {
                Some("system") => system = member.text(),
                Some("code") => code = member.text(),
                Some("value") => is_quantity = true,
                Some("coding") => self.codings(member),
                Some("valueCoding") => self.coding(member),
                // `Coverage.class` is a list of something else.
                Some("class") if member.kind() == Kind::Object => self.coding(member),
                _ => {}
            }
        }
        if let (Some(system), Some(code), false) = (system, code, is_quantity) {
            self.found.push((object.span().start, (Some(system), code)));
        }
    }

    fn codings(&mut self, list: Value<'a>) {
        if list.kind() == Kind::Array {
            list.items().for_each(|item| self.coding(item));
        } else {
            self.unreadable = true;
        }
    }

    fn coding(&mut self, coding: Value<'a>) {
        let (system, code) = (coding.get("system"), coding.get("code"));
        let is_text = |member: Option<Value<'_>>| member.is_none_or(|it| it.kind() == Kind::String);
        if coding.kind() != Kind::Object || !is_text(system) || !is_text(code) {
            self.unreadable = true;
        } else if let Some(code) = code.and_then(Value::text) {
            let key = (system.and_then(Value::text), code);
            self.found.push((coding.span().start, key));
        }
    }
}
