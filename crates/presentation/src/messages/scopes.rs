//! What an app may do, in plain words.

use portal_domain::scope::{Interaction, ScopeSet};
use portal_fhir::ResourceType;

use super::{Texts, noun, texts};
use crate::language::Language;

/// A scope in plain words; none for one that gives nothing here, or that nobody here knows.
pub(crate) fn scope_in_words(scope: &str, language: Language) -> Option<String> {
    if let Some(known) = plain(scope) {
        return Some(known.in_language(language).to_owned());
    }
    let set = ScopeSet::parse(scope);
    let what = if scope.starts_with("patient/*.") {
        EVERYTHING
    } else {
        noun(type_of(&set)?)
    };
    let may = verb(&set)?;
    let mut words = format!(
        "{}: {}",
        what.in_language(language),
        may.in_language(language)
    );
    if is_granular(&set) {
        words.push_str(" (");
        words.push_str(IN_PART.in_language(language));
        words.push(')');
    }
    Some(words)
}

const SEES: [Interaction; 2] = [Interaction::Read, Interaction::Search];
const CHANGES: [Interaction; 3] = [
    Interaction::Create,
    Interaction::Update,
    Interaction::Delete,
];

fn may(set: &ScopeSet, what: ResourceType, any_of: &[Interaction]) -> bool {
    any_of.iter().any(|act| set.allows(what, *act))
}

fn type_of(set: &ScopeSet) -> Option<ResourceType> {
    let mut types = ResourceType::ALL.iter().copied();
    types.find(|what| may(set, *what, &Interaction::ALL))
}

fn is_granular(set: &ScopeSet) -> bool {
    let granular = |what: &ResourceType| {
        let mut acts = Interaction::ALL.iter();
        acts.any(|act| set.is_granular(*what, *act))
    };
    ResourceType::ALL.iter().any(granular)
}

fn verb(set: &ScopeSet) -> Option<Texts> {
    let what = type_of(set)?;
    Some(match (may(set, what, &SEES), may(set, what, &CHANGES)) {
        (true, false) => texts("see", "لیدل", "دیدن", "الاطلاع"),
        (true, true) => texts(
            "see and change",
            "لیدل او بدلول",
            "دیدن و تغییر دادن",
            "الاطلاع والتعديل",
        ),
        (false, _) => texts("change", "بدلول", "تغییر دادن", "التعديل"),
    })
}

const EVERYTHING: Texts = texts(
    "Your whole health record",
    "ستاسو ټول روغتیايي معلومات",
    "تمام سابقهٔ صحی شما",
    "سجلك الصحي كاملًا",
);
const IN_PART: Texts = texts("in part", "یوه برخه", "بخشی", "جزئيًا");

/// Scopes of SMART and OpenID Connect that open no record.
fn plain(scope: &str) -> Option<Texts> {
    Some(match scope {
        "openid" => texts(
            "Know who you are",
            "پوهېدل چې تاسو څوک یاست",
            "دانستن این‌که شما کی هستید",
            "معرفة هويتك",
        ),
        "profile" => texts(
            "Know your profile",
            "ستاسو پېژندپاڼه پېژندل",
            "دانستن مشخصات شما",
            "معرفة ملفك الشخصي",
        ),
        "fhirUser" | "launch/patient" => texts(
            "Know which health record is meant",
            "پوهېدل چې کوم روغتیايي معلومات مطلب دي",
            "دانستن این‌که کدام سابقهٔ صحی منظور است",
            "معرفة السجل الصحي المقصود",
        ),
        "offline_access" => texts(
            "Keep access while you are away",
            "ستاسو په نشتون کې هم لاسرسی ساتل",
            "نگه داشتن دسترسی در نبود شما",
            "الاحتفاظ بالوصول أثناء غيابك",
        ),
        "online_access" => texts(
            "Keep access while you are signed in",
            "تر هغه چې تاسو ننوتي یاست لاسرسی ساتل",
            "نگه داشتن دسترسی تا وقتی وارد هستید",
            "الاحتفاظ بالوصول ما دمت مسجّل الدخول",
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn english(scope: &str) -> Option<String> {
        scope_in_words(scope, Language::English)
    }

    #[test]
    fn scopes_are_said_in_words() {
        for (scope, words) in [
            ("patient/*.read", "Your whole health record: see"),
            (
                "patient/*.cruds",
                "Your whole health record: see and change",
            ),
            ("patient/Condition.rs", "Problems: see"),
            (
                "patient/Patient.write",
                "Your name and personal details: change",
            ),
            (
                "patient/Observation.rs?category=laboratory",
                "Laboratory results and vital signs: see (in part)",
            ),
            ("offline_access", "Keep access while you are away"),
        ] {
            assert_eq!(english(scope).as_deref(), Some(words), "{scope}");
        }
    }

    #[test]
    fn what_is_not_understood_is_not_put_into_words() {
        for scope in [
            "patient/Group.read",
            "patient/*.everything",
            "patient/Condition.read?category=x",
            "user/*.read",
            "odd",
        ] {
            assert_eq!(english(scope), None, "{scope}");
        }
    }

    #[test]
    fn every_language_has_words_of_its_own() {
        let languages = [
            Language::English,
            Language::Pashto,
            Language::Dari,
            Language::Arabic,
        ];
        for resource_type in ResourceType::ALL {
            let scope = format!("patient/{resource_type}.read");
            let words = languages.map(|language| scope_in_words(&scope, language));
            let nouns = words.iter().flatten().map(|words| words.split_once(": "));
            let mut distinct: Vec<_> = nouns.flatten().map(|(noun, _)| noun).collect();
            distinct.sort_unstable();
            distinct.dedup();
            assert_eq!(distinct.len(), languages.len(), "{scope}");
        }
    }
}
