//! The portal, the tenants and the people that the callers are made of.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Zoned};
use portal_application::ports::Clock as _;
use portal_tests::{Person, TestPortal};
use serde_json::{Value, json};

use super::operations::About;
use super::record::record;

pub(super) struct World {
    pub(super) portal: TestPortal,
    /// Whose record most callers ask about.
    pub(super) owner: Person,
    /// Another patient, who also acts for the owner.
    pub(super) stranger: Person,
    /// The delegation from the owner to the stranger.
    pub(super) strangers: String,
    /// Who acted for the owner once.
    pub(super) former: Person,
    /// The delegation from the owner to them.
    pub(super) formers: String,
    /// A line of the owner's access log.
    pub(super) event: String,
    /// A patient of another tenant.
    pub(super) foreigner: Person,
    /// A patient of a tenant that has every token introspected.
    pub(super) strict: Person,
    /// A patient of a tenant without sub-features.
    pub(super) bare: Person,
}

impl World {
    pub(super) async fn new() -> Self {
        let portal = TestPortal::start().await;
        // No day of the tenant's zone ends while the table is made.
        portal.clock.advance(until_noon(&portal));
        let bands = json!([
            {"fromAge": 0, "toAge": 12, "parentAccess": "full"},
            {"fromAge": 12, "toAge": 16, "parentAccess": "limited",
             "limitedScope": ["allergies", "immunizations", "labs"]},
            {"fromAge": 16, "toAge": 18, "parentAccess": "none"},
        ]);
        portal
            .configure(&portal.tenant, &json!({"ageBands": bands}))
            .await;
        let elsewhere = portal.tenant("elsewhere", true).await;
        let asking = portal.tenant("asking", true).await;
        portal
            .configure(&asking, &json!({"introspectTokens": true}))
            .await;
        let owner = portal.person("owner").await;
        let stranger = portal.person("stranger").await;
        let foreigner = portal.person_of(&elsewhere, "foreigner").await;
        let strict = portal.person_of(&asking, "strict").await;
        let bare = portal.person_of(&portal.bare_tenant, "bare").await;
        for person in [&owner, &stranger, &foreigner, &strict, &bare] {
            record(&portal, &person.tenant, &person.patient);
        }
        let strangers = portal.delegate(&owner, &stranger, &json!({})).await;
        let former = portal.caregiver("former").await;
        let formers = portal.delegate(&owner, &former, &json!({})).await;
        portal.end_delegation(&owner, &former).await;
        portal.get_as(&owner, "/v1/portal/me").await;
        let line = portal.log_of(&owner).await.swap_remove(0);
        let event = line["id"].as_str().expect("an id").to_owned();
        Self {
            portal,
            owner,
            stranger,
            strangers,
            former,
            formers,
            event,
            foreigner,
            strict,
            bare,
        }
    }

    /// The claims of a person's token that may read and write, with a second factor of this moment.
    pub(super) fn claims(&self, person: &Person) -> Value {
        let mut claims = self.portal.claims(person);
        claims["scope"] = json!("openid profile patient/*.read patient/*.write");
        claims["auth_time"] = claims["iat"].clone();
        claims
    }

    /// The same with some claims changed; `null` leaves one out.
    pub(super) fn token_with(&self, person: &Person, change: &Value) -> String {
        let mut claims = self.claims(person);
        let members = claims.as_object_mut().expect("an object");
        members.extend(change.as_object().cloned().unwrap_or_default());
        self.portal.mint(claims)
    }

    pub(super) fn token(&self, person: &Person) -> String {
        self.portal.mint(self.claims(person))
    }

    /// What somebody asks about who asks about a patient.
    pub(super) fn about<'a>(&'a self, patient: &'a str) -> About<'a> {
        About {
            patient,
            active: &self.strangers,
            ended: &self.formers,
            event: &self.event,
        }
    }

    /// Waits until the list of revocations has a token.
    pub(super) async fn refused(&self, token: &str) {
        while self.portal.get(Some(token), "/v1/portal/me").await.status != 401 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Now, as tokens tell it.
    pub(super) fn now(&self) -> i64 {
        self.portal.clock.now().as_second()
    }

    /// The day so many years ago and days ahead, in the tenant's zone.
    pub(super) fn day(&self, years: i16, days: i32) -> Date {
        let today = local(&self.portal).date();
        today + Span::new().days(days) - Span::new().years(years)
    }

    /// A patient with a record and an account.
    pub(super) async fn adult(&self, name: &str) -> Person {
        let adult = self.portal.person(name).await;
        record(&self.portal, &adult.tenant, &adult.patient);
        adult
    }

    /// A patient with a record and without an account.
    pub(super) fn child(&self, name: &str, years: i16, days: i32) -> Person {
        let child = self
            .portal
            .child(name, &json!(self.day(years, days).to_string()));
        record(&self.portal, &child.tenant, &child.patient);
        child
    }
}

fn local(portal: &TestPortal) -> Zoned {
    let zone = TimeZone::get("Asia/Kabul").expect("a zone");
    portal.clock.now().to_zoned(zone)
}

fn until_noon(portal: &TestPortal) -> SignedDuration {
    let now = local(portal);
    let noon = now
        .with()
        .hour(12)
        .minute(0)
        .second(0)
        .subsec_nanosecond(0)
        .build();
    let noon = noon.expect("every day has a noon");
    let day = SignedDuration::from_hours(24);
    let mut ahead = now.duration_until(&noon);
    // Around 29 February a birthday is not the same day every year.
    while ahead.is_negative() || is_leaping((&now + ahead).date()) {
        ahead += day;
    }
    ahead
}

fn is_leaping(day: Date) -> bool {
    day.month() == 2 && day.day() >= 27
}
