//! Minors: what a parent may see of a child by its age, as the tenant says.

use jiff::civil::Date;

use crate::proxy_delegation::{DelegationRight, RightSet};

/// What parents may see while the child is in a band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParentAccess {
    /// All that the delegation opens.
    Full,
    /// Of that, only these rights.
    Limited(RightSet),
    /// Nothing.
    Nothing,
}

/// One band of ages, in completed years: from `from_age` up to, not including, `to_age`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgeBand {
    /// The first age in the band.
    pub from_age: u8,
    /// The first age behind the band.
    pub to_age: u8,
    /// What parents may see.
    pub parent_access: ParentAccess,
    /// Whether sensitive categories are hidden from parents from here on.
    pub hides_sensitive: bool,
    /// Whether the minor may hold an account; asked when an account is verified.
    pub minor_may_hold_account: bool,
    /// Whether a new delegation needs the minor's assent; asked when a delegation is approved.
    pub assent_required: bool,
}

/// The bands of a tenant: they begin at birth, adjoin, and end at majority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgeBands(Vec<AgeBand>);

/// What the bands say of an age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParentalAccess {
    /// The child is in a band.
    Minor {
        /// What parents may see.
        access: ParentAccess,
        /// Whether sensitive categories are hidden from them.
        hides_sensitive: bool,
    },
    /// Of age: parental delegations have ended.
    Adult,
}

/// Bands that do not cover the years of a minor without gap or overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BandsInvalid {
    /// The first band that does not fit.
    pub index: usize,
}

impl AgeBands {
    /// The bands, if the first begins at birth and each begins where the one before ends.
    pub fn new(bands: Vec<AgeBand>) -> Result<Self, BandsInvalid> {
        let mut begin = 0;
        for (index, band) in bands.iter().enumerate() {
            if band.from_age != begin || band.to_age <= band.from_age {
                return Err(BandsInvalid { index });
            }
            begin = band.to_age;
        }
        if bands.is_empty() {
            return Err(BandsInvalid { index: 0 });
        }
        Ok(Self(bands))
    }

    /// The bands, youngest first.
    pub fn bands(&self) -> &[AgeBand] {
        &self.0
    }

    /// What parents may see of a child that was born on a day, on another day. Once a band hides
    /// what is sensitive, the older ones do too.
    pub fn of(&self, born: Date, today: Date) -> ParentalAccess {
        let age = age_on(born, today);
        let mut hides_sensitive = false;
        for band in &self.0 {
            hides_sensitive |= band.hides_sensitive;
            if age < i16::from(band.to_age) {
                return ParentalAccess::Minor {
                    access: band.parent_access,
                    hides_sensitive,
                };
            }
        }
        ParentalAccess::Adult
    }
}

impl Default for AgeBands {
    /// Parents see everything of children under 12, and of teenagers what a family needs to keep
    /// appointments and immunizations; majority is at 18.
    fn default() -> Self {
        let teenager = RightSet::of([
            DelegationRight::Allergies,
            DelegationRight::Immunizations,
            DelegationRight::AppointmentsView,
            DelegationRight::AppointmentsManage,
            DelegationRight::Billing,
        ]);
        Self(vec![
            AgeBand {
                from_age: 0,
                to_age: 12,
                parent_access: ParentAccess::Full,
                hides_sensitive: false,
                minor_may_hold_account: false,
                assent_required: false,
            },
            AgeBand {
                from_age: 12,
                to_age: 18,
                parent_access: ParentAccess::Limited(teenager),
                hides_sensitive: true,
                minor_may_hold_account: true,
                assent_required: true,
            },
        ])
    }
}

/// Completed years. Who was born on 29 February has the birthday on 1 March of common years.
fn age_on(born: Date, today: Date) -> i16 {
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    today.year() - born.year() - i16::from(!had_birthday)
}

#[cfg(test)]
#[path = "age_bands_tests.rs"]
mod tests;
