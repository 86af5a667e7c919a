//! Restricted extensions: what a source marks `x-privacyTier: restricted` is shown to nobody.

use crate::header::{HeaderError, Record, read_edited};
use crate::json::{Kind, Tree, Value};
use crate::prune;
use crate::splice::splice;

const TIER: &str = "x-privacyTier";
const RESTRICTED: &str = "restricted";
const LISTS: [&str; 2] = ["extension", "modifierExtension"];

/// The record without its restricted Extensions, wherever they stand, contained resources and the
/// companions of primitives (`_birthDate`) included; every other byte is as it was. An Extension
/// is restricted when it
///
/// - has a member `x-privacyTier` that says `restricted`, or
/// - has an Extension `x-privacyTier` that says so by its `value[x]`: one whose `url` is that or
///   ends in `/x-privacyTier`, or
/// - is that Extension, on whatever element it stands; the element itself stays.
///
/// It is said, in whatever case, by a text, a Coding with that code, or a `CodeableConcept`.
///
/// What is empty without them goes too, because FHIR has no empty objects and arrays (FHIR R4
/// 2.6.2), and so does an Extension that is left with its `url` alone (ext-1). In the companion of
/// a list `null` keeps the place. A record without a restricted Extension is handed back as it
/// came, uncopied.
///
/// What decides about showing the record is to be read before: labels and codes may go as well.
pub fn strip_restricted(record: Record) -> Result<Record, HeaderError> {
    if !may_name_the_tier(&record.bytes) {
        return Ok(record);
    }
    let edits = {
        let tree = Tree::parse_edited(&record.bytes)?;
        prune::edits(tree.root(), extensions(tree.root()))
    };
    if edits.is_empty() {
        return Ok(record);
    }
    let bytes = splice(&record.bytes, edits);
    let header = read_edited(&bytes)?;
    Ok(Record { header, bytes })
}

/// Whether the bytes name the tier. Only `\u` can hide letters, so text with it must be read.
fn may_name_the_tier(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).map_or(true, |text| {
        text.contains("privacyTier") || text.contains("\\u")
    })
}

/// Every Extension of a document with whether it is restricted. One that stands where a list of
/// them should counts as well, so that malformed ones do not pass.
fn extensions(root: Value<'_>) -> impl Iterator<Item = (Value<'_>, bool)> {
    root.descendants()
        .filter(|value| LISTS.iter().any(|list| value.is_named(list)))
        .flat_map(each)
        .map(|extension| (extension, is_restricted(extension)))
}

/// The items of a list, or the one thing that stands in its place.
fn each(list: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    let single = (list.kind() == Kind::Object).then_some(list);
    single.into_iter().chain(list.items())
}

fn is_restricted(extension: Value<'_>) -> bool {
    extension.get(TIER).is_some_and(says_restricted)
        || is_mark(extension)
        || LISTS
            .iter()
            .filter_map(|list| extension.get(list))
            .flat_map(each)
            .any(is_mark)
}

fn is_mark(extension: Value<'_>) -> bool {
    let names_the_tier = extension
        .get("url")
        .and_then(Value::text)
        .is_some_and(|url| url.strip_suffix(TIER).is_some_and(ends_a_path));
    names_the_tier
        && extension
            .children()
            .filter(|member| member.name().is_some_and(|name| name.starts_with("value")))
            .any(says_restricted)
}

fn ends_a_path(before: &str) -> bool {
    before.is_empty() || before.ends_with('/')
}

/// A text, a Coding with that code, or a `CodeableConcept` with such a Coding.
fn says_restricted(value: Value<'_>) -> bool {
    let is_it = |text: Option<Value<'_>>| {
        text.and_then(Value::text)
            .is_some_and(|text| text.eq_ignore_ascii_case(RESTRICTED))
    };
    let mut codings = value.get("coding").into_iter().flat_map(Value::items);
    is_it(Some(value)) || is_it(value.get("code")) || codings.any(|it| is_it(it.get("code")))
}
