//! Code lists: which codes of which systems are sensitive, by category.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use portal_fhir::Coding;
use serde_json::Value;

use crate::document::{DocumentFault, Items, Members};

use super::{SensitivityCategory, SensitivitySet};

/// The lists that are shipped; a tenant may replace them whole.
const SHIPPED: &str = include_str!("../../data/sensitivity.json");
const MAX_ENTRIES: usize = 20_000;
const MAX_CODE: usize = 64;

/// Codes by system and category. A code that ends in `*` stands for all that begin so.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CodeLists {
    by_system: HashMap<Box<str>, Codes>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Codes {
    exact: HashMap<Box<str>, SensitivitySet>,
    // By length, so that a look-up tries each length that occurs once.
    prefixes: HashMap<Box<str>, SensitivitySet>,
    prefix_lengths: BTreeSet<usize>,
}

/// What is wrong with lists; each fault with its place.
pub type CodeListsInvalid = Vec<DocumentFault>;

static DEFAULT: LazyLock<Arc<CodeLists>> = LazyLock::new(|| {
    let document: Value = serde_json::from_str(SHIPPED).expect("the shipped lists are JSON");
    let lists = CodeLists::parse(&document, "").expect("the shipped lists are readable");
    Arc::new(lists)
});

impl CodeLists {
    /// The lists that are shipped as data.
    pub fn shipped() -> Arc<Self> {
        Arc::clone(&DEFAULT)
    }

    /// Reads `{category: [{system, codes[]}]}`; every fault with its pointer below `pointer`.
    pub fn parse(document: &Value, pointer: &str) -> Result<Self, CodeListsInvalid> {
        let mut faults = Vec::new();
        let mut lists = Self::default();
        let mut entries = 0;
        let members = Members::of(document, pointer, &mut faults);
        for (name, value, place) in members.all() {
            let Some(category) = SensitivityCategory::parse(name) else {
                faults.push(DocumentFault::at(place, "is not a sensitive category"));
                continue;
            };
            for (item, place) in Items::of(value, &place, &mut faults).all() {
                entries += lists.add(category, item, &place, &mut faults);
            }
        }
        if entries > MAX_ENTRIES {
            faults.push(DocumentFault::at(pointer, "holds more than 20,000 codes"));
        }
        if faults.is_empty() {
            Ok(lists)
        } else {
            Err(faults)
        }
    }

    fn add(
        &mut self,
        category: SensitivityCategory,
        item: &Value,
        place: &str,
        faults: &mut Vec<DocumentFault>,
    ) -> usize {
        let mut members = Members::of(item, place, faults);
        let system = members.text("system", "expected a code system's URI", |text| {
            (!text.is_empty() && text.len() <= 200).then(|| Box::<str>::from(text))
        });
        let codes = members.texts(
            "codes",
            "expected 1 to 64 characters, `*` only at the end",
            code,
        );
        members.finish();
        let (Some(system), Some(codes)) = (system, codes) else {
            return 0;
        };
        let of_system = self.by_system.entry(system).or_default();
        let count = codes.len();
        for code in codes {
            of_system.add(&code, category);
        }
        count
    }

    /// The categories that a coding touches. Without a system a code is looked for in all.
    pub fn of(&self, coding: &Coding) -> SensitivitySet {
        let Some(code) = coding.code.as_deref() else {
            return SensitivitySet::NONE;
        };
        match coding.system.as_deref() {
            Some(system) => self
                .by_system
                .get(system)
                .map_or(SensitivitySet::NONE, |codes| codes.of(code)),
            None => self
                .by_system
                .values()
                .fold(SensitivitySet::NONE, |set, codes| set.union(codes.of(code))),
        }
    }
}

impl Codes {
    fn add(&mut self, code: &str, category: SensitivityCategory) {
        let (text, codes) = match code.strip_suffix('*') {
            Some(prefix) => {
                self.prefix_lengths.insert(prefix.len());
                (prefix, &mut self.prefixes)
            }
            None => (code, &mut self.exact),
        };
        let set = codes.entry(text.into()).or_default();
        *set = set.with(category);
    }

    fn of(&self, code: &str) -> SensitivitySet {
        let exact = self.exact.get(code).copied().unwrap_or_default();
        self.prefix_lengths
            .iter()
            .filter_map(|length| self.prefixes.get(code.get(..*length)?))
            .fold(exact, |set, more| set.union(*more))
    }
}

fn code(text: &str) -> Option<Box<str>> {
    let body = text.strip_suffix('*').unwrap_or(text);
    let good = !body.is_empty() && text.len() <= MAX_CODE && !body.contains('*');
    (good && !text.chars().any(char::is_control)).then(|| text.into())
}
