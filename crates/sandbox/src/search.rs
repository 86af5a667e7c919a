//! Searches as the sources understand them (FHIR R4 3.1.1): repeated
//! parameters all hold, comma-separated values are alternatives.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::form_urlencoded;

use crate::record::{Record, Token};

const DEFAULT_COUNT: usize = 50;
const MAX_COUNT: usize = 500;
const PAGE: &str = "_page";

/// The query cannot be read. Carries no input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidSearch {
    #[error("_count is not a number from 1 on")]
    Count,
    #[error("_page is not a token of this server")]
    Page,
}

/// A search: what must match, and which part of it is asked for.
pub(crate) struct Search {
    query: String,
    criteria: Vec<(Criterion, String)>,
    pub(crate) count: usize,
    pub(crate) offset: usize,
}

#[derive(Clone, Copy)]
enum Criterion {
    Patient,
    Category,
    Code,
    Identifier,
    Id,
    Status,
}

impl Criterion {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "patient" | "subject" | "beneficiary" => Self::Patient,
            "category" => Self::Category,
            "code" => Self::Code,
            "identifier" => Self::Identifier,
            "_id" => Self::Id,
            "status" => Self::Status,
            _ => return None,
        })
    }
}

impl Search {
    /// Reads a query text; parameters that are not known are passed over.
    pub(crate) fn parse(query: &str) -> Result<Self, InvalidSearch> {
        let page = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == PAGE);
        match page {
            Some((_, token)) => {
                let (offset, query) = open(&token).ok_or(InvalidSearch::Page)?;
                Self::first(&query).map(|search| Self { offset, ..search })
            }
            None => Self::first(query),
        }
    }

    fn first(query: &str) -> Result<Self, InvalidSearch> {
        let mut count = DEFAULT_COUNT;
        let mut criteria = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if name == "_count" {
                count = value
                    .parse()
                    .ok()
                    .filter(|count| *count > 0)
                    .ok_or(InvalidSearch::Count)?;
            } else if let Some(criterion) = Criterion::named(&name) {
                criteria.push((criterion, value.into_owned()));
            }
        }
        Ok(Self {
            query: query.to_owned(),
            criteria,
            count: count.min(MAX_COUNT),
            offset: 0,
        })
    }

    /// The query text of the page that begins at `offset`: one opaque token.
    pub(crate) fn page_from(&self, offset: usize) -> String {
        format!(
            "{PAGE}={}",
            URL_SAFE_NO_PAD.encode(format!("{offset}?{}", self.query))
        )
    }

    /// The query text that the first page was asked by.
    pub(crate) fn first_query(&self) -> &str {
        &self.query
    }

    /// The query text of this very page.
    pub(crate) fn own_query(&self) -> String {
        if self.offset == 0 {
            self.query.clone()
        } else {
            self.page_from(self.offset)
        }
    }

    /// Whether every parameter matches; `listed_for` counts as one of the
    /// record's patients.
    pub(crate) fn matches(&self, record: &Record, listed_for: Option<&str>) -> bool {
        self.criteria.iter().all(|(criterion, values)| {
            values.split(',').any(|value| match criterion {
                Criterion::Patient => {
                    let id = patient_id(value);
                    listed_for == Some(id) || record.patients.iter().any(|own| own == id)
                }
                Criterion::Category => has(&record.categories, value),
                Criterion::Code => has(&record.codes, value),
                Criterion::Identifier => has(&record.identifiers, value),
                Criterion::Id => record.id == value,
                Criterion::Status => record.status.as_deref() == Some(value),
            })
        })
    }

    /// The first patient that the search names.
    pub(crate) fn first_patient(&self) -> Option<String> {
        let mut named = self.criteria.iter();
        let (_, values) = named.find(|(criterion, _)| matches!(criterion, Criterion::Patient))?;
        values
            .split(',')
            .next()
            .map(|value| patient_id(value).to_owned())
    }

    /// Whether the search asks for this patient by id.
    pub(crate) fn names_patient(&self, id: &str) -> bool {
        self.criteria.iter().any(|(criterion, values)| {
            matches!(criterion, Criterion::Patient | Criterion::Id)
                && values.split(',').any(|value| patient_id(value) == id)
        })
    }
}

fn open(token: &str) -> Option<(usize, String)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (offset, query) = text.split_once('?')?;
    Some((offset.parse().ok()?, query.to_owned()))
}

fn patient_id(value: &str) -> &str {
    value.strip_prefix("Patient/").unwrap_or(value)
}

/// A token search value (FHIR R4 3.1.1.4.10): `code`, `system|code`, `|code`
/// or `system|`.
fn has(tokens: &[Token], value: &str) -> bool {
    tokens.iter().any(|token| match value.split_once('|') {
        None => token.code == value,
        Some((system, "")) => token.system == system,
        Some((system, code)) => token.system == system && token.code == code,
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    fn matches(query: &str) -> bool {
        let text = br#"{"resourceType":"Observation","id":"o1","status":"final","subject":{"reference":"Patient/p"},
            "category":[{"coding":[{"system":"s","code":"laboratory"}]},{"coding":[{"code":"other"}]}]}"#;
        let record = Record::read(Bytes::from_static(text)).unwrap();
        Search::parse(query).unwrap().matches(&record, None)
    }

    #[test]
    fn both_spellings_of_a_patient_and_every_spelling_of_a_token_match() {
        for query in [
            "",
            "patient=p",
            "patient=Patient/p",
            "subject=Patient%2Fp",
            "patient=x,p",
            "_id=o1",
            "category=laboratory",
            "category=s|laboratory",
            "category=s%7C",
            "category=|other",
            "status=final&category=laboratory&unknown=1",
        ] {
            assert!(matches(query), "{query}");
        }
        for query in [
            "patient=P",
            "patient=p1",
            "category=lab",
            "category=t|laboratory",
            "category=|laboratory",
            "status=final&status=amended",
            "_id=o",
        ] {
            assert!(!matches(query), "{query}");
        }
    }

    #[test]
    fn a_count_or_page_that_cannot_be_read_is_refused() {
        assert_eq!(Search::parse("_count=0").err(), Some(InvalidSearch::Count));
        assert_eq!(Search::parse("_count=x").err(), Some(InvalidSearch::Count));
        assert_eq!(Search::parse("_page=!").err(), Some(InvalidSearch::Page));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_page_token_leads_back_to_its_search(offset in 1_usize..10_000, value in "[a-z|,/]{0,20}") {
            let query: String =
                form_urlencoded::Serializer::new(String::new()).append_pair("patient", &value).finish();
            let page = Search::parse(&Search::parse(&query).unwrap().page_from(offset)).unwrap();
            prop_assert_eq!(page.offset, offset);
            prop_assert_eq!(page.query, query);
        }

        #[test]
        fn no_query_panics(query in ".{0,100}") {
            let _ = Search::parse(&query);
        }
    }
}
