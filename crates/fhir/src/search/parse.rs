//! From name and value pairs to a query.

use super::date::{DateFault, DateTest};
use super::order::Sort;
use super::parameters::{ParameterSpec, Target, TokenElement, find};
use super::query::{Filter, Query};
use super::tables::{includes, rev_includes};
use super::text::{fold, split, unescape};
use super::token::Token;
use super::{Handling, SearchError};
use crate::resource_type::ResourceType;

/// Results in a page at most.
const MAX_COUNT: usize = 100;

/// Whether a pair became part of the search.
enum Taken {
    /// It did, with this value.
    As(String),
    /// It is known and has no part in the search.
    Aside,
    /// It is not known.
    Unknown,
}

/// Parameters of one search.
const MAX_PARAMETERS: usize = 50;
/// Values of one search in all: each is tried on each record of a set.
const MAX_ALTERNATIVES: usize = 200;

impl Query {
    /// Reads the decoded pairs of a search. Repeated parameters all have to match, values between
    /// commas are alternatives (`\,` `\|` `\$` `\\` stand for themselves).
    ///
    /// Refused in any handling: a value that a parameter cannot have (the empty one included), a
    /// modifier, `ap`, chains, `_has`, `_filter`, `_query`, a `_summary` other than `count` and
    /// `false`. Unknown in the sense of `handling`: parameters that the type does not declare,
    /// includes likewise, an order that it does not declare.
    pub fn parse(
        resource_type: ResourceType,
        raw: &[(String, String)],
        handling: Handling,
    ) -> Result<Self, SearchError> {
        let alternatives: usize = raw.iter().map(|(_, value)| value.split(',').count()).sum();
        if raw.len() > MAX_PARAMETERS || alternatives > MAX_ALTERNATIVES {
            return Err(SearchError::Unsupported {
                name: "so many values",
            });
        }
        let mut query = Self::all(resource_type);
        for (position, (name, value)) in raw.iter().enumerate() {
            match query.take(name, value)? {
                Taken::As(value) => query.applied.push((name.clone(), value)),
                Taken::Unknown if handling == Handling::Strict => {
                    return Err(SearchError::Unknown { position });
                }
                Taken::Aside | Taken::Unknown => {}
            }
        }
        Ok(query)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<Taken, SearchError> {
        match name {
            "_count" => self.take_count(value),
            "_sort" => self.take_sort(value),
            "_summary" => self.take_summary(value),
            "_elements" => self.take_elements(value),
            "_format" | "_total" => Ok(Taken::Aside),
            "_include" => Ok(self.take_include(value)),
            "_revinclude" => Ok(self.take_rev_include(value)),
            "_filter" => Err(SearchError::Unsupported { name: "_filter" }),
            "_query" => Err(SearchError::Unsupported { name: "_query" }),
            _ => match find(self.resource_type, name) {
                Some(parameter) => {
                    self.add(parameter, value)?;
                    Ok(Taken::As(value.to_owned()))
                }
                None => self.undeclared(name),
            },
        }
    }

    /// A declared include, with or without the type of what it brings.
    fn take_include(&mut self, value: &str) -> Taken {
        let declared = includes(self.resource_type);
        let found = declared.iter().find(|include| {
            value.strip_prefix(include.name).is_some_and(|rest| {
                rest.is_empty() || rest.strip_prefix(':') == Some(include.target.as_str())
            })
        });
        let Some(include) = found else {
            return Taken::Unknown;
        };
        if !self.includes.contains(include) {
            self.includes.push(*include);
        }
        Taken::As(value.to_owned())
    }

    /// `Provenance:target` is the only one that a type declares.
    fn take_rev_include(&mut self, value: &str) -> Taken {
        let plain = value.strip_suffix(&format!(":{}", self.resource_type));
        let declared = rev_includes(self.resource_type);
        if !declared.contains(&plain.unwrap_or(value)) {
            return Taken::Unknown;
        }
        self.provenance = true;
        Taken::As(value.to_owned())
    }

    fn undeclared(&self, name: &str) -> Result<Taken, SearchError> {
        let base = name.split([':', '.']).next().unwrap_or_default();
        if base == "_include" || base == "_revinclude" {
            return Ok(Taken::Unknown);
        }
        if base == "_has" {
            return Err(SearchError::Unsupported { name: "_has" });
        }
        if name.contains('.') {
            return Err(SearchError::Unsupported { name: "chain" });
        }
        match find(self.resource_type, base) {
            Some(parameter) => Err(SearchError::Unsupported {
                name: parameter.name,
            }),
            None => Ok(Taken::Unknown),
        }
    }

    fn add(&mut self, parameter: &ParameterSpec, value: &str) -> Result<(), SearchError> {
        let name = parameter.name;
        self.filters.push(match parameter.target {
            Target::Patient => {
                let asked = texts(name, value)?;
                let id = |text: &String| text.strip_prefix("Patient/").unwrap_or(text).to_owned();
                self.patients.extend(asked.iter().map(id));
                return Ok(());
            }
            Target::Id => {
                let ids = texts(name, value)?;
                self.ids.get_or_insert_with(|| ids.clone());
                Filter::Id(ids)
            }
            Target::Token(element) => {
                let tokens = tokens(name, value)?;
                if element == TokenElement::Category {
                    self.categories.get_or_insert_with(|| tokens.clone());
                }
                Filter::Token(element, tokens)
            }
            Target::Date(element) => Filter::Date(element, date_tests(name, value)?),
            Target::Text(element) => {
                let starts = texts(name, value)?;
                Filter::Text(element, starts.iter().map(|text| fold(text)).collect())
            }
        });
        Ok(())
    }

    fn take_count(&mut self, value: &str) -> Result<Taken, SearchError> {
        let invalid = SearchError::Invalid { name: "_count" };
        let sound = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        if !sound || self.count.is_some() {
            return Err(invalid);
        }
        // A number too long for the machine is certainly above the maximum.
        let count = value.parse().unwrap_or(MAX_COUNT).min(MAX_COUNT);
        self.count = Some(count);
        Ok(Taken::As(count.to_string()))
    }

    fn take_sort(&mut self, value: &str) -> Result<Taken, SearchError> {
        if self.sort.is_some() {
            return Err(SearchError::Invalid { name: "_sort" });
        }
        let (name, sort) = match value.strip_prefix('-') {
            Some(name) => (name, Sort::DateDescending),
            None => (value, Sort::DateAscending),
        };
        if !find(self.resource_type, name).is_some_and(|parameter| parameter.sortable) {
            return Ok(Taken::Unknown);
        }
        self.sort = Some(sort);
        Ok(Taken::As(value.to_owned()))
    }

    fn take_summary(&mut self, value: &str) -> Result<Taken, SearchError> {
        match value {
            "count" => {
                self.summary_count = true;
                Ok(Taken::As(value.to_owned()))
            }
            "false" => Ok(Taken::Aside),
            "true" | "text" | "data" => Err(SearchError::Unsupported { name: "_summary" }),
            _ => Err(SearchError::Invalid { name: "_summary" }),
        }
    }

    fn take_elements(&mut self, value: &str) -> Result<Taken, SearchError> {
        let is_name =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let parts = split(value, ',');
        if !parts.iter().all(|part| is_name(part)) {
            return Err(SearchError::Invalid { name: "_elements" });
        }
        let elements = self.elements.get_or_insert_default();
        elements.extend(parts.into_iter().map(str::to_owned));
        Ok(Taken::As(value.to_owned()))
    }
}

fn texts(name: &'static str, value: &str) -> Result<Vec<String>, SearchError> {
    alternatives(name, value, |part| {
        unescape(part).filter(|text| !text.is_empty())
    })
}

fn tokens(name: &'static str, value: &str) -> Result<Vec<Token>, SearchError> {
    alternatives(name, value, Token::parse)
}

fn date_tests(name: &'static str, value: &str) -> Result<Vec<DateTest>, SearchError> {
    let test = |part| {
        DateTest::parse(part).map_err(|fault| match fault {
            DateFault::Prefix => SearchError::Unsupported { name },
            DateFault::Value => SearchError::Invalid { name },
        })
    };
    split(value, ',').into_iter().map(test).collect()
}

/// The values between commas, each of which has to be one.
fn alternatives<T>(
    name: &'static str,
    value: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, SearchError> {
    let one = |part| read(part).ok_or(SearchError::Invalid { name });
    split(value, ',').into_iter().map(one).collect()
}
