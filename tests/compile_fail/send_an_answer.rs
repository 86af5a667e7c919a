// E0599: an answer has no bytes before its event is durable.
use portal_domain::disclosure::{Answer, Disclosed};

fn send(answer: &Answer) -> Vec<Disclosed<'_>> {
    answer.records().collect()
}

fn main() {}
