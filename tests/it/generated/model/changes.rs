//! What can change.

use jiff::SignedDuration;
use portal_tests::Terms;
use serde_json::json;

use super::super::generator::{KINDS, Maker, license, put, random_delegation, random_settings};
use super::super::reference::admit::today;
use super::super::scopes::Scopes;
use super::super::world::{Delegation, FEATURES, Planted};
use super::Model;

/// Longer than a set counts as fresh.
const NOT_FRESH: SignedDuration = SignedDuration::from_secs(31);
/// Records of a world at most.
const KEPT: usize = 260;
const RELATIONSHIPS: [&str; 5] = [
    "parent",
    "guardian",
    "caregiver",
    "spouse",
    "authorized_representative",
];

impl Delegation {
    fn terms(&self) -> Terms<'_> {
        Terms {
            status: self.status,
            relationship: self.relationship,
            scope: self.scope.iter().copied().collect(),
            sensitive: self.sensitive.iter().copied().collect(),
            valid_from: &self.valid_from,
            valid_to: self.valid_to.as_deref(),
            court_order: self.court_order,
        }
    }
}

impl Model<'_> {
    /// Changes something, and says what.
    pub(super) async fn change(&mut self) -> String {
        match self.random.below(21) {
            0..3 => self.change_terms().await,
            3..5 => self.revoke_or_grant().await,
            5..7 => self.change_validity().await,
            7..9 => self.suspend_or_reinstate().await,
            9..11 => self.decide_anew().await,
            11..13 => self.record_something(),
            13 => self.change_a_record(),
            14 => self.move_birth_date(),
            15 => self.wait(NOT_FRESH, "half a minute passes"),
            16 => self.wait(SignedDuration::from_hours(7), "hours pass"),
            17 => self.wait(SignedDuration::from_hours(24), "a day passes"),
            18 => self.narrow(),
            19 => self.change_a_licence(),
            _ => {
                self.portal.flush_cache().await;
                "Redis forgets".to_owned()
            }
        }
    }

    fn wait(&self, time: SignedDuration, what: &str) -> String {
        self.portal.clock.advance(time);
        format!("{what}: {}", self.portal.now())
    }

    async fn shift(&self, at: usize) -> String {
        let delegation = &self.generated.world.delegations[at];
        self.portal
            .shift_delegation(&delegation.tenant, &delegation.id, &delegation.terms())
            .await;
        format!("{delegation:?}")
    }

    async fn change_terms(&mut self) -> String {
        let at = self.random.below(self.generated.world.delegations.len());
        let relationship = *self.random.pick(&RELATIONSHIPS);
        let person = self.generated.ada.clone();
        let fresh = random_delegation(&mut self.random, &person, &person, relationship);
        let delegation = &mut self.generated.world.delegations[at];
        delegation.relationship = fresh.relationship;
        delegation.scope = fresh.scope;
        delegation.sensitive = fresh.sensitive;
        delegation.court_order = fresh.court_order;
        format!("terms change: {}", self.shift(at).await)
    }

    /// Ends one that is active; of one that is not, makes another of the same people.
    async fn revoke_or_grant(&mut self) -> String {
        let at = self.random.below(self.generated.world.delegations.len());
        let delegation = &mut self.generated.world.delegations[at];
        if delegation.status == "active" {
            delegation.status = *self.random.pick(&["revoked", "expired"]);
            return format!("ended: {}", self.shift(at).await);
        }
        delegation.status = "active";
        let mut granted = delegation.clone();
        let (tenant, old) = (granted.tenant.clone(), granted.id.clone());
        granted.id = self
            .portal
            .shift_new_delegation(&tenant, &old, &granted.terms())
            .await;
        for caller in &mut self.callers {
            if caller.acting_for.as_ref() == Some(&old) && self.random.chance(90) {
                caller.acting_for = Some(granted.id.clone());
            }
        }
        let told = format!("granted in place of {old}: {granted:?}");
        self.generated.world.delegations[at] = granted;
        told
    }

    async fn change_validity(&mut self) -> String {
        let at = self.random.below(self.generated.world.delegations.len());
        let today = today(self.portal.now());
        let day = |days: i64| (today + SignedDuration::from_hours(24 * days)).to_string();
        let (from, to) = match self.random.below(6) {
            0 => (day(1), None),
            1 => (day(-9), Some(day(-1))),
            2 => (day(0), Some(day(0))),
            3 => (day(-9), Some(day(2))),
            _ => ("2020-01-01".to_owned(), None),
        };
        let delegation = &mut self.generated.world.delegations[at];
        delegation.valid_from = from;
        delegation.valid_to = to;
        format!("validity changes: {}", self.shift(at).await)
    }

    async fn suspend_or_reinstate(&mut self) -> String {
        let at = self.random.below(self.generated.world.accounts.len());
        let account = &mut self.generated.world.accounts[at];
        account.status = if account.status == "active" {
            "suspended"
        } else {
            "active"
        };
        self.portal
            .shift_account(&account.person, account.status)
            .await;
        format!("{} is {}", account.person.subject, account.status)
    }

    async fn decide_anew(&mut self) -> String {
        let tenant = &mut self.generated.world.tenants[0];
        tenant.settings = random_settings(&mut self.random);
        self.portal
            .shift_settings(&tenant.id, &tenant.settings)
            .await;
        format!(
            "the tenant decides: {} {}",
            tenant.settings["releasePolicy"], tenant.settings["ageBands"]
        )
    }

    fn record_something(&mut self) -> String {
        let person = if self.random.chance(60) {
            &self.generated.ada
        } else {
            &self.generated.child
        };
        let mut maker = Maker::new(
            &person.patient,
            &self.generated.ben.patient,
            self.portal.now(),
        )
        .beside(&self.generated.world, &person.tenant);
        let kind = *self.random.pick(&KINDS);
        let (source, value) = maker.one(kind, &mut self.random, &mut self.generated.markers);
        let planted = Planted {
            tenant: person.tenant.clone(),
            source,
            listed_for: person.patient.clone(),
            value,
        };
        put(self.portal, &planted);
        let told = format!("{source} records {}", planted.value["id"]);
        self.generated.world.planted.push(planted);
        if self.generated.world.planted.len() > KEPT {
            self.forget_something();
        }
        self.wait(NOT_FRESH, &told)
    }

    /// A source loses a record, so that worlds stay small.
    fn forget_something(&mut self) {
        let planted = &mut self.generated.world.planted;
        let others = (0..planted.len()).filter(|at| planted[*at].source != "registration");
        let at = *self.random.pick(&others.collect::<Vec<_>>());
        let gone = planted.remove(at);
        let text = |name: &str| gone.value[name].as_str().unwrap_or_default();
        let sandbox = &self.portal.sandbox;
        sandbox.delete_resource(
            gone.source,
            Some(&gone.tenant),
            text("resourceType"),
            text("id"),
        );
    }

    /// Releases, corrects or takes back a result, or any other record.
    fn change_a_record(&mut self) -> String {
        let of_laboratory = self.random.chance(50);
        let changeable = |planted: &Planted| match planted.source {
            "laboratory" => true,
            "registration" => false,
            _ => !of_laboratory,
        };
        let planted = self.generated.world.planted.iter().enumerate();
        let planted = planted.filter(|(_, planted)| changeable(planted));
        let records: Vec<usize> = planted.map(|(at, _)| at).collect();
        let at = *self.random.pick(&records);
        let planted = &mut self.generated.world.planted[at];
        let system = "urn:ghasi-ehealth:release";
        match self.random.below(4) {
            0 => planted.value["status"] = json!("entered-in-error"),
            1 => planted.value["status"] = json!("corrected"),
            2 => planted.value["meta"]["tag"] = json!([{"system": system, "code": "released"}]),
            _ => {
                let codes = ["released", "reviewed", "critical-acknowledged"];
                let tags = codes.map(|code| json!({"system": system, "code": code}));
                planted.value["meta"]["tag"] = json!(tags);
            }
        }
        let told = format!("{} changes {}", planted.source, planted.value["id"]);
        put(self.portal, planted);
        self.wait(NOT_FRESH, &told)
    }

    /// Takes a sub-feature from a tenant that has it, or gives it to one that has not.
    fn change_a_licence(&mut self) -> String {
        let at = self.random.below(self.generated.world.tenants.len());
        let feature = *self.random.pick(&FEATURES);
        let tenant = &mut self.generated.world.tenants[at];
        if !tenant.features.remove(feature) {
            tenant.features.insert(feature);
        }
        license(self.portal, tenant);
        let told = format!("{} has licensed {:?}", tenant.id, tenant.features);
        self.wait(NOT_FRESH, &told)
    }

    /// Has the child's birthday come within days, at an age where bands begin.
    fn move_birth_date(&mut self) -> String {
        let years = i16::try_from(*self.random.pick(&[5, 12, 16, 18])).unwrap_or(18);
        let days = i64::try_from(self.random.below(4)).unwrap_or(0);
        let birthday = today(self.portal.now()) + SignedDuration::from_hours(24 * days);
        let born = jiff::civil::date(
            birthday.year() - years,
            birthday.month(),
            birthday.day().min(28),
        );
        let child = &self.generated.child.patient;
        let planted = self
            .generated
            .world
            .planted
            .iter_mut()
            .find(|planted| planted.source == "registration" && planted.value["id"] == **child);
        let planted = planted.expect("the child has a Patient");
        planted.value["birthDate"] = json!(born.to_string());
        put(self.portal, planted);
        self.wait(NOT_FRESH, &format!("the child is born on {born}"))
    }

    fn narrow(&mut self) -> String {
        let at = self.random.below(self.callers.len());
        let caller = &mut self.callers[at];
        caller.scopes = if self.random.chance(40) {
            Scopes::all()
        } else {
            Scopes::random(&mut self.random)
        };
        format!("{} has a token for {}", caller.name, caller.scopes.text())
    }
}
