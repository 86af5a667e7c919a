//! What counts as sensitive.

mod classes;
mod code_lists;
mod labels;
mod sets;

use portal_fhir::{Coding, Header};
use serde_json::{Value, json};

use super::{
    CodeLists, LabelMode, SensitivityCategory, SensitivityClass, SensitivitySet, classify,
};
use crate::testing::record;

fn coding(system: Option<&str>, code: Option<&str>) -> Coding {
    Coding {
        system: system.map(Box::from),
        code: code.map(Box::from),
    }
}

fn sensitive(categories: &[SensitivityCategory]) -> SensitivityClass {
    SensitivityClass {
        categories: SensitivitySet::of(categories.iter().copied()),
        undetermined: false,
    }
}

const HARMLESS: SensitivityClass = SensitivityClass {
    categories: SensitivitySet::NONE,
    undetermined: false,
};

/// The header of a resource with these members.
fn header(kind: &str, members: &Value) -> Header {
    let mut resource = json!({"resourceType": kind, "id": "1"});
    let object = resource.as_object_mut().unwrap();
    object.extend(members.as_object().unwrap().clone());
    record(&resource.to_string()).header
}
