//! Reads typed values and collects what is wrong on the way.

use portal_infrastructure::fault::Fault as AdapterFault;

use super::fault::Fault;
use super::setting::{Profile, Role, Setting};
use super::values::Values;

/// What would have been right. The value itself is never said.
pub(super) type Expected = &'static str;

pub(super) struct Reader<'a> {
    values: &'a Values,
    roles: &'a [Role],
    pub(super) profile: Profile,
    pub(super) faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(values: &'a Values, roles: &'a [Role], faults: Vec<Fault>) -> Self {
        Self {
            values,
            roles,
            profile: Profile::Production,
            faults,
        }
    }

    pub(super) fn in_production(&self) -> bool {
        self.profile == Profile::Production
    }

    /// The text that is set, else the default's.
    pub(super) fn text(&self, setting: &Setting) -> Option<&'a str> {
        let set = self.values.get(setting).map(|value| value.text.as_str());
        set.or_else(|| setting.default_text(self.profile))
    }

    /// Whether somebody has set it.
    pub(super) fn is_set(&self, setting: &Setting) -> bool {
        self.values.get(setting).is_some()
    }

    /// Whether one of this process's roles cannot do without the setting.
    pub(super) fn needs(&self, setting: &Setting) -> bool {
        setting
            .needed_by
            .iter()
            .any(|role| self.roles.contains(role))
    }

    /// The parsed value; none if it is malformed or missing, which is a fault where it is needed.
    pub(super) fn read<T>(
        &mut self,
        setting: &Setting,
        parse: impl FnOnce(&str) -> Result<T, Expected>,
    ) -> Option<T> {
        let text = self.text_or_fault(setting)?;
        match parse(text) {
            Ok(value) => Some(value),
            Err(expected) => {
                self.fault(setting, "is malformed", expected);
                None
            }
        }
    }

    /// The same for a value whose form its adapter knows, which may find several faults in it.
    pub(super) fn read_adapted<T>(
        &mut self,
        setting: &Setting,
        parse: impl FnOnce(&str) -> Result<T, Vec<AdapterFault>>,
    ) -> Option<T> {
        match parse(self.text_or_fault(setting)?) {
            Ok(value) => Some(value),
            Err(faults) => {
                self.faults.extend(faults.into_iter().map(Fault::from));
                None
            }
        }
    }

    fn text_or_fault(&mut self, setting: &Setting) -> Option<&'a str> {
        let text = self.text(setting);
        if text.is_none() && self.needs(setting) {
            self.fault(setting, "is missing", setting.form.as_str());
        }
        text
    }

    pub(super) fn fault(
        &mut self,
        setting: &Setting,
        problem: impl Into<String>,
        expected: impl Into<String>,
    ) {
        let fault = Fault::new(setting.name, problem, expected);
        // A setting that two parts read is wrong once.
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }
}
