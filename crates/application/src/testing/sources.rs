//! Sources in memory that remember their calls.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use portal_domain::disclosure::{Fetched, Room};
use portal_domain::source::RecordSet;
use portal_fhir::{Limits, Record, read_header};
use tokio::sync::Semaphore;

use crate::ports::{
    Clock as _, Content, ContentRequest, PatientQuery, SourceError, SourceRequest, Sources,
};

use super::TestClock;

/// A call: which set, and which record of it.
pub(crate) type Call = (RecordSet, Option<String>);

pub(crate) struct MemorySources {
    clock: Arc<TestClock>,
    held: Mutex<HashMap<RecordSet, Result<Vec<String>, SourceError>>>,
    calls: Mutex<Vec<Call>>,
    gate: Semaphore,
    contents: Mutex<HashMap<String, Vec<Bytes>>>,
    /// The Patients that sources answer with, whatever identifier they are asked for.
    patients: Mutex<Result<Vec<String>, SourceError>>,
    /// By which ids patients were asked for.
    asked_for: Mutex<Vec<String>>,
}

impl MemorySources {
    pub(crate) fn new(clock: Arc<TestClock>) -> Self {
        Self {
            clock,
            held: Mutex::default(),
            calls: Mutex::default(),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
            contents: Mutex::default(),
            patients: Mutex::new(Ok(Vec::new())),
            asked_for: Mutex::default(),
        }
    }

    /// What a source holds of a set; nothing until told.
    pub(crate) fn hold(&self, set: RecordSet, texts: Vec<String>) {
        self.held.lock().unwrap().insert(set, Ok(texts));
    }

    /// The Patients that sources have of every identifier.
    pub(crate) fn name_patients(&self, answer: Result<Vec<String>, SourceError>) {
        *self.patients.lock().unwrap() = answer;
    }

    /// By which ids patients were asked for since the last time.
    pub(crate) fn take_asked_for(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked_for.lock().unwrap())
    }

    /// The content of a Binary, in chunks.
    pub(crate) fn hold_content(&self, id: &str, chunks: &[&'static str]) {
        let chunks = chunks
            .iter()
            .map(|chunk| Bytes::from_static(chunk.as_bytes()));
        let mut contents = self.contents.lock().unwrap();
        contents.insert(id.to_owned(), chunks.collect());
    }

    pub(crate) fn fail(&self, set: RecordSet, error: SourceError) {
        self.held.lock().unwrap().insert(set, Err(error));
    }

    /// Lets calls wait until [`MemorySources::open`].
    pub(crate) fn close(&self) {
        self.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    pub(crate) fn open(&self) {
        self.gate.add_permits(1_000);
    }

    /// The calls since the last time, in an order of their own.
    pub(crate) fn take_calls(&self) -> Vec<Call> {
        let mut calls = std::mem::take(&mut *self.calls.lock().unwrap());
        calls.sort();
        calls
    }
}

#[async_trait]
impl Sources for MemorySources {
    async fn fetch(&self, request: &SourceRequest) -> Result<Fetched, SourceError> {
        let id = (!request.ids.is_empty()).then(|| request.ids.join(","));
        self.calls.lock().unwrap().push((request.set, id));
        let named = request.target.at_source().as_str().to_owned();
        self.asked_for.lock().unwrap().push(named);
        let _pass = self.gate.acquire().await.expect("never closed for good");
        let held = self.held.lock().unwrap().get(&request.set).cloned();
        let texts = held.unwrap_or_else(|| Ok(Vec::new()))?;
        let records = texts.iter().map(|text| record(text));
        let asked = |record: &Record| {
            let ids = &request.ids;
            ids.is_empty() || ids.contains(&record.header.id)
        };
        Ok(Fetched {
            records: records.filter(asked).collect(),
            unreadable: 0,
            capped: false,
            as_of: self.clock.now(),
            room: Room::default(),
        })
    }

    async fn patients(&self, query: &PatientQuery) -> Result<Fetched, SourceError> {
        let asked = format!("{}|{}", query.system, query.value);
        self.asked_for.lock().unwrap().push(asked);
        let texts = self.patients.lock().unwrap().clone()?;
        Ok(Fetched {
            records: texts.iter().map(|text| record(text)).collect(),
            unreadable: 0,
            capped: false,
            as_of: self.clock.now(),
            room: Room::default(),
        })
    }

    async fn open(&self, request: &ContentRequest) -> Result<Option<Content>, SourceError> {
        let call = (RecordSet::Binaries, Some(request.id.to_string()));
        self.calls.lock().unwrap().push(call);
        let held = self.contents.lock().unwrap().get(&*request.id).cloned();
        Ok(held.map(|chunks| Content {
            media_type: "text/plain",
            length: None,
            chunks: stream::iter(chunks).map(Ok).boxed(),
        }))
    }
}

fn record(text: &str) -> Record {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    let header = read_header(&bytes, &Limits::default()).expect("a readable resource");
    Record { header, bytes }
}
