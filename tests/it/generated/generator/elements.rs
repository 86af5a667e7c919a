//! Elements that any record may have, each with its own marker.

use serde_json::{Value, json};

use super::super::markers::Markers;
use super::super::random::Random;

const SNOMED: &str = "http://snomed.info/sct";
const LOINC: &str = "http://loinc.org";
/// Codes, sensitive and not.
pub(in super::super) const CODES: [(&str, &str); 9] = [
    (SNOMED, "195967001"),
    (SNOMED, "102263004"),
    (LOINC, "2345-7"),
    (LOINC, "8867-4"),
    ("urn:local", "x1"),
    (SNOMED, "86406008"),
    (LOINC, "7917-8"),
    ("http://hl7.org/fhir/sid/icd-10", "F32.1"),
    (SNOMED, "15167005"),
];
pub(in super::super) const STATUSES: [&str; 6] = [
    "final",
    "amended",
    "active",
    "completed",
    "on-hold",
    "stopped",
];
const TAGS: &str = "urn:ghasi-ehealth:release";
const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

/// Makes elements with chance and markers.
pub(super) struct Elements<'a> {
    pub(super) random: &'a mut Random,
    pub(super) markers: &'a mut Markers,
}

impl Elements<'_> {
    pub(super) fn marker(&mut self) -> String {
        self.markers.text()
    }

    pub(super) fn coding(&mut self) -> Value {
        // The harmless come twice as often.
        let at = if self.random.chance(50) {
            self.random.below(5)
        } else {
            self.random.below(9)
        };
        let (system, code) = CODES[at];
        let mut coding = json!({"system": system, "code": code, "display": self.marker()});
        if self.random.chance(5) {
            coding.as_object_mut().expect("an object").remove("system");
        }
        coding
    }

    /// What a record is about: coded, in words alone, or garbled.
    pub(super) fn concept(&mut self) -> Value {
        let text = self.marker();
        match self.random.below(20) {
            0 => json!({"text": text}),
            1 => json!({"coding": "garbled", "text": text}),
            2 | 3 => json!({"coding": [self.coding(), self.coding()], "text": text}),
            _ => json!({"coding": [self.coding()], "text": text}),
        }
    }

    /// A concept of given codes.
    pub(super) fn coded(&mut self, system: &str, code: &str) -> Value {
        json!({"coding": [{"system": system, "code": code, "display": self.marker()}], "text": self.marker()})
    }

    pub(super) fn meta(&mut self, released: bool) -> Value {
        let version = self.marker();
        // No two versions of anything are of the same second.
        let second = version
            .bytes()
            .filter(u8::is_ascii_digit)
            .fold(0, |number, digit| {
                (number * 10 + usize::from(digit - b'0')) % 3_600
            });
        let (month, day) = (1 + self.random.below(11), 1 + self.random.below(27));
        let updated = format!(
            "2024-{month:02}-{day:02}T08:{:02}:{:02}Z",
            second / 60,
            second % 60
        );
        let mut meta = json!({"versionId": version, "lastUpdated": updated});
        let mut tags = Vec::new();
        let odds = [
            (released && self.random.chance(85), "released"),
            (self.random.chance(30), "reviewed"),
            (self.random.chance(10), "critical"),
            (self.random.chance(20), "critical-acknowledged"),
        ];
        for code in odds
            .into_iter()
            .filter(|(wanted, _)| *wanted)
            .map(|(_, code)| code)
        {
            tags.push(json!({"system": TAGS, "code": code, "display": self.marker()}));
        }
        if self.random.chance(3) {
            tags.push(json!({"system": TAGS, "display": self.marker()}));
        }
        if !tags.is_empty() {
            meta["tag"] = json!(tags);
        }
        if self.random.chance(45) {
            meta["security"] = json!([self.label()]);
        }
        meta
    }

    fn label(&mut self) -> Value {
        let neutral = (Some(CONFIDENTIALITY), Some("N"));
        let labels = [
            neutral,
            neutral,
            neutral,
            (Some(CONFIDENTIALITY), Some("R")),
            (Some(ACT_CODE), Some("HIV")),
            (Some(ACT_CODE), Some("PSY")),
            (Some(ACT_CODE), Some("NEWWORD")),
            (Some("urn:local"), Some("x")),
            (None, Some("ETH")),
            (Some(CONFIDENTIALITY), None),
        ];
        let (system, code) = *self.random.pick(&labels);
        let mut label = json!({"system": system, "code": code, "display": self.marker()});
        label
            .as_object_mut()
            .expect("an object")
            .retain(|_, value| !value.is_null());
        label
    }

    pub(super) fn narrative(&mut self) -> Value {
        let div = format!(
            "<div xmlns=\"http://www.w3.org/1999/xhtml\">{}</div>",
            self.marker()
        );
        json!({"status": "generated", "div": div})
    }

    /// Extensions, honest ones and restricted ones of both forms.
    pub(super) fn extensions(&mut self) -> Value {
        let mut list = vec![json!({"url": "urn:x:note", "valueString": self.marker()})];
        match self.random.below(8) {
            0 => list.push(json!({
                "url": "urn:x:secret", "x-privacyTier": "restricted", "valueString": self.marker(),
            })),
            1 => list.insert(0, json!({
                "url": "urn:x:secret", "valueString": self.marker(),
                "extension": [{"url": "https://x.test/x-privacyTier", "valueCode": "restricted"}],
            })),
            2 => list.push(json!({"url": "urn:x:coded", "valueCoding": self.coding()})),
            _ => {}
        }
        json!(list)
    }

    pub(super) fn day(&mut self) -> String {
        let (month, day) = (1 + self.random.below(12), 1 + self.random.below(28));
        format!("{}-{month:02}-{day:02}", 2015 + self.random.below(9))
    }

    /// An instant of the last days, hours away from where any hold ends.
    pub(super) fn instant(&mut self, now: jiff::Timestamp) -> String {
        let hours = *self.random.pick(&[6, 30, 60, 96, 200]);
        let back = jiff::SignedDuration::from_hours(hours);
        let seconds = jiff::Timestamp::from_second((now - back).as_second());
        seconds.expect("a time").to_string()
    }

    pub(super) fn interpretation(&mut self) -> Option<Value> {
        let code = *self
            .random
            .pick(&["N", "N", "H", "L", "AA", "HH", "LL", ""]);
        let system = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
        (!code.is_empty()).then(|| json!([self.coded(system, code)]))
    }

    /// A reference to something that we serve, with what it says of it.
    pub(super) fn reference(&mut self, target: &str) -> Value {
        json!({"reference": target, "display": self.marker()})
    }
}
