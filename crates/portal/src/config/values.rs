//! Which text each setting has, and from where: flag, else environment, else the file that
//! `{name}_FILE` names, else the TOML file, else the default. A pure function over its inputs.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;

use jiff::Timestamp;

use super::fault::Fault;
use super::setting::{Secrecy, Setting};
use super::table;

/// Everything that the configuration is read from.
pub struct Inputs<'a> {
    /// `--set NAME=VALUE`, in order.
    pub flags: &'a [(String, String)],
    /// The environment.
    pub environment: &'a BTreeMap<String, String>,
    /// The text of the TOML file, if one was named.
    pub file: Option<&'a str>,
    /// Reads the files that `*_FILE` settings name.
    pub read_file: &'a dyn Fn(&Path) -> io::Result<String>,
    /// Now: keys have a first day of use.
    pub now: Timestamp,
}

/// Where a text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// `--set`.
    Flag,
    /// The environment.
    Environment,
    /// The file that `{name}_FILE` names.
    SecretFile,
    /// The TOML file.
    File,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "flag",
            Self::Environment => "environment",
            Self::SecretFile => "*_FILE",
            Self::File => "file",
        })
    }
}

/// A text and its origin. Never printed: it may be a secret.
#[derive(Clone)]
pub(super) struct Value {
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// The texts that are set.
#[derive(Clone, Default)]
pub struct Values(BTreeMap<&'static str, Value>);

impl Values {
    pub(super) fn get(&self, setting: &Setting) -> Option<&Value> {
        self.0.get(setting.name)
    }

    fn insert_first(&mut self, name: &'static str, value: Value) {
        self.0.entry(name).or_insert(value);
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Values(****)")
    }
}

/// Finds the text of every setting, and every fault that needs no knowledge of its form.
pub(super) fn resolve(inputs: &Inputs<'_>) -> (Values, Vec<Fault>) {
    let mut values = Values::default();
    let mut faults = Vec::new();
    take_flags(inputs.flags, &mut values, &mut faults);
    for setting in table::settings() {
        take_environment(setting, inputs, &mut values, &mut faults);
    }
    find_unknown(inputs.environment, &mut faults);
    if let Some(text) = inputs.file {
        take_file(text, &mut values, &mut faults);
    }
    (values, faults)
}

fn take_flags(flags: &[(String, String)], values: &mut Values, faults: &mut Vec<Fault>) {
    // From the last to the first, because the first that is inserted stays.
    for (name, text) in flags.iter().rev() {
        match table::find(name) {
            Some(setting) if setting.secrecy != Secrecy::Open => faults.push(Fault::new(
                setting.name,
                "is a secret and was given as a flag, where lists of processes show it",
                format!("the variable {0} or {0}_FILE", setting.name),
            )),
            Some(setting) => values.insert_first(
                setting.name,
                Value {
                    text: text.clone(),
                    origin: Origin::Flag,
                },
            ),
            None => faults.push(Fault::new(
                "--set",
                "names no setting",
                "a name of .env.example",
            )),
        }
    }
}

fn take_environment(
    setting: &'static Setting,
    inputs: &Inputs<'_>,
    values: &mut Values,
    faults: &mut Vec<Fault>,
) {
    let is_set = |text: &&String| setting.may_be_empty || !text.is_empty();
    let file_name = format!("{}_FILE", setting.name);
    let direct = inputs.environment.get(setting.name).filter(is_set);
    let path = inputs
        .environment
        .get(&file_name)
        .filter(|path| !path.is_empty());
    let value = match (direct, path) {
        (Some(_), Some(_)) => {
            let problem = format!("is set together with {file_name}");
            Err(Fault::new(setting.name, problem, "one of the two"))
        }
        (Some(text), None) => Ok(Value {
            text: text.clone(),
            origin: Origin::Environment,
        }),
        (None, Some(path)) => read_named_file(&file_name, path, inputs),
        (None, None) => return,
    };
    match value {
        Ok(value) => values.insert_first(setting.name, value),
        Err(fault) => faults.push(fault),
    }
}

fn read_named_file(file_name: &str, path: &str, inputs: &Inputs<'_>) -> Result<Value, Fault> {
    let text = (inputs.read_file)(Path::new(path)).map_err(|error| {
        let problem = format!("cannot be read ({})", error.kind());
        Fault::new(file_name, problem, "a readable file of UTF-8 text")
    })?;
    Ok(Value {
        text: without_line_end(&text).to_owned(),
        origin: Origin::SecretFile,
    })
}

fn without_line_end(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

fn find_unknown(environment: &BTreeMap<String, String>, faults: &mut Vec<Fault>) {
    let is_known = |name: &str| {
        table::find(name).is_some() || name.strip_suffix("_FILE").and_then(table::find).is_some()
    };
    faults.extend(
        environment
            .keys()
            .filter(|name| name.starts_with("PORTAL_") && !is_known(name))
            .map(|name| Fault::new(name.as_str(), "is unknown", "a name of .env.example")),
    );
}

fn take_file(text: &str, values: &mut Values, faults: &mut Vec<Fault>) {
    let document = match text.parse::<toml::Table>() {
        Ok(document) => document,
        Err(error) => {
            // The error's own text quotes the file.
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            faults.push(Fault::new(
                "--config",
                format!("is not TOML at line {line}"),
                "TOML 1.0",
            ));
            return;
        }
    };
    for (key, value) in &document {
        match take_key(key, value) {
            Ok((name, text)) => values.insert_first(
                name,
                Value {
                    text,
                    origin: Origin::File,
                },
            ),
            Err(fault) => faults.push(fault),
        }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text
        .bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
}

fn take_key(key: &str, value: &toml::Value) -> Result<(&'static str, String), Fault> {
    let setting = table::settings()
        .find(|setting| setting.name.to_ascii_lowercase() == key)
        .ok_or_else(|| {
            let place = format!("--config, key {}", key.escape_debug());
            Fault::new(place, "is unknown", "a name of .env.example in lower case")
        })?;
    if setting.secrecy != Secrecy::Open {
        return Err(Fault::new(
            setting.name,
            "is a secret and stands in the TOML file",
            format!("the variable {0} or {0}_FILE", setting.name),
        ));
    }
    let text = text_of(value).ok_or_else(|| {
        Fault::new(
            setting.name,
            "has a value of the wrong TOML type",
            setting.form.as_str(),
        )
    })?;
    Ok((setting.name, text))
}

fn text_of(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(truth) => Some(truth.to_string()),
        toml::Value::Array(items) => {
            let texts: Option<Vec<_>> = items.iter().map(toml::Value::as_str).collect();
            texts.map(|texts| texts.join(","))
        }
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}
