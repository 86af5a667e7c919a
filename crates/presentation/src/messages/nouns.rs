//! What types of records are called.

use portal_fhir::ResourceType;

use super::{Texts, ViewText, texts};

/// What a type is called.
#[expect(clippy::too_many_lines, reason = "a table, one row a type")]
pub(crate) const fn noun(of: ResourceType) -> Texts {
    match of {
        ResourceType::Patient => texts(
            "Your name and personal details",
            "ستاسو نوم او شخصي معلومات",
            "نام و معلومات شخصی شما",
            "اسمك وبياناتك الشخصية",
        ),
        ResourceType::AllergyIntolerance => ViewText::Allergies.texts(),
        ResourceType::Condition => ViewText::Problems.texts(),
        ResourceType::MedicationRequest => ViewText::Medications.texts(),
        ResourceType::Immunization => ViewText::Immunizations.texts(),
        ResourceType::Observation => texts(
            "Laboratory results and vital signs",
            "لابراتواري پایلې او حیاتي نښې",
            "نتایج لابراتوار و علایم حیاتی",
            "نتائج المختبر والعلامات الحيوية",
        ),
        ResourceType::DiagnosticReport => texts(
            "Reports on results",
            "د پایلو راپورونه",
            "گزارش‌های نتایج",
            "تقارير النتائج",
        ),
        ResourceType::ImagingStudy => texts(
            "Imaging studies",
            "انځوریزې معاینې",
            "معاینات تصویری",
            "الفحوص التصويرية",
        ),
        ResourceType::MedicationDispense => texts(
            "Medication you were given",
            "تاسو ته درکړل شوي درمل",
            "ادویهٔ داده‌شده به شما",
            "الأدوية المصروفة لك",
        ),
        ResourceType::Appointment => texts("Appointments", "ملاقاتونه", "قرار ملاقات‌ها", "المواعيد"),
        ResourceType::Coverage => texts(
            "Insurance cover",
            "د بیمې پوښښ",
            "پوشش بیمه",
            "التغطية التأمينية",
        ),
        ResourceType::ExplanationOfBenefit => texts(
            "Bills and payments",
            "بلونه او تادیات",
            "صورت‌حساب‌ها و پرداخت‌ها",
            "الفواتير والمدفوعات",
        ),
        ResourceType::Communication => texts("Messages", "پیغامونه", "پیام‌ها", "الرسائل"),
        ResourceType::DocumentReference => texts("Documents", "اسناد", "سندها", "المستندات"),
        ResourceType::Encounter => texts("Visits", "لیدنې", "مراجعات", "الزيارات"),
        ResourceType::Procedure => texts("Procedures", "طبي عملیې", "عملیات طبی", "الإجراءات"),
        ResourceType::CarePlan => texts(
            "Care plans",
            "د پاملرنې پلانونه",
            "پلان‌های مراقبت",
            "خطط الرعاية",
        ),
        ResourceType::CareTeam => texts(
            "Care teams",
            "د پاملرنې ټیمونه",
            "تیم‌های مراقبت",
            "فرق الرعاية",
        ),
        ResourceType::Goal => texts(
            "Health goals",
            "روغتیايي موخې",
            "اهداف صحی",
            "الأهداف الصحية",
        ),
        ResourceType::ServiceRequest => texts(
            "Orders and referrals",
            "غوښتنې او لېږدونې",
            "درخواست‌ها و ارجاع‌ها",
            "الطلبات والإحالات",
        ),
        ResourceType::Specimen => texts("Specimens", "نمونې", "نمونه‌ها", "العينات"),
        ResourceType::Device => texts(
            "Implants and devices",
            "امپلانتونه او وسایل",
            "ایمپلنت‌ها و وسایل",
            "الغرسات والأجهزة",
        ),
        ResourceType::Binary => texts(
            "The contents of documents",
            "د اسنادو منځپانګه",
            "محتوای سندها",
            "محتوى المستندات",
        ),
        ResourceType::Provenance => texts(
            "Where your records come from",
            "ستاسو معلومات له کومه راغلي",
            "منبع معلومات شما",
            "مصدر سجلاتك",
        ),
        ResourceType::Medication => texts(
            "Details of your medication",
            "ستاسو د درملو جزئیات",
            "جزئیات ادویهٔ شما",
            "تفاصيل أدويتك",
        ),
        ResourceType::Practitioner => texts(
            "Who treats you",
            "ستاسو درملنه څوک کوي",
            "تداوی‌کنندگان شما",
            "من يعالجك",
        ),
        ResourceType::PractitionerRole => texts(
            "The roles of those who treat you",
            "ستاسو د درملوونکو دندې",
            "وظایف تداوی‌کنندگان شما",
            "أدوار من يعالجك",
        ),
        ResourceType::Organization => texts(
            "Hospitals and clinics",
            "روغتونونه او کلینیکونه",
            "شفاخانه‌ها و کلینیک‌ها",
            "المستشفيات والعيادات",
        ),
        ResourceType::Location => texts(
            "Places of treatment",
            "د درملنې ځایونه",
            "محل‌های تداوی",
            "أماكن العلاج",
        ),
        ResourceType::QuestionnaireResponse => texts(
            "Answers to questionnaires",
            "د پوښتنلیکونو ځوابونه",
            "پاسخ‌های پرسشنامه‌ها",
            "إجابات الاستبيانات",
        ),
        ResourceType::AuditEvent => texts(
            "Who looked at your record",
            "ستاسو معلومات چا کتلي",
            "چه کسی سابقهٔ شما را دیده",
            "من اطّلع على سجلك",
        ),
        ResourceType::Consent => texts(
            "What you let others do for you",
            "هغه څه چې نورو ته مو اجازه ورکړې",
            "اجازه‌هایی که به دیگران داده‌اید",
            "ما أذنت به لغيرك",
        ),
        ResourceType::RelatedPerson => texts(
            "Who may act for you",
            "څوک ستاسو په استازیتوب کار کولی شي",
            "کسانی که از طرف شما عمل می‌کنند",
            "من يمكنه التصرف نيابة عنك",
        ),
    }
}
