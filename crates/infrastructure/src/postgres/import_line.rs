//! One line of an import file, read and checked. What is wrong is told by place, never by value.

use jiff::tz::TimeZone;
use portal_domain::account::{AccountKind, AccountStatus};
use portal_domain::id::{Issuer, PatientId, Subject, TenantId};
use serde::Serialize;

use super::members::{Members, Reader};
use super::partitions::DEFAULT_RETENTION_YEARS;

const MAX_LINE: usize = 64 * 1024;
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

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineFault {
    /// Where (RFC 6901); empty for the whole line.
    pub pointer: String,
    /// What is wrong there, or what is expected.
    pub message: &'static str,
}

/// A tenant as an operator gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

/// An account as an operator gives it. What is left out of an account that exists stays as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountLine {
    /// Whose account.
    pub tenant_id: TenantId,
    /// The record it holds.
    pub patient_id: Option<PatientId>,
    /// Patient or caregiver; left out, it follows from `patient_id`.
    pub kind: AccountKind,
    /// The identity that it is bound to.
    pub identity: Option<(Issuer, Subject)>,
    /// Where it stands; left out: active with an identity, else pending.
    pub status: Option<AccountStatus>,
    /// BCP 47 tag.
    pub preferred_language: Option<String>,
}

impl std::fmt::Debug for AccountLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccountLine(****)")
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportLine {
    /// `{"tenant": {…}}`
    Tenant(TenantLine),
    /// `{"account": {…}}`
    Account(AccountLine),
}

impl ImportLine {
    /// Reads a line of NDJSON; all faults of the line at once.
    pub fn parse(text: &str) -> Result<Self, Vec<LineFault>> {
        if text.len() > MAX_LINE {
            return Err(whole_line("is longer than 64 KiB"));
        }
        let outer: SingleMember = serde_json::from_str(text)
            .map_err(|_| whole_line("is not a JSON object of one member that is an object"))?;
        match outer.0 {
            (name, members) if name == "tenant" => tenant(members).map(Self::Tenant),
            (name, members) if name == "account" => account(members).map(Self::Account),
            (name, _) if name == "delegation" => {
                Err(whole_line("delegations are not supported by this version"))
            }
            _ => Err(whole_line("is neither a tenant nor an account")),
        }
    }

    /// The word for what it is.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Tenant(_) => "tenant",
            Self::Account(_) => "account",
        }
    }
}

fn whole_line(message: &'static str) -> Vec<LineFault> {
    vec![LineFault {
        pointer: String::new(),
        message,
    }]
}

/// The only member of a line.
struct SingleMember((String, Members));

impl<'de> serde::Deserialize<'de> for SingleMember {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(LineVisitor)
    }
}

struct LineVisitor;

impl<'de> serde::de::Visitor<'de> for LineVisitor {
    type Value = SingleMember;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object of one member")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<SingleMember, A::Error> {
        let wrong = || serde::de::Error::custom("expected one member");
        let only = map.next_entry::<String, Members>()?.ok_or_else(wrong)?;
        match map.next_key::<serde::de::IgnoredAny>()? {
            Some(_) => Err(wrong()),
            None => Ok(SingleMember(only)),
        }
    }
}

fn tenant(members: Members) -> Result<TenantLine, Vec<LineFault>> {
    let mut reader = Reader::new("/tenant", members);
    let id = reader.required("id", "expected 1 to 64 of A-Z a-z 0-9 _ . -", |text| {
        TenantId::parse(text).ok()
    });
    let name = reader.required("name", "expected 1 to 200 characters", plain_text);
    let region = reader.required("region", "expected 1 to 32 of a-z 0-9 -", region);
    let time_zone = reader.required("timeZone", "expected an IANA time zone", time_zone);
    let locale = reader.required("locale", "expected a BCP 47 language tag", language);
    let calendar = reader.required("calendar", "expected a CLDR calendar", calendar);
    let currency = reader.required("currency", "expected an ISO 4217 code", currency);
    let retention = reader.number("retentionYears", "expected 1 to 100", |years| {
        u16::try_from(years)
            .ok()
            .filter(|years| (1..=100).contains(years))
    });
    reader.unsupported("releasePolicy");
    reader.unsupported("ageBands");
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
        })
    };
    reader.finish(whole())
}

fn account(members: Members) -> Result<AccountLine, Vec<LineFault>> {
    let mut reader = Reader::new("/account", members);
    let tenant_id = reader.required("tenantId", "expected a tenant id", |text| {
        TenantId::parse(text).ok()
    });
    let patient_id = reader.optional(
        "patientId",
        "expected 1 to 64 of A-Z a-z 0-9 _ . -",
        |text| {
            PatientId::parse(text)
                .ok()
                .filter(PatientId::is_addressable)
        },
    );
    let kind = reader.optional("kind", "expected patient or caregiver", AccountKind::parse);
    let issuer = reader.optional("issuer", "expected the whole issuer", |text| {
        Issuer::parse(text).ok()
    });
    let subject = reader.optional("subject", "expected a token's subject", |text| {
        Subject::parse(text).ok()
    });
    let status = reader.optional("status", "expected a status", AccountStatus::parse);
    let preferred_language = reader.optional(
        "preferredLanguage",
        "expected a BCP 47 language tag",
        language,
    );
    let kind = kind.unwrap_or(match patient_id {
        Some(_) => AccountKind::Patient,
        None => AccountKind::Caregiver,
    });
    check_account(
        &mut reader,
        kind,
        patient_id.is_some(),
        issuer.is_some(),
        subject.is_some(),
    );
    let whole = tenant_id.map(|tenant_id| AccountLine {
        tenant_id,
        patient_id,
        kind,
        identity: issuer.zip(subject),
        status,
        preferred_language,
    });
    reader.finish(whole)
}

fn check_account(
    reader: &mut Reader,
    kind: AccountKind,
    patient: bool,
    issuer: bool,
    subject: bool,
) {
    match (kind, patient) {
        (AccountKind::Patient, false) => reader.fault("patientId", "is missing for a patient"),
        (AccountKind::Caregiver, true) => reader.fault("patientId", "a caregiver has none"),
        (AccountKind::Patient, true) | (AccountKind::Caregiver, false) => {}
    }
    match (issuer, subject) {
        (true, false) => reader.fault("subject", "is missing beside issuer"),
        (false, true) => reader.fault("issuer", "is missing beside subject"),
        // Without a record or an identity nothing tells one account from another.
        (false, false) if !patient => reader.fault("subject", "is missing for a caregiver"),
        (true, true) | (false, false) => {}
    }
}

fn plain_text(text: &str) -> Option<String> {
    let length = text.chars().count();
    let plain = (1..=200).contains(&length) && !text.chars().any(char::is_control);
    (plain && text.trim() == text).then(|| text.to_owned())
}

fn region(text: &str) -> Option<String> {
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    ((1..=32).contains(&text.len()) && text.bytes().all(plain)).then(|| text.to_owned())
}

fn time_zone(text: &str) -> Option<String> {
    TimeZone::get(text).ok().map(|_| text.to_owned())
}

/// Language, then subtags (RFC 5646 section 2.1), without extended and private forms.
fn language(text: &str) -> Option<String> {
    let mut parts = text.split('-');
    let first = parts.next()?;
    let good_first =
        (2..=3).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_alphabetic());
    let good_rest = parts.all(|part| {
        (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    (good_first && good_rest && text.len() <= 35).then(|| text.to_owned())
}

fn calendar(text: &str) -> Option<String> {
    CALENDARS.contains(&text).then(|| text.to_owned())
}

fn currency(text: &str) -> Option<String> {
    (text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase())).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TENANT: &str = r#"{"tenant":{"id":"kabul","name":"Kabul","region":"afg","timeZone":"Asia/Kabul","locale":"fa-AF","calendar":"persian","currency":"AFN"}}"#;

    fn pointers(text: &str) -> Vec<String> {
        let faults = ImportLine::parse(text).unwrap_err();
        faults.into_iter().map(|fault| fault.pointer).collect()
    }

    #[test]
    fn a_tenant_and_an_account_are_read() {
        assert!(
            matches!(ImportLine::parse(TENANT), Ok(ImportLine::Tenant(line))
            if line.retention_years == 7 && line.time_zone == "Asia/Kabul")
        );
        let account = r#"{"account":{"tenantId":"kabul","patientId":"p1","issuer":"https://i","subject":"s","status":"active"}}"#;
        assert!(
            matches!(ImportLine::parse(account), Ok(ImportLine::Account(line))
            if line.kind == AccountKind::Patient)
        );
    }

    #[test]
    fn every_fault_of_a_line_is_named_at_once() {
        let bad = TENANT
            .replace("Asia/Kabul", "Mars/Olympus")
            .replace("persian", "martian")
            .replace("AFN", "afn")
            .replace("\"name\":\"Kabul\",", "")
            .replace("}}", r#","colour":"red","region":"afg"}}"#);
        let mut found = pointers(&bad);
        found.sort();
        assert_eq!(
            found,
            [
                "/tenant/calendar",
                "/tenant/colour",
                "/tenant/currency",
                "/tenant/name",
                "/tenant/region",
                "/tenant/timeZone"
            ]
        );
    }

    #[test]
    fn accounts_that_nothing_identifies_are_refused() {
        for (line, pointer) in [
            (
                r#"{"account":{"tenantId":"t","patientId":"..","issuer":"i","subject":"s"}}"#,
                "/account/patientId",
            ),
            (
                r#"{"account":{"tenantId":"t","patientId":"p","issuer":"i"}}"#,
                "/account/subject",
            ),
            (
                r#"{"account":{"tenantId":"t","kind":"patient","issuer":"i","subject":"s"}}"#,
                "/account/patientId",
            ),
            (r#"{"account":{"tenantId":"t"}}"#, "/account/subject"),
            (
                r#"{"account":{"tenantId":"t","patientId":"p","status":"open"}}"#,
                "/account/status",
            ),
            (
                r#"{"account":{"tenantId":"t","patientId":null,"issuer":"i","subject":"s"}}"#,
                "/account/patientId",
            ),
        ] {
            assert_eq!(pointers(line), [pointer], "{line}");
        }
    }

    #[test]
    fn lines_of_other_kinds_are_refused() {
        for line in [
            "",
            "[]",
            "null",
            "{}",
            r#"{"tenant":null}"#,
            r#"{"tenant":[]}"#,
            "{\"tenant\":",
            r#"{"tenant":{},"account":{}}"#,
            r#"{"tenant":{},"tenant":{}}"#,
            r#"{"patient":{}}"#,
        ] {
            assert_eq!(pointers(line), [""], "{line}");
        }
        let delegation = ImportLine::parse(r#"{"delegation":{"tenantId":"t"}}"#).unwrap_err();
        assert!(
            delegation
                .iter()
                .any(|fault| fault.message.contains("not supported"))
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn no_text_panics_and_no_fault_repeats_it(text in r#"\{"(tenant|account)":\{("[a-zA-Z]{1,9}":"secret-[a-z]{1,9}",?){0,9}\}\}"#) {
            if let Err(faults) = ImportLine::parse(&text) {
                let said = format!("{faults:?}");
                prop_assert!(!said.contains("secret"));
            }
        }
    }
}
