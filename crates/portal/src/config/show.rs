//! The effective configuration, and `.env.example`: two views of the table.

use std::fmt::Write as _;

use url::Url;

use super::setting::{DefaultValue, Profile, Secrecy, Setting};
use super::table;
use super::values::Values;

const MASK: &str = "****";

/// One line a setting, with its origin. Secrets are masked.
pub(super) fn effective(values: &Values, profile: Profile) -> String {
    let mut out = String::new();
    for setting in table::settings() {
        let line = match (values.get(setting), setting.default_text(profile)) {
            (Some(value), _) => {
                format!(
                    "{}={}  # {}",
                    setting.name,
                    shown(setting, &value.text),
                    value.origin
                )
            }
            (None, Some(default)) => format!("{}={default}  # default", setting.name),
            (None, None) => match setting.default {
                DefaultValue::Derived(words) => format!("# {}: {words}", setting.name),
                _ => format!("# {}: not set", setting.name),
            },
        };
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn shown(setting: &Setting, text: &str) -> String {
    match setting.secrecy {
        Secrecy::Open => text.escape_debug().to_string(),
        Secrecy::Credentials => without_credentials(text).unwrap_or_else(|| MASK.to_owned()),
        Secrecy::Secret => MASK.to_owned(),
    }
}

/// Scheme, login, host and path. A password may also stand in the query, so that goes whole.
fn without_credentials(text: &str) -> Option<String> {
    let mut url = Url::parse(text).ok()?;
    if url.password().is_some() {
        url.set_password(Some(MASK)).ok()?;
    } else if !url.username().is_empty() && url.scheme() == "nats" {
        // A user without a password is a token in NATS.
        url.set_username(MASK).ok()?;
    }
    if url.query().is_some() {
        url.set_query(Some(MASK));
    }
    url.set_fragment(None);
    Some(url.into())
}

const INTRODUCTION: &str = "\
# Settings of patient-portal. This file is the output of `patient-portal config example`.
#
# A flag `--set NAME=VALUE` wins over the environment, the environment over the file that NAME_FILE
# names, that over the TOML file of `--config` (keys in lower case, no secrets), that over the
# default. NAME together with NAME_FILE is an error, and so is an unknown PORTAL_* variable.
# Lines without `#` must be filled in; the others show an example.
";

/// The text of `.env.example`.
pub fn example() -> String {
    let mut out = String::from(INTRODUCTION);
    for section in table::sections() {
        let _ = write!(out, "\n# ---- {} ----\n", section.title);
        for setting in section.settings {
            out.push('\n');
            describe(setting, &mut out);
        }
    }
    out
}

fn describe(setting: &Setting, out: &mut String) {
    for line in wrap(setting.about, 96) {
        let _ = writeln!(out, "# {line}");
    }
    let mut facts = vec![setting.form.as_str().to_owned()];
    facts.extend(setting.unit.map(|unit| format!("in {unit}")));
    facts.extend(
        setting
            .default_words()
            .map(|words| format!("default {words}")),
    );
    if !setting.needed_by.is_empty() {
        facts.push(format!("needed by {}", setting.needed_words()));
    }
    if setting.secrecy != Secrecy::Open {
        facts.push("secret".to_owned());
    }
    let _ = writeln!(out, "# Type: {}", facts.join("; "));
    let is_derived = matches!(setting.default, DefaultValue::Derived(_));
    let has_default = is_derived || setting.default_text(Profile::Production).is_some();
    let must_fill = !setting.needed_by.is_empty() && !has_default;
    let (name, example) = (setting.name, setting.example);
    let _ = match (must_fill, setting.secrecy) {
        (true, Secrecy::Secret) => writeln!(out, "# Example: {example}\n{name}="),
        (true, _) => writeln!(out, "{name}={example}"),
        (false, _) => writeln!(out, "#{name}={example}"),
    };
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("there is always a line");
        if last.is_empty() {
            last.push_str(word);
        } else if last.len() + word.len() < width {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}
