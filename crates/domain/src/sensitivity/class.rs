//! The class of one record: which sensitive categories it touches, as far as anybody can tell.

use portal_fhir::{Coding, Contained, Header, ResourceType};

use super::labels::{self, Label};
use super::{CodeLists, SensitivitySet};

/// How far a source's labels can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LabelMode {
    /// Everything is labelled; what has no label was forgotten.
    Complete,
    /// Labels may be there or not: code lists decide.
    None,
}

/// What is known of a record's sensitivity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SensitivityClass {
    /// The categories that it touches.
    pub categories: SensitivitySet,
    /// Whether it may touch others: a label is missing or unreadable, or nothing is coded. Nobody
    /// can tick that.
    pub undetermined: bool,
}

impl SensitivityClass {
    /// Whether somebody who may see these categories, and no others, may see the record.
    pub const fn is_within(self, visible: SensitivitySet) -> bool {
        !self.undetermined && self.categories.is_within(visible)
    }

    /// Nothing is known.
    pub const UNDETERMINED: Self = Self {
        categories: SensitivitySet::NONE,
        undetermined: true,
    };

    const HARMLESS: Self = Self {
        categories: SensitivitySet::NONE,
        undetermined: false,
    };
}

/// The class of a record, from its labels and, where these are not complete, its codes; those of
/// contained resources included. A Patient is who the record is about and a directory tells of
/// nobody's health, which is no finding: they have none.
pub fn classify(header: &Header, mode: LabelMode, lists: &CodeLists) -> SensitivityClass {
    if header.resource_type == ResourceType::Patient || header.resource_type.is_directory() {
        return SensitivityClass::HARMLESS;
    }
    let mut class = SensitivityClass::HARMLESS;
    add_labels(&mut class, header);
    match mode {
        LabelMode::Complete => class.undetermined |= header.security.is_empty(),
        LabelMode::None => add_codes(&mut class, header, lists),
    }
    class
}

fn add_labels(class: &mut SensitivityClass, header: &Header) {
    let inside = header.contained.iter().flat_map(|inner| &inner.security);
    for label in header.security.iter().chain(inside) {
        match labels::read(label) {
            Label::Neutral => {}
            Label::Sensitive(category) => class.categories = class.categories.with(category),
            Label::Unknown => class.undetermined = true,
        }
    }
    let mut contained = header.contained.iter();
    class.undetermined |= header.labels_unreadable || contained.any(Contained::is_unreadable);
}

fn add_codes(class: &mut SensitivityClass, header: &Header, lists: &CodeLists) {
    for coding in every_coding(header) {
        class.categories = class.categories.union(lists.of(coding));
    }
    class.undetermined |=
        header.codes_unreadable || header.other_codings_unreadable || !says_what_it_is(header);
}

fn every_coding(header: &Header) -> impl Iterator<Item = &Coding> {
    let inside = header
        .contained
        .iter()
        .flat_map(|inner| inner.codes.iter().chain(&inner.categories));
    header
        .codes
        .iter()
        .chain(&header.component_codes)
        .chain(&header.categories)
        .chain(&header.other_codings)
        .chain(inside)
}

/// Whether a code tells what the record is about: a status or a category is coded everywhere and
/// says nothing of the kind. Which elements do is a matter of the type.
fn says_what_it_is(header: &Header) -> bool {
    let mut inside = header.contained.iter().flat_map(|inner| &inner.codes);
    let is_code = |coding: &Coding| coding.code.is_some();
    header.subject_matter_coded
        || header.codes.iter().any(is_code)
        || header.component_codes.iter().any(is_code)
        || inside.any(is_code)
}
