//! Who there is: families that share a surname, in two tenants.

/// What is fixed about a person; ids and clinical data come from the seed.
pub(super) struct Profile {
    pub(super) tenant: &'static str,
    pub(super) given: &'static str,
    pub(super) family: &'static str,
    /// Given and family name in the person's own script.
    pub(super) own_script: Option<(&'static str, &'static str)>,
    pub(super) gender: &'static str,
    /// A date, or only a year.
    pub(super) birth_date: &'static str,
    pub(super) city: &'static str,
    pub(super) country: &'static str,
    pub(super) has_platform_ids: bool,
    pub(super) has_large_record: bool,
    /// Whether there are problems and results of every sensitive kind.
    pub(super) has_sensitive_record: bool,
}

impl Profile {
    const fn new(
        tenant: &'static str,
        (given, family): (&'static str, &'static str),
        gender: &'static str,
        birth_date: &'static str,
        (city, country): (&'static str, &'static str),
    ) -> Self {
        Self {
            tenant,
            given,
            family,
            own_script: None,
            gender,
            birth_date,
            city,
            country,
            has_platform_ids: false,
            has_large_record: false,
            has_sensitive_record: false,
        }
    }

    /// `sub` of their tokens.
    pub(super) fn subject(&self) -> String {
        format!("{}-{}", self.tenant, self.given.to_lowercase())
    }

    const fn written(self, given: &'static str, family: &'static str) -> Self {
        Self {
            own_script: Some((given, family)),
            ..self
        }
    }

    const fn with_platform_ids(self) -> Self {
        Self {
            has_platform_ids: true,
            ..self
        }
    }

    const fn with_large_record(self) -> Self {
        Self {
            has_large_record: true,
            ..self
        }
    }

    const fn with_sensitive_record(self) -> Self {
        Self {
            has_sensitive_record: true,
            ..self
        }
    }
}

const KABUL: (&str, &str) = ("Kabul", "AF");
const HERAT: (&str, &str) = ("Herat", "AF");
const LAGOS: (&str, &str) = ("Lagos", "NG");
const GDANSK: (&str, &str) = ("Gdańsk", "PL");
const PORTO: (&str, &str) = ("Porto", "PT");

/// Tenant `demo` first; the first person is the one of default tokens.
pub(super) const PROFILES: [Profile; 11] = [
    Profile::new(
        "demo",
        ("Zarghuna", "Rahimi"),
        "female",
        "1985-03-14",
        KABUL,
    )
    .written("زرغونه", "رحیمي")
    .with_platform_ids()
    .with_sensitive_record(),
    Profile::new("demo", ("Ahmad", "Rahimi"), "male", "1982-11-02", KABUL).written("احمد", "رحیمی"),
    Profile::new("demo", ("Laila", "Rahimi"), "female", "2014-02-28", KABUL)
        .with_platform_ids()
        .with_sensitive_record(),
    Profile::new("demo", ("Maria", "Nowak"), "female", "1951", GDANSK),
    Profile::new("demo", ("Jan", "Nowak"), "male", "1979-07-21", GDANSK)
        .with_platform_ids()
        .with_large_record()
        .with_sensitive_record(),
    Profile::new("demo", ("Adaeze", "Okafor"), "female", "1990-01-09", LAGOS),
    Profile::new("demo", ("Chidi", "Okafor"), "male", "2020-02-29", LAGOS),
    Profile::new("other", ("Farid", "Haidari"), "male", "1970-05-30", HERAT).with_platform_ids(),
    Profile::new(
        "other",
        ("Soraya", "Haidari"),
        "female",
        "1974-12-12",
        HERAT,
    )
    .written("ثریا", "حیدری"),
    Profile::new("other", ("Omid", "Haidari"), "male", "2011-08-05", HERAT).with_sensitive_record(),
    Profile::new("other", ("Marta", "Silva"), "female", "1998-10-17", PORTO).with_platform_ids(),
];

/// Those who have a record and no account yet.
pub(super) const REGISTRANTS: [Profile; 1] =
    [
        Profile::new("demo", ("Nadia", "Karimi"), "female", "1993-06-05", KABUL)
            .written("نادیا", "کریمی"),
    ];
