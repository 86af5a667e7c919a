//! Who else takes part in an Appointment: other patients are taken out of it.

use crate::header::{HeaderError, Record, read_edited};
use crate::json::{Tree, Value};
use crate::owner::Asked;
use crate::prune;
use crate::resource_type::ResourceType;
use crate::splice::splice;

/// An Appointment without the participants who are other patients, or of whom that cannot be ruled
/// out: an actor is kept when it is this patient (`patient` at `base`, see [`crate::ownership`]),
/// a literal reference to something that is no Patient, or has a `type` that says so. Every other
/// byte is as it was, and every other type is handed back as it came.
pub fn without_other_patients(
    record: Record,
    patient: &str,
    base: &str,
) -> Result<Record, HeaderError> {
    if record.header.resource_type != ResourceType::Appointment {
        return Ok(record);
    }
    let this = Asked { patient, base };
    let edits = {
        let tree = Tree::parse_edited(&record.bytes)?;
        let participants = tree.root().get("participant").into_iter();
        let others = participants
            .flat_map(Value::items)
            .filter(|participant| {
                participant
                    .get("actor")
                    .is_some_and(|actor| !may_stay(&this, actor))
            })
            .map(|participant| (participant, true));
        prune::edits(tree.root(), others)
    };
    if edits.is_empty() {
        return Ok(record);
    }
    let bytes = splice(&record.bytes, edits);
    let header = read_edited(&bytes)?;
    Ok(Record { header, bytes })
}

fn may_stay(this: &Asked<'_>, actor: Value<'_>) -> bool {
    let text = |name: &str| actor.get(name).and_then(Value::text);
    if let Some(target) = text("reference") {
        // What is contained passes a check of its own, by which no Patient is.
        return target.starts_with('#') || this.is_named_by(&target) || this.is_no_patient(&target);
    }
    text("type").is_some_and(|name| name != "Patient")
}
