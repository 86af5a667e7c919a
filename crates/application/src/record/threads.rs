//! Messages, thread by thread. A Communication is of the thread of that which it is part of or
//! answers (`partOf`, `inResponseTo`), as far as the caller may see that: what is hidden joins
//! nothing, so that no thread tells of it. A thread has the id of its first message.

use std::collections::HashMap;

use async_trait::async_trait;
use portal_domain::access::{Action, PatientGrant};
use portal_domain::disclosure::{Answer, Group, ReleasedRecord};
use portal_domain::source::RecordSet;
use portal_fhir::{Header, Sort, SortKey, sort_key};

use crate::answer::{Completeness, Withheld};
use crate::caller::Caller;
use crate::error::AccessError;
use crate::input::Parameters;
use crate::look::{Look, Seen};
use crate::operation;
use crate::portal::Inner;

use super::Reading;
use super::paging::{Page, binding, page};
use super::search::{matching, missing};

/// The group of an answer that holds messages.
pub const MESSAGES: &str = "messages";

const SETS: [RecordSet; 1] = [RecordSet::Communications];

/// `GET /v1/portal/messages`
pub(crate) struct ThreadsPage<'a> {
    pub(crate) raw: &'a [(String, String)],
}

/// `GET /v1/portal/messages/{threadId}`
pub(crate) struct OneThread<'a> {
    pub(crate) id: &'a str,
    pub(crate) raw: &'a [(String, String)],
}

/// What is said about threads.
pub(crate) struct ThreadsAbout {
    pub(crate) lengths: Vec<usize>,
    pub(crate) patient: String,
    pub(crate) next: Option<String>,
    pub(crate) withheld: Withheld,
    pub(crate) completeness: Completeness,
}

/// A thread: its first message, and then the others, oldest first.
struct Thread {
    newest: SortKey,
    messages: Vec<ReleasedRecord>,
}

#[async_trait]
impl Look for ThreadsPage<'_> {
    type About = ThreadsAbout;

    fn action(&self) -> Action {
        operation::LIST_THREADS
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        caller: &Caller,
    ) -> Result<Seen<ThreadsAbout>, AccessError> {
        let parameters = Parameters::read(self.raw, &["limit", "cursor"])?;
        let limit = parameters.limit()?;
        let binding = binding(grant, &parameters.fingerprint());
        let after: Option<SortKey> = portal.unseal(&binding, parameters.get("cursor"))?;
        let mut reading = Reading::new(&portal.loader, grant, caller);
        let threads = threads(&mut reading).await?;
        let key = |thread: &Thread| thread.newest.clone();
        let Page { items, next } = page(threads, after.as_ref(), limit, key);
        let next = next.map(|key| portal.seal(&binding, &key));
        Ok(seen(&mut reading, items, next).await)
    }
}

#[async_trait]
impl Look for OneThread<'_> {
    type About = ThreadsAbout;

    fn action(&self) -> Action {
        operation::GET_THREAD
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        caller: &Caller,
    ) -> Result<Seen<ThreadsAbout>, AccessError> {
        Parameters::read(self.raw, &[])?;
        let mut reading = Reading::new(&portal.loader, grant, caller);
        let mut threads = threads(&mut reading).await?;
        let is_it = |thread: &Thread| {
            let mut messages = thread.messages.iter();
            messages
                .next()
                .is_some_and(|it| &*it.header().id == self.id)
        };
        threads.retain(is_it);
        if threads.is_empty() {
            return Err(AccessError::NotFound);
        }
        Ok(seen(&mut reading, threads, None).await)
    }
}

async fn seen(
    reading: &mut Reading<'_>,
    threads: Vec<Thread>,
    next: Option<String>,
) -> Seen<ThreadsAbout> {
    let lengths = threads.iter().map(|thread| thread.messages.len()).collect();
    let messages = threads.into_iter().flat_map(|it| it.messages).collect();
    let patient = reading.grant().patient().and_then(|patient| {
        let addresses = reading.rules().addresses();
        addresses.outward_patient(patient.id().as_str())
    });
    let about = ThreadsAbout {
        lengths,
        patient: patient.unwrap_or_default(),
        next,
        withheld: reading.said_of_withheld(None, |_| true),
        completeness: reading.completeness(&SETS),
    };
    let group = Group {
        name: MESSAGES,
        records: reading.masked(messages).await,
    };
    Seen {
        answer: Answer::new(vec![group]),
        about,
    }
}

/// The threads of what is visible, the one with the newest message first.
async fn threads(reading: &mut Reading<'_>) -> Result<Vec<Thread>, AccessError> {
    reading.load(&SETS).await;
    missing(reading, &SETS)?;
    let zone = &reading.grant().tenant().time_zone;
    let messages = matching(reading, &SETS, Sort::default(), zone, |_| true);
    let roots = roots(messages.iter().map(ReleasedRecord::header));
    let mut places: HashMap<Box<str>, usize> = HashMap::new();
    let mut threads: Vec<Thread> = Vec::new();
    // Newest first, so that threads come in the order of their newest messages.
    for (message, root) in messages.into_iter().zip(roots) {
        let place = *places.entry(root).or_insert(threads.len());
        if place == threads.len() {
            let newest = sort_key(message.header(), Sort::default(), zone);
            let messages = Vec::new();
            threads.push(Thread { newest, messages });
        }
        threads[place].messages.push(message);
    }
    let roots: HashMap<usize, Box<str>> = places.into_iter().map(|(id, at)| (at, id)).collect();
    for (place, thread) in threads.iter_mut().enumerate() {
        thread.messages.reverse();
        let is_root = |it: &ReleasedRecord| Some(&it.header().id) == roots.get(&place);
        // A stable sort: the first message leads, whenever it says that it was sent.
        thread.messages.sort_by_key(|message| !is_root(message));
    }
    Ok(threads)
}

/// For each message the id of the one that its thread began with. Of messages that answer each
/// other in a circle the one with the least id.
fn roots<'a>(messages: impl Iterator<Item = &'a Header> + Clone) -> Vec<Box<str>> {
    let there: HashMap<&str, &Header> = messages.clone().map(|it| (&*it.id, it)).collect();
    let parent = |id: &str| {
        let header = there.get(id)?;
        let part_of = header.references_at("partOf");
        let mut above = part_of.chain(header.references_at("inResponseTo"));
        above.find_map(|reference| {
            let id = reference.target.strip_prefix("Communication/")?;
            there.get_key_value(id).map(|(id, _)| *id)
        })
    };
    let mut known: HashMap<&str, &str> = HashMap::new();
    for message in messages.clone() {
        let mut path: Vec<&str> = vec![&message.id];
        let root = loop {
            let last = path[path.len() - 1];
            if let Some(root) = known.get(last) {
                break *root;
            }
            match parent(last) {
                None => break last,
                Some(above) => match path.iter().position(|id| *id == above) {
                    None => path.push(above),
                    Some(begin) => break path[begin..].iter().min().copied().unwrap_or(last),
                },
            }
        };
        known.extend(path.into_iter().map(|id| (id, root)));
    }
    messages
        .map(|message| {
            known
                .get(&*message.id)
                .map_or(&*message.id, |root| *root)
                .into()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use portal_fhir::{Limits, read_header};

    use super::*;

    fn message(id: &str, element: &str, above: &[&str]) -> Header {
        let references: Vec<String> = above
            .iter()
            .map(|id| format!(r#"{{"reference":"Communication/{id}"}}"#))
            .collect();
        let text = format!(
            r#"{{"resourceType":"Communication","id":"{id}","subject":{{"reference":"Patient/p"}},"{element}":[{}]}}"#,
            references.join(",")
        );
        read_header(text.as_bytes(), &Limits::default()).unwrap()
    }

    fn roots_of(messages: &[Header]) -> Vec<String> {
        let roots = roots(messages.iter());
        roots.into_iter().map(String::from).collect()
    }

    #[test]
    fn answers_and_parts_are_of_the_thread_that_they_lead_to() {
        let messages = [
            message("c", "inResponseTo", &["b"]),
            message("b", "partOf", &["a"]),
            message("a", "partOf", &[]),
            message("d", "partOf", &["hidden"]),
            message("e", "inResponseTo", &["hidden", "a"]),
        ];
        assert_eq!(roots_of(&messages), ["a", "a", "a", "d", "a"]);
    }

    #[test]
    fn circles_end() {
        let messages = [
            message("c", "inResponseTo", &["b"]),
            message("b", "inResponseTo", &["a"]),
            message("a", "inResponseTo", &["b"]),
            message("z", "inResponseTo", &["z"]),
        ];
        assert_eq!(roots_of(&messages), ["a", "a", "a", "z"]);
    }
}
