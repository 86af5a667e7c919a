//! What a person wants to be told about, by what, and when not.

use jiff::civil::Time;
use serde_json::{Map, Value, json};

use super::{ChannelSet, NotificationCategory, NotificationChannel};
use crate::document::{DocumentFault, Members};

/// When a person does not want to be disturbed, in the tenant's zone. It may go past midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    /// From.
    pub from: Time,
    /// To; another time than from.
    pub to: Time,
}

/// What a person wants to be told. Without a word of theirs everything, by every channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preferences {
    channels: [ChannelSet; NotificationCategory::ALL.len()],
    quiet_hours: Option<QuietHours>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            channels: [ChannelSet::ALL; NotificationCategory::ALL.len()],
            quiet_hours: None,
        }
    }
}

const CHANNELS: &str = "expected an object with push, email and sms, each true or false";
const TIME: &str = "expected a time such as 22:00";

impl Preferences {
    /// By what the person wants to be told about a category.
    pub fn channels(&self, category: NotificationCategory) -> ChannelSet {
        self.channels
            .get(category as usize)
            .copied()
            .unwrap_or(ChannelSet::NONE)
    }

    /// When not.
    pub const fn quiet_hours(&self) -> Option<QuietHours> {
        self.quiet_hours
    }

    /// Reads `{"categories": {"results": {"push": true, …}, …}, "quietHours": {"from", "to"}}`.
    /// A category or channel that is absent is as it is by default. Every fault with its pointer.
    pub fn parse(document: &Value) -> Result<Self, Vec<DocumentFault>> {
        let mut faults = Vec::new();
        let mut preferences = Self::default();
        let mut members = Members::of(document, "", &mut faults);
        if let Some(value) = members.value("categories") {
            let (place, faults) = members.below("categories");
            preferences.read_categories(value, &place, faults);
        }
        if let Some(value) = members.value("quietHours").filter(|value| !value.is_null()) {
            let (place, faults) = members.below("quietHours");
            preferences.quiet_hours = read_quiet_hours(value, &place, faults);
        }
        members.finish();
        if faults.is_empty() {
            Ok(preferences)
        } else {
            Err(faults)
        }
    }

    fn read_categories(&mut self, value: &Value, place: &str, faults: &mut Vec<DocumentFault>) {
        let mut members = Members::of(value, place, faults);
        for (category, channels) in NotificationCategory::ALL.iter().zip(&mut self.channels) {
            let Some(value) = members.value(category.as_str()) else {
                continue;
            };
            let (place, faults) = members.below(category.as_str());
            read_channels(value, &place, faults, channels);
        }
        members.finish();
    }

    /// As [`Preferences::parse`] reads it, with every category and channel.
    pub fn to_document(&self) -> Value {
        let categories: Map<String, Value> = NotificationCategory::ALL
            .iter()
            .map(|category| {
                let wanted = self.channels(*category);
                let channels: Map<String, Value> = NotificationChannel::ALL
                    .iter()
                    .map(|channel| {
                        let name = channel.as_str().to_owned();
                        (name, Value::Bool(wanted.contains(*channel)))
                    })
                    .collect();
                (category.as_str().to_owned(), Value::Object(channels))
            })
            .collect();
        let quiet = self.quiet_hours.map(|hours| {
            let written = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
            json!({"from": written(hours.from), "to": written(hours.to)})
        });
        json!({"categories": categories, "quietHours": quiet})
    }
}

fn read_channels(
    value: &Value,
    place: &str,
    faults: &mut Vec<DocumentFault>,
    channels: &mut ChannelSet,
) {
    let mut members = Members::of(value, place, faults);
    let mut wanted = ChannelSet::NONE;
    for channel in NotificationChannel::ALL.iter().copied() {
        let said = members.optional(channel.as_str(), CHANNELS, Value::as_bool);
        if said.unwrap_or_else(|| channels.contains(channel)) {
            wanted = wanted.with(channel);
        }
    }
    members.finish();
    *channels = wanted;
}

fn read_quiet_hours(
    value: &Value,
    place: &str,
    faults: &mut Vec<DocumentFault>,
) -> Option<QuietHours> {
    let mut members = Members::of(value, place, faults);
    let from = members.required("from", TIME, read_time);
    let to = members.required("to", TIME, read_time);
    members.finish();
    let hours = QuietHours {
        from: from?,
        to: to?,
    };
    (hours.from != hours.to).then_some(hours)
}

/// `HH:MM`, as a clock shows it.
fn read_time(value: &Value) -> Option<Time> {
    let text = value.as_str()?;
    let (hour, minute) = text.split_once(':')?;
    let two = |digits: &str| {
        let number = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        number.then(|| digits.parse::<i8>().ok()).flatten()
    };
    Time::new(two(hour)?, two(minute)?, 0, 0).ok()
}

#[cfg(test)]
#[path = "preferences_tests.rs"]
mod tests;
