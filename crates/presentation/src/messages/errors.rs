//! Titles of errors, and what to do about them.

use super::{Texts, texts};
use crate::code::{Advice, Code};

/// What happened, in a few words.
#[expect(clippy::too_many_lines, reason = "one row a code, and nothing else")]
pub(crate) const fn title(code: Code) -> Texts {
    match code {
        Code::Unauthenticated => texts(
            "Sign-in required",
            "ننوتل اړین دي",
            "ورود لازم است",
            "يلزم تسجيل الدخول",
        ),
        Code::TokenExpired => texts(
            "Sign-in has expired",
            "د ننوتلو موده پای ته رسېدلې",
            "مدت ورود پایان یافته است",
            "انتهت صلاحية تسجيل الدخول",
        ),
        Code::TokenRevoked => texts(
            "Sign-in was ended",
            "ننوتل پای ته رسول شوي",
            "ورود پایان داده شده است",
            "أُنهي تسجيل الدخول",
        ),
        Code::StepUpRequired => texts(
            "Please confirm again that it is you",
            "مهرباني وکړئ بیا تایید کړئ چې تاسو یاست",
            "لطفاً دوباره تأیید کنید که خودتان هستید",
            "يرجى تأكيد هويتك مرة أخرى",
        ),
        Code::ModuleNotLicensed => texts(
            "The portal is not available here",
            "پورټل دلته شتون نه لري",
            "پورتال در اینجا در دسترس نیست",
            "البوابة غير متاحة هنا",
        ),
        Code::FeatureNotEnabled => texts(
            "This part of the portal is not available here",
            "د پورټل دا برخه دلته شتون نه لري",
            "این بخش پورتال در اینجا در دسترس نیست",
            "هذا الجزء من البوابة غير متاح هنا",
        ),
        Code::ClientNotAllowed => texts(
            "This app is not allowed here",
            "دا اپلیکیشن دلته اجازه نه لري",
            "این برنامه در اینجا اجازه ندارد",
            "هذا التطبيق غير مسموح به هنا",
        ),
        Code::AccountNotActive => texts(
            "The account is not active",
            "حساب فعال نه دی",
            "حساب فعال نیست",
            "الحساب غير نشط",
        ),
        Code::AccountNotLinked => texts(
            "No portal account",
            "د پورټل حساب نشته",
            "حساب پورتال وجود ندارد",
            "لا يوجد حساب في البوابة",
        ),
        Code::TenantMismatch => texts(
            "The health system does not match",
            "روغتیايي سیستم سمون نه خوري",
            "سیستم صحی مطابقت ندارد",
            "النظام الصحي غير مطابق",
        ),
        Code::TenantClaimRequired => texts(
            "The health system is not named",
            "روغتیايي سیستم نه دی ښودل شوی",
            "سیستم صحی مشخص نشده است",
            "لم يُحدَّد النظام الصحي",
        ),
        Code::PatientClaimRequired => texts(
            "No patient is selected",
            "هېڅ ناروغ نه دی ټاکل شوی",
            "هیچ مریضی انتخاب نشده است",
            "لم يُحدَّد مريض",
        ),
        Code::InsufficientScope => texts(
            "Permission is missing",
            "اجازه نشته",
            "اجازه موجود نیست",
            "الإذن غير متوفر",
        ),
        Code::MfaRequired => texts(
            "A second factor is required",
            "د تایید دویم پړاو اړین دی",
            "عامل دوم تأیید لازم است",
            "يلزم عامل تحقق ثانٍ",
        ),
        Code::ProxyDelegationInvalid => texts(
            "No access to this record",
            "دې دوسیې ته لاسرسی نشته",
            "به این دوسیه دسترسی نیست",
            "لا وصول إلى هذا السجل",
        ),
        Code::ProxyScopeDenied => texts(
            "Not possible on behalf of someone else",
            "د بل چا په استازیتوب ممکنه نه ده",
            "به نمایندگی از کس دیگر ممکن نیست",
            "غير ممكن نيابةً عن شخص آخر",
        ),
        Code::MalformedBody => texts(
            "The request cannot be read",
            "غوښتنه نه شي لوستل کېدای",
            "درخواست خوانده نمی‌شود",
            "تعذّرت قراءة الطلب",
        ),
        Code::UnknownParameter => texts(
            "Unknown parameter",
            "نامعلوم پارامتر",
            "پارامتر ناشناخته",
            "معلمة غير معروفة",
        ),
        Code::InvalidParameter => texts(
            "A parameter is not valid",
            "یو پارامتر سم نه دی",
            "یک پارامتر معتبر نیست",
            "إحدى المعلمات غير صالحة",
        ),
        Code::NotSupported => texts(
            "This form of request is not offered",
            "دا ډول غوښتنه نه وړاندې کېږي",
            "این نوع درخواست ارائه نمی‌شود",
            "هذا الشكل من الطلبات غير متاح",
        ),
        Code::CursorInvalid => texts(
            "The page is no longer available",
            "دا پاڼه نور شتون نه لري",
            "این صفحه دیگر در دسترس نیست",
            "لم تعد هذه الصفحة متاحة",
        ),
        Code::TokenInUrl => texts(
            "A token must not be in the address",
            "ټوکن باید په پته کې نه وي",
            "توکن نباید در نشانی باشد",
            "يجب ألا يكون الرمز في العنوان",
        ),
        Code::AmbiguousCredentials => texts(
            "More than one credential",
            "له یوه زیات اعتبارلیکونه",
            "بیش از یک اعتبارنامه",
            "أكثر من بيانات اعتماد واحدة",
        ),
        Code::NotFound => texts("Not found", "ونه موندل شو", "یافت نشد", "غير موجود"),
        Code::MethodNotAllowed => texts(
            "This method is not offered here",
            "دا طریقه دلته نه وړاندې کېږي",
            "این روش در اینجا ارائه نمی‌شود",
            "هذه الطريقة غير متاحة هنا",
        ),
        Code::NotAcceptable => texts(
            "This format is not offered",
            "دا بڼه نه وړاندې کېږي",
            "این قالب ارائه نمی‌شود",
            "هذا التنسيق غير متاح",
        ),
        Code::PayloadTooLarge => texts(
            "The request is too large",
            "غوښتنه ډېره لویه ده",
            "درخواست بسیار بزرگ است",
            "الطلب كبير جدًا",
        ),
        Code::UnsupportedMediaType => texts(
            "This content type is not accepted",
            "دا ډول منځپانګه نه منل کېږي",
            "این نوع محتوا پذیرفته نمی‌شود",
            "نوع المحتوى هذا غير مقبول",
        ),
        Code::LinkExpired => texts(
            "This link or code can no longer be used",
            "دا لینک یا کوډ نور نه شي کارېدلی",
            "این پیوند یا کد دیگر قابل استفاده نیست",
            "لم يعد هذا الرابط أو الرمز صالحًا",
        ),
        Code::InvalidHeader => texts(
            "A header is not valid",
            "یو سرلیک سم نه دی",
            "یک سرآیند معتبر نیست",
            "أحد رؤوس الطلب غير صالح",
        ),
        Code::IdempotencyKeyConflict => texts(
            "This key was used for another request",
            "دا کیلي د بلې غوښتنې لپاره کارول شوې",
            "این کلید برای درخواست دیگری به کار رفته است",
            "استُخدم هذا المفتاح لطلب آخر",
        ),
        Code::IdempotencyInProgress => texts(
            "The same request is still being answered",
            "همدا غوښتنه لا ځوابېږي",
            "همین درخواست هنوز در حال پاسخ است",
            "لا يزال الطلب نفسه قيد المعالجة",
        ),
        Code::StateConflict => texts(
            "This is not possible now",
            "دا اوس ممکن نه ده",
            "این اکنون ممکن نیست",
            "هذا غير ممكن الآن",
        ),
        Code::LimitReached => texts(
            "There are already as many as allowed",
            "لا دمخه تر ټاکلي حد پورې شته",
            "تعداد مجاز پر شده است",
            "بلغ العدد الحد المسموح به",
        ),
        Code::VersionConflict => texts(
            "It was changed meanwhile",
            "په دې منځ کې بدل شوی",
            "در این میان تغییر کرده است",
            "جرى تغييره في هذه الأثناء",
        ),
        Code::IdempotencyKeyRequired => texts(
            "A key for repeating the request is required",
            "د غوښتنې د تکرار لپاره کیلي اړینه ده",
            "کلید تکرار درخواست لازم است",
            "يلزم مفتاح لتكرار الطلب",
        ),
        Code::RateLimited => texts(
            "Asked too often",
            "ډېر ځله غوښتل شوي",
            "بیش از حد درخواست شده است",
            "طلبات كثيرة جدًا",
        ),
        Code::UnknownField => texts(
            "A field is not known",
            "یوه برخه نه پېژندل کېږي",
            "یک فیلد ناشناخته است",
            "أحد الحقول غير معروف",
        ),
        Code::ValidationFailed => texts(
            "A value is not valid",
            "یو ارزښت سم نه دی",
            "یک مقدار معتبر نیست",
            "إحدى القيم غير صالحة",
        ),
        Code::InternalError => texts(
            "Something went wrong",
            "یوه ستونزه رامنځته شوه",
            "مشکلی پیش آمد",
            "حدث خطأ ما",
        ),
        Code::UpstreamInvalidResponse => texts(
            "A health service gave no usable answer",
            "یوه روغتیايي خدمت د کار وړ ځواب ورنه کړ",
            "یک خدمت صحی پاسخ قابل استفاده نداد",
            "لم تقدّم إحدى الخدمات الصحية إجابة صالحة",
        ),
        Code::UpstreamUnavailable => texts(
            "A health service cannot be reached",
            "یوه روغتیايي خدمت ته لاسرسی نشته",
            "به یک خدمت صحی دسترسی نیست",
            "تعذّر الوصول إلى إحدى الخدمات الصحية",
        ),
        Code::StoreUnavailable => texts(
            "The portal cannot work right now",
            "پورټل همدا اوس کار نه شي کولای",
            "پورتال در حال حاضر کار نمی‌کند",
            "لا يمكن للبوابة العمل الآن",
        ),
        Code::Overloaded => texts(
            "Too busy right now",
            "همدا اوس ډېر بوخت دی",
            "در حال حاضر بسیار مصروف است",
            "مشغول جدًا الآن",
        ),
        Code::UpstreamTimeout => texts(
            "A health service took too long",
            "یوه روغتیايي خدمت ډېر وخت ونیو",
            "یک خدمت صحی بیش از حد طول کشید",
            "استغرقت إحدى الخدمات الصحية وقتًا طويلًا",
        ),
    }
}

/// What to do about it.
pub(crate) const fn advice(advice: Advice) -> Texts {
    match advice {
        Advice::SignIn => texts(
            "Sign in and try again.",
            "ننوځئ او بیا هڅه وکړئ.",
            "وارد شوید و دوباره تلاش کنید.",
            "سجّل الدخول ثم حاول مرة أخرى.",
        ),
        Advice::NotAllowed => texts(
            "Your health system can tell you what you may use.",
            "ستاسو روغتیايي سیستم ویلای شي چې څه کارولای شئ.",
            "سیستم صحی شما می‌تواند بگوید از چه استفاده کرده می‌توانید.",
            "يمكن لنظامك الصحي إخبارك بما يحق لك استخدامه.",
        ),
        Advice::ChangeRequest => texts(
            "The request has to be changed before it is sent again.",
            "غوښتنه باید له بیا لېږلو مخکې بدله شي.",
            "درخواست باید پیش از ارسال دوباره تغییر کند.",
            "يجب تغيير الطلب قبل إرساله مرة أخرى.",
        ),
        Advice::NothingThere => texts(
            "There is nothing here that you can see.",
            "دلته داسې څه نشته چې تاسو یې لیدلای شئ.",
            "در اینجا چیزی نیست که بتوانید ببینید.",
            "لا يوجد هنا ما يمكنك رؤيته.",
        ),
        Advice::TryLater => texts(
            "Try again in a moment.",
            "یوه شېبه وروسته بیا هڅه وکړئ.",
            "لحظه‌ای بعد دوباره تلاش کنید.",
            "حاول مرة أخرى بعد قليل.",
        ),
    }
}
