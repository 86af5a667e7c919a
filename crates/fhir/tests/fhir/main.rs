//! The rules of the crate through its public face.

mod address;
mod bundle;
mod codings;
mod elements;
mod header;
mod json;
mod owner;
mod parties;
mod restricted;
mod search;
mod splice;
mod subject_matter;
mod synthea;
mod values;

use bytes::Bytes;
use portal_fhir::{Header, HeaderError, Limits, Record, read_header};

fn header(text: &str) -> Result<Header, HeaderError> {
    read_header(text.as_bytes(), &Limits::default())
}

fn record(text: &str) -> Record {
    Record {
        header: header(text).expect("a sound sample"),
        bytes: Bytes::copy_from_slice(text.as_bytes()),
    }
}

fn value(bytes: &[u8]) -> serde_json::Value {
    serde_json::from_slice(bytes).expect("a sound sample")
}
