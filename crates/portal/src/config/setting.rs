//! What one setting is. The sections declare theirs; parsing, `config check`, the detection of
//! unknown names and `.env.example` all go by these declarations.

/// What a process does; a setting may be needed by some roles only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Answers requests.
    Serve,
    /// Publishes journal and outbox, and runs jobs.
    Relay,
    /// Changes the schema or imports, with the owner's login.
    Operate,
}

impl Role {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Relay => "relay",
            Self::Operate => "migrate, import",
        }
    }
}

/// Which rules the deployment keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// The default: nothing is lenient.
    Production,
    /// One machine: loopback addresses, plain HTTP, long-lived tokens.
    Development,
}

impl Profile {
    /// Its name as a setting.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Development => "development",
        }
    }
}

/// The form of a value, for readers of the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Any text.
    Text,
    /// An absolute URL.
    Url,
    /// `IP:port`.
    Address,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// Texts between commas.
    List,
    /// One of a few words.
    Choice(&'static str),
    /// A form of its own, as stated.
    Own(&'static str),
}

impl Form {
    /// The form in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Url => "URL",
            Self::Address => "IP:port",
            Self::Integer => "integer",
            Self::Boolean => "true | false",
            Self::List => "comma list",
            Self::Choice(words) | Self::Own(words) => words,
        }
    }
}

/// What applies when nothing is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultValue {
    /// Nothing.
    None,
    /// This text.
    Text(&'static str),
    /// A text for each profile.
    ByProfile {
        /// In production.
        production: Option<&'static str>,
        /// In development.
        development: Option<&'static str>,
    },
    /// Something that follows from other settings, in words.
    Derived(&'static str),
}

/// How much of a value may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// All.
    Open,
    /// A URL without its password and query.
    Credentials,
    /// Nothing.
    Secret,
}

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// The environment variable. `{name}_FILE` names a file that holds the value; the TOML key is
    /// the name in lower case.
    pub name: &'static str,
    /// The form of its values.
    pub form: Form,
    /// The unit of its values.
    pub unit: Option<&'static str>,
    /// What applies when it is not set.
    pub default: DefaultValue,
    /// Who cannot start without it.
    pub needed_by: &'static [Role],
    /// How much of it may be shown.
    pub secrecy: Secrecy,
    /// Whether an empty value is a value; elsewhere it is the same as none.
    pub may_be_empty: bool,
    /// A value as it might be.
    pub example: &'static str,
    /// What it is for.
    pub about: &'static str,
}

impl Setting {
    pub(super) const fn new(
        name: &'static str,
        form: Form,
        example: &'static str,
        about: &'static str,
    ) -> Self {
        Self {
            name,
            form,
            unit: None,
            default: DefaultValue::None,
            needed_by: &[],
            secrecy: Secrecy::Open,
            may_be_empty: false,
            example,
            about,
        }
    }

    pub(super) const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }

    pub(super) const fn default(mut self, text: &'static str) -> Self {
        self.default = DefaultValue::Text(text);
        self
    }

    pub(super) const fn default_by_profile(
        mut self,
        production: Option<&'static str>,
        development: Option<&'static str>,
    ) -> Self {
        self.default = DefaultValue::ByProfile {
            production,
            development,
        };
        self
    }

    pub(super) const fn derived(mut self, words: &'static str) -> Self {
        self.default = DefaultValue::Derived(words);
        self
    }

    pub(super) const fn needed_by(mut self, roles: &'static [Role]) -> Self {
        self.needed_by = roles;
        self
    }

    pub(super) const fn secrecy(mut self, secrecy: Secrecy) -> Self {
        self.secrecy = secrecy;
        self
    }

    pub(super) const fn may_be_empty(mut self) -> Self {
        self.may_be_empty = true;
        self
    }

    /// The text that applies in a profile when nothing is set.
    pub const fn default_text(&self, profile: Profile) -> Option<&'static str> {
        match (self.default, profile) {
            (DefaultValue::Text(text), _) => Some(text),
            (DefaultValue::ByProfile { production, .. }, Profile::Production) => production,
            (DefaultValue::ByProfile { development, .. }, Profile::Development) => development,
            (DefaultValue::None | DefaultValue::Derived(_), _) => None,
        }
    }

    /// The default in words; none if there is none.
    pub(super) fn default_words(&self) -> Option<String> {
        match self.default {
            DefaultValue::None => None,
            DefaultValue::Text(text) => Some(quoted(text)),
            DefaultValue::Derived(words) => Some(words.to_owned()),
            DefaultValue::ByProfile {
                production,
                development,
            } => {
                let words = |text: Option<&str>| text.map_or_else(|| "none".to_owned(), quoted);
                Some(format!(
                    "{}; in development {}",
                    words(production),
                    words(development)
                ))
            }
        }
    }

    /// The roles that need it, in words.
    pub(super) fn needed_words(&self) -> String {
        self.needed_by
            .iter()
            .map(|role| role.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    }
}

fn quoted(text: &str) -> String {
    if text.is_empty() {
        "empty".to_owned()
    } else {
        text.to_owned()
    }
}
