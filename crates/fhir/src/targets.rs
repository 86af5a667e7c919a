//! What a Provenance is about: targets that are not shown are taken out of it.

use crate::header::{HeaderError, Record, read_edited};
use crate::json::{Tree, Value};
use crate::prune;
use crate::splice::splice;

/// A Provenance without the targets that `shown` does not know by their literal references; every
/// other byte is as it was. `None` when no target is left. A target without a literal reference
/// tells of nothing that is known to be shown.
pub fn retain_targets(
    record: &Record,
    shown: impl Fn(&str) -> bool,
) -> Result<Option<Record>, HeaderError> {
    let edits = {
        let tree = Tree::parse_edited(&record.bytes)?;
        let targets = tree.root().get("target").into_iter();
        let targets: Vec<Value<'_>> = targets.flat_map(Value::items).collect();
        let is_shown = |target: &Value<'_>| {
            let reference = target.get("reference").and_then(Value::text);
            reference.is_some_and(|reference| shown(&reference))
        };
        if !targets.iter().any(is_shown) {
            return Ok(None);
        }
        let hidden = targets.into_iter().filter(|target| !is_shown(target));
        prune::edits(tree.root(), hidden.map(|target| (target, true)))
    };
    if edits.is_empty() {
        return Ok(Some(record.clone()));
    }
    let bytes = splice(&record.bytes, edits);
    let header = read_edited(&bytes)?;
    Ok(Some(Record { header, bytes }))
}
