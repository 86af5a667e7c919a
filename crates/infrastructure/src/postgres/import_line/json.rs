//! A line as JSON: the one member that it has, and what is wrong with its form at any depth.

use portal_domain::document::{DocumentFault, FaultKind, parse_strict};
use serde_json::{Map, Value};

use super::{LineFault, place};

/// What a line holds.
pub(super) struct OneMember {
    /// Which kind of line it is.
    pub(super) name: String,
    /// The members of that member.
    pub(super) members: Map<String, Value>,
    /// Names that stand twice in one object, and texts that cannot be stored.
    pub(super) faults: Vec<LineFault>,
}

/// Reads an object of one member that is an object.
pub(super) fn parse(text: &str) -> Option<OneMember> {
    let (value, faults) = parse_strict(text.as_bytes()).ok()?;
    let Value::Object(line) = value else {
        return None;
    };
    let mut members = line.into_iter();
    let (Some((name, Value::Object(members))), None) = (members.next(), members.next()) else {
        return None;
    };
    // The same kind twice is two lines in one.
    let twice = |fault: &DocumentFault| {
        fault.kind() == FaultKind::DuplicateMember && fault.pointer == place("", &name)
    };
    if faults.iter().any(twice) {
        return None;
    }
    Some(OneMember {
        name,
        members,
        faults: faults.into_iter().map(LineFault::from).collect(),
    })
}
