//! A tenant's line.

use jiff::tz::TimeZone;
use portal_domain::id::TenantId;
use portal_domain::tenant_config::{MEMBERS, TenantConfig};
use serde_json::{Map, Value};

use super::super::partitions::DEFAULT_RETENTION_YEARS;
use super::reader::Reader;
use super::{LineFault, language, plain_text};

/// Calendars that clients can format with (Unicode CLDR, `ca` keys).
const CALENDARS: [&str; 14] = [
    "gregory",
    "persian",
    "islamic",
    "islamic-civil",
    "islamic-rgsa",
    "islamic-tbla",
    "islamic-umalqura",
    "buddhist",
    "chinese",
    "coptic",
    "ethiopic",
    "hebrew",
    "indian",
    "japanese",
];

/// A tenant as an operator gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct TenantLine {
    /// Its id, equal to the token's tenant claim.
    pub id: TenantId,
    /// The name that patients know.
    pub name: String,
    /// The region whose deployments may serve it.
    pub region: String,
    /// IANA name.
    pub time_zone: String,
    /// BCP 47 tag.
    pub locale: String,
    /// CLDR calendar key.
    pub calendar: String,
    /// ISO 4217 code.
    pub currency: String,
    /// How long access events are kept, in years.
    pub retention_years: u16,
    /// What it decides for itself. A member that is left out stays as it is; `null` brings the
    /// default back.
    pub config: Map<String, Value>,
}

pub(super) fn read(mut reader: Reader) -> Result<TenantLine, Vec<LineFault>> {
    let id = reader.required("id", "expected 1 to 64 of A-Z a-z 0-9 _ . -", |text| {
        TenantId::parse(text).ok()
    });
    let name = reader.required("name", "expected 1 to 200 characters", plain_text);
    let region = reader.required("region", "expected 1 to 32 of a-z 0-9 -", region);
    let time_zone = reader.required("timeZone", "expected an IANA time zone", time_zone);
    let locale = reader.required("locale", "expected a BCP 47 language tag", language);
    let calendar = reader.required("calendar", "expected a CLDR calendar", calendar);
    let currency = reader.required("currency", "expected an ISO 4217 code", currency);
    let retention = reader.value("retentionYears", "expected 1 to 100", years);
    let config = config(&mut reader);
    let whole = || {
        Some(TenantLine {
            id: id?,
            name: name?,
            region: region?,
            time_zone: time_zone?,
            locale: locale?,
            calendar: calendar?,
            currency: currency?,
            retention_years: retention.unwrap_or(DEFAULT_RETENTION_YEARS),
            config,
        })
    };
    reader.finish(whole())
}

/// The members that make up the configuration. What each says does not depend on the others, so
/// that the line's own can be judged without those that are stored.
fn config(reader: &mut Reader) -> Map<String, Value> {
    let members = MEMBERS.iter().filter_map(|name| {
        let value = reader.take(name)?;
        Some(((*name).to_owned(), value))
    });
    let members: Map<String, Value> = members.collect();
    let given = members.iter().filter(|(_, value)| !value.is_null());
    let given = given.map(|(name, value)| (name.clone(), value.clone()));
    if let Err(faults) = TenantConfig::parse(&Value::Object(given.collect()), "/tenant") {
        reader.faults(faults.into_iter().map(LineFault::from));
    }
    members
}

fn region(text: &str) -> Option<String> {
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    ((1..=32).contains(&text.len()) && text.bytes().all(plain)).then(|| text.to_owned())
}

fn time_zone(text: &str) -> Option<String> {
    TimeZone::get(text).ok().map(|_| text.to_owned())
}

fn calendar(text: &str) -> Option<String> {
    CALENDARS.contains(&text).then(|| text.to_owned())
}

fn currency(text: &str) -> Option<String> {
    (text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase())).then(|| text.to_owned())
}

fn years(value: &Value) -> Option<u16> {
    let years = u16::try_from(value.as_u64()?).ok()?;
    (1..=100).contains(&years).then_some(years)
}
