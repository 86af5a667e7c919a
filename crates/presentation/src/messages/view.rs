//! Texts that the portal adds to views and documents.

use super::{Texts, texts};
use crate::language::Language;

/// Said of a value that breaks a rule.
pub(crate) const UNKNOWN_MEMBER: Texts = texts(
    "This field is not known.",
    "دا برخه نه پېژندل کېږي.",
    "این فیلد ناشناخته است.",
    "هذا الحقل غير معروف.",
);

/// A name that stands twice.
pub(crate) const DUPLICATE_MEMBER: Texts = texts(
    "This field stands twice.",
    "دا برخه دوه ځله راغلې.",
    "این فیلد دو بار آمده است.",
    "ورد هذا الحقل مرتين.",
);

/// A member that has to be there.
pub(crate) const MISSING_MEMBER: Texts = texts(
    "This field is required.",
    "دا برخه اړینه ده.",
    "این فیلد الزامی است.",
    "هذا الحقل مطلوب.",
);

/// A value that will not do.
pub(crate) const INVALID_VALUE: Texts = texts(
    "This value is not valid.",
    "دا ارزښت سم نه دی.",
    "این مقدار معتبر نیست.",
    "هذه القيمة غير صالحة.",
);

/// A text of views and documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ViewText {
    /// A code that has neither text nor display.
    Unnamed,
    /// A value that views have no form for.
    NotShown,
    /// The chart summary's title.
    Summary,
    /// Who made the summary.
    Portal,
    /// An appointment in a calendar, of which nothing else is told.
    Appointment,
    /// Section: problems.
    Problems,
    /// Section: allergies.
    Allergies,
    /// Section: medications.
    Medications,
    /// Section: vital signs.
    Vitals,
    /// Section: immunizations.
    Immunizations,
    /// A section with entries.
    SeeEntries,
    /// A section with nothing to show, whatever the reason.
    NothingToShow,
    /// A section whose source is missing.
    Unavailable,
    /// A section that the token's scopes do not cover.
    NotAsked,
}

impl ViewText {
    /// The text in a language.
    pub(crate) const fn in_language(self, language: Language) -> &'static str {
        self.texts().in_language(language)
    }

    pub(super) const fn texts(self) -> Texts {
        match self {
            Self::Unnamed => texts("Unnamed", "بې نومه", "بی‌نام", "بدون اسم"),
            Self::NotShown => texts(
                "Not shown in this view",
                "په دې لید کې نه ښودل کېږي",
                "در این نما نشان داده نمی‌شود",
                "لا يظهر في هذا العرض",
            ),
            Self::Summary => texts(
                "Health summary",
                "د روغتیا لنډیز",
                "خلاصهٔ صحی",
                "الملخص الصحي",
            ),
            Self::Portal => texts(
                "Patient portal",
                "د ناروغ پورټل",
                "پورتال مریض",
                "بوابة المريض",
            ),
            Self::Appointment => texts("Appointment", "ملاقات", "وقت ملاقات", "موعد"),
            Self::Problems => texts("Problems", "ستونزې", "مشکلات صحی", "المشكلات الصحية"),
            Self::Allergies => texts("Allergies", "حساسیتونه", "حساسیت‌ها", "الحساسية"),
            Self::Medications => texts("Medications", "درمل", "ادویه", "الأدوية"),
            Self::Vitals => texts("Vital signs", "حیاتي نښې", "علایم حیاتی", "العلامات الحيوية"),
            Self::Immunizations => texts("Immunizations", "واکسینونه", "واکسین‌ها", "التطعيمات"),
            Self::SeeEntries => texts(
                "See the entries of this section.",
                "د دې برخې توکي وګورئ.",
                "موارد این بخش را ببینید.",
                "انظر عناصر هذا القسم.",
            ),
            Self::NothingToShow => texts(
                "There is nothing to show.",
                "د ښودلو لپاره څه نشته.",
                "چیزی برای نمایش نیست.",
                "لا يوجد ما يُعرض.",
            ),
            Self::Unavailable => texts(
                "This part is not available right now.",
                "دا برخه همدا اوس شتون نه لري.",
                "این بخش در حال حاضر در دسترس نیست.",
                "هذا الجزء غير متاح الآن.",
            ),
            Self::NotAsked => texts(
                "This app has no permission for this part.",
                "دا اپلیکیشن د دې برخې اجازه نه لري.",
                "این برنامه اجازهٔ این بخش را ندارد.",
                "ليس لهذا التطبيق إذن بهذا الجزء.",
            ),
        }
    }
}
