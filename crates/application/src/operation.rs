//! Every operation of both surfaces, as the decision and the journal see it. Routes name these;
//! there is no other way to an answer.

use portal_domain::access::{AccountNeed, Action, ProxyNeed, ScopeNeed, Surface};
use portal_domain::audit::EventType;
use portal_domain::feature::Feature;
use portal_domain::proxy_delegation::DelegationRight;
use portal_domain::scope::Interaction;
use portal_fhir::{ResourceType, is_searchable};

/// The sub-feature of the one source that answers for a type.
const fn feature(resource_type: ResourceType) -> Option<Feature> {
    match resource_type {
        ResourceType::Coverage | ResourceType::ExplanationOfBenefit => Some(Feature::Claims),
        ResourceType::Communication => Some(Feature::Communication),
        _ => None,
    }
}

const fn portal(
    operation: &'static str,
    event_type: EventType,
    resource_type: ResourceType,
    interaction: Interaction,
    proxy: ProxyNeed,
) -> Action {
    Action {
        operation,
        surface: Surface::Portal,
        event_type,
        feature: feature(resource_type),
        account: AccountNeed::Active,
        scope: ScopeNeed::Record(resource_type, interaction),
        proxy,
        step_up: false,
    }
}

const fn chart(
    operation: &'static str,
    resource_type: ResourceType,
    right: DelegationRight,
) -> Action {
    portal(
        operation,
        EventType::ChartViewed,
        resource_type,
        Interaction::Search,
        ProxyNeed::Right(right),
    )
}

/// `GET /v1/portal/me`
pub const GET_ME: Action = Action {
    account: AccountNeed::AnyState,
    ..portal(
        "getMe",
        EventType::AccountViewed,
        ResourceType::Patient,
        Interaction::Read,
        ProxyNeed::Any,
    )
};
/// `GET /v1/portal/me/access-log`
pub const LIST_ACCESS_LOG: Action = portal(
    "listAccessLog",
    EventType::AccessLogViewed,
    ResourceType::Patient,
    Interaction::Search,
    ProxyNeed::Never,
);
/// `GET /v1/portal/chart/summary`
pub const GET_CHART_SUMMARY: Action = chart(
    "getChartSummary",
    ResourceType::Patient,
    DelegationRight::Summary,
);
/// `GET /v1/portal/chart/allergies`
pub const LIST_ALLERGIES: Action = chart(
    "listAllergies",
    ResourceType::AllergyIntolerance,
    DelegationRight::Allergies,
);
/// `GET /v1/portal/chart/medications`
pub const LIST_MEDICATIONS: Action = chart(
    "listMedications",
    ResourceType::MedicationRequest,
    DelegationRight::Medications,
);
/// `GET /v1/portal/chart/vitals`
pub const LIST_VITALS: Action = chart(
    "listVitals",
    ResourceType::Observation,
    DelegationRight::Vitals,
);
/// `GET /v1/portal/chart/immunizations`
pub const LIST_IMMUNIZATIONS: Action = chart(
    "listImmunizations",
    ResourceType::Immunization,
    DelegationRight::Immunizations,
);
/// `GET /v1/portal/chart/problems`
pub const LIST_PROBLEMS: Action = chart(
    "listProblems",
    ResourceType::Condition,
    DelegationRight::Problems,
);
/// `GET /v1/portal/chart/documents`
pub const LIST_DOCUMENTS: Action = chart(
    "listDocuments",
    ResourceType::DocumentReference,
    DelegationRight::Documents,
);
/// `GET /v1/portal/documents/{id}/content`
pub const GET_DOCUMENT_CONTENT: Action = portal(
    "getDocumentContent",
    EventType::ChartViewed,
    ResourceType::DocumentReference,
    Interaction::Read,
    ProxyNeed::Right(DelegationRight::Documents),
);
/// `GET /v1/portal/chart/timeline`
pub const LIST_TIMELINE: Action = Action {
    scope: ScopeNeed::AnyRecord(Interaction::Search),
    ..portal(
        "listTimeline",
        EventType::ChartViewed,
        ResourceType::Patient,
        Interaction::Search,
        ProxyNeed::Any,
    )
};
/// `GET /v1/portal/medications`
pub const LIST_PRESCRIPTIONS: Action = chart(
    "listPrescriptions",
    ResourceType::MedicationRequest,
    DelegationRight::Medications,
);
/// `GET /v1/portal/results/radiology`
pub const LIST_RADIOLOGY_REPORTS: Action = portal(
    "listRadiologyReports",
    EventType::ResultViewed,
    ResourceType::DiagnosticReport,
    Interaction::Search,
    ProxyNeed::Right(DelegationRight::Radiology),
);
/// `GET /v1/portal/results/radiology/{id}`
pub const GET_RADIOLOGY_REPORT: Action = portal(
    "getRadiologyReport",
    EventType::ResultViewed,
    ResourceType::DiagnosticReport,
    Interaction::Read,
    ProxyNeed::Right(DelegationRight::Radiology),
);
/// `GET /v1/portal/coverage`
pub const LIST_COVERAGE: Action = portal(
    "listCoverage",
    EventType::BillingViewed,
    ResourceType::Coverage,
    Interaction::Search,
    ProxyNeed::Right(DelegationRight::Billing),
);
/// `GET /v1/portal/eob`
pub const LIST_EXPLANATIONS_OF_BENEFIT: Action = portal(
    "listExplanationsOfBenefit",
    EventType::BillingViewed,
    ResourceType::ExplanationOfBenefit,
    Interaction::Search,
    ProxyNeed::Right(DelegationRight::Billing),
);
/// `GET /v1/portal/eob/{id}`
pub const GET_EXPLANATION_OF_BENEFIT: Action = portal(
    "getExplanationOfBenefit",
    EventType::BillingViewed,
    ResourceType::ExplanationOfBenefit,
    Interaction::Read,
    ProxyNeed::Right(DelegationRight::Billing),
);
/// `GET /v1/portal/billing/statements`
pub const LIST_STATEMENTS: Action = portal(
    "listStatements",
    EventType::BillingViewed,
    ResourceType::ExplanationOfBenefit,
    Interaction::Search,
    ProxyNeed::Right(DelegationRight::Billing),
);
/// `GET /v1/portal/billing/statements/{id}`
pub const GET_STATEMENT: Action = portal(
    "getStatement",
    EventType::BillingViewed,
    ResourceType::ExplanationOfBenefit,
    Interaction::Read,
    ProxyNeed::Right(DelegationRight::Billing),
);
/// `GET /v1/portal/messages`. No proxy: a Communication does not tell whose thread it is of.
pub const LIST_THREADS: Action = portal(
    "listThreads",
    EventType::MessageRead,
    ResourceType::Communication,
    Interaction::Search,
    ProxyNeed::OfType,
);
/// `GET /v1/portal/messages/{threadId}`
pub const GET_THREAD: Action = portal(
    "getThread",
    EventType::MessageRead,
    ResourceType::Communication,
    Interaction::Read,
    ProxyNeed::OfType,
);
/// `GET /v1/portal/appointments/availability`
pub const LIST_AVAILABILITY: Action = portal(
    "listAvailability",
    EventType::ChartViewed,
    ResourceType::Appointment,
    Interaction::Search,
    ProxyNeed::OfType,
);
/// `GET /v1/portal/demographics`
pub const GET_DEMOGRAPHICS: Action = portal(
    "getDemographics",
    EventType::ChartViewed,
    ResourceType::Patient,
    Interaction::Read,
    ProxyNeed::Never,
);
/// `GET /v1/portal/appointments`
pub const LIST_APPOINTMENTS: Action = portal(
    "listAppointments",
    EventType::ChartViewed,
    ResourceType::Appointment,
    Interaction::Search,
    ProxyNeed::OfType,
);
/// `GET /v1/portal/appointments/{id}`
pub const GET_APPOINTMENT: Action = portal(
    "getAppointment",
    EventType::ChartViewed,
    ResourceType::Appointment,
    Interaction::Read,
    ProxyNeed::OfType,
);
/// `GET /v1/portal/appointments/{id}/calendar`
pub const GET_APPOINTMENT_CALENDAR: Action = portal(
    "getAppointmentCalendar",
    EventType::ChartViewed,
    ResourceType::Appointment,
    Interaction::Read,
    ProxyNeed::OfType,
);
/// `GET /v1/portal/providers`
pub const LIST_PROVIDERS: Action = portal(
    "listProviders",
    EventType::ChartViewed,
    ResourceType::Appointment,
    Interaction::Search,
    ProxyNeed::Never,
);
/// `GET /v1/portal/results/labs`
pub const LIST_LAB_RESULTS: Action = portal(
    "listLabResults",
    EventType::ResultViewed,
    ResourceType::Observation,
    Interaction::Search,
    ProxyNeed::Right(DelegationRight::Labs),
);
/// `GET /v1/portal/results/labs/trends`
pub const LIST_LAB_TRENDS: Action = portal(
    "listLabTrends",
    EventType::ResultViewed,
    ResourceType::Observation,
    Interaction::Search,
    ProxyNeed::Right(DelegationRight::Labs),
);
/// `GET /v1/portal/results/labs/{id}`
pub const GET_LAB_RESULT: Action = portal(
    "getLabResult",
    EventType::ResultViewed,
    ResourceType::Observation,
    Interaction::Read,
    ProxyNeed::Right(DelegationRight::Labs),
);

/// Something of the caller's own that is no record: a caregiver has it too.
const fn own(operation: &'static str, event_type: EventType, interaction: Interaction) -> Action {
    Action {
        account: AccountNeed::ActiveOfAnyKind,
        ..portal(
            operation,
            event_type,
            ResourceType::Patient,
            interaction,
            ProxyNeed::Never,
        )
    }
}

/// Open to who has no account yet.
const fn newcomer(operation: &'static str, event_type: EventType) -> Action {
    Action {
        account: AccountNeed::None,
        scope: ScopeNeed::Identity,
        ..own(operation, event_type, Interaction::Create)
    }
}

/// `PATCH /v1/portal/me`
pub const UPDATE_ME: Action = own("updateMe", EventType::AccountUpdated, Interaction::Update);
/// `GET /v1/portal/me/notification-preferences`
pub const GET_NOTIFICATION_PREFERENCES: Action = own(
    "getNotificationPreferences",
    EventType::AccountViewed,
    Interaction::Read,
);
/// `PUT /v1/portal/me/notification-preferences`
pub const SET_NOTIFICATION_PREFERENCES: Action = own(
    "setNotificationPreferences",
    EventType::AccountUpdated,
    Interaction::Update,
);
/// `GET /v1/portal/me/apps`. Who may not end a grant need not know of it.
pub const LIST_APPS: Action = own("listApps", EventType::AccountViewed, Interaction::Update);
/// `DELETE /v1/portal/me/apps/{clientId}`
pub const REVOKE_APP: Action = own("revokeApp", EventType::AppRevoked, Interaction::Delete);
/// `GET /v1/portal/proxy-delegations`
pub const LIST_PROXY_DELEGATIONS: Action = own(
    "listProxyDelegations",
    EventType::ProxyViewed,
    Interaction::Search,
);
/// `GET /v1/portal/proxy-delegations/{pdel}`
pub const GET_PROXY_DELEGATION: Action = own(
    "getProxyDelegation",
    EventType::ProxyViewed,
    Interaction::Read,
);
/// `POST /v1/portal/proxy-delegations`
pub const CREATE_PROXY_DELEGATION: Action = Action {
    account: AccountNeed::Active,
    step_up: true,
    ..own(
        "createProxyDelegation",
        EventType::ProxyGranted,
        Interaction::Create,
    )
};
/// `POST /v1/portal/proxy-delegations/accept`
pub const ACCEPT_PROXY_DELEGATION: Action =
    newcomer("acceptProxyDelegation", EventType::ProxyAccepted);
/// `POST /v1/portal/proxy-delegations/decline`
pub const DECLINE_PROXY_DELEGATION: Action =
    newcomer("declineProxyDelegation", EventType::ProxyDeclined);
/// `POST /v1/portal/proxy-delegations/{pdel}/confirm`
pub const CONFIRM_PROXY_DELEGATION: Action = Action {
    account: AccountNeed::Active,
    ..own(
        "confirmProxyDelegation",
        EventType::ProxyConfirmed,
        Interaction::Update,
    )
};
/// `POST /v1/portal/proxy-delegations/{pdel}/revoke`
pub const REVOKE_PROXY_DELEGATION: Action = own(
    "revokeProxyDelegation",
    EventType::ProxyRevoked,
    Interaction::Update,
);

/// `POST /v1/portal/registrations`
pub const REGISTER: Action = newcomer("register", EventType::AccountRegistered);
/// `POST /v1/portal/registrations/resend`
pub const RESEND_VERIFICATION: Action =
    newcomer("resendVerification", EventType::AccountRegistered);
/// `POST /v1/portal/registrations/verify`
pub const VERIFY_REGISTRATION: Action = newcomer("verifyRegistration", EventType::AccountActivated);

/// The operations of `/v1/portal`.
pub const PORTAL: [Action; 45] = [
    REGISTER,
    RESEND_VERIFICATION,
    VERIFY_REGISTRATION,
    GET_ME,
    UPDATE_ME,
    LIST_ACCESS_LOG,
    GET_NOTIFICATION_PREFERENCES,
    SET_NOTIFICATION_PREFERENCES,
    LIST_APPS,
    REVOKE_APP,
    LIST_PROXY_DELEGATIONS,
    GET_PROXY_DELEGATION,
    CREATE_PROXY_DELEGATION,
    ACCEPT_PROXY_DELEGATION,
    DECLINE_PROXY_DELEGATION,
    CONFIRM_PROXY_DELEGATION,
    REVOKE_PROXY_DELEGATION,
    GET_CHART_SUMMARY,
    LIST_ALLERGIES,
    LIST_MEDICATIONS,
    LIST_VITALS,
    LIST_IMMUNIZATIONS,
    LIST_PROBLEMS,
    LIST_DOCUMENTS,
    GET_DOCUMENT_CONTENT,
    LIST_TIMELINE,
    LIST_PRESCRIPTIONS,
    LIST_RADIOLOGY_REPORTS,
    GET_RADIOLOGY_REPORT,
    LIST_COVERAGE,
    LIST_EXPLANATIONS_OF_BENEFIT,
    GET_EXPLANATION_OF_BENEFIT,
    LIST_STATEMENTS,
    GET_STATEMENT,
    LIST_THREADS,
    GET_THREAD,
    LIST_AVAILABILITY,
    GET_DEMOGRAPHICS,
    LIST_APPOINTMENTS,
    GET_APPOINTMENT,
    GET_APPOINTMENT_CALENDAR,
    LIST_PROVIDERS,
    LIST_LAB_RESULTS,
    LIST_LAB_TRENDS,
    GET_LAB_RESULT,
];

const fn of_fhir(
    operation: &'static str,
    event_type: EventType,
    resource_type: ResourceType,
    interaction: Interaction,
) -> Action {
    Action {
        operation,
        surface: Surface::Fhir,
        event_type,
        feature: feature(resource_type),
        account: AccountNeed::Active,
        scope: ScopeNeed::Record(resource_type, interaction),
        proxy: ProxyNeed::OfType,
        step_up: false,
    }
}

/// The operation id of an interaction with a type, such as `readPatient`.
macro_rules! fhir_operation {
    ($interaction:literal, $resource_type:expr) => {
        fhir_operation!($interaction, $resource_type, [
            Patient, AllergyIntolerance, Condition, Observation, DiagnosticReport, ImagingStudy,
            MedicationRequest, MedicationDispense, Immunization, Appointment, Coverage,
            ExplanationOfBenefit, Communication, DocumentReference, Encounter, Procedure, CarePlan,
            CareTeam, Goal, ServiceRequest, Specimen, Device, QuestionnaireResponse,
            Provenance, Binary, Medication, Practitioner, PractitionerRole, Organization, Location,
            AuditEvent, Consent, RelatedPerson
        ])
    };
    ($interaction:literal, $resource_type:expr, [$($name:ident),+]) => {
        match $resource_type {
            $(ResourceType::$name => concat!($interaction, stringify!($name)),)+
        }
    };
}

/// `GET /fhir/R4/{type}/{id}`
pub const fn fhir_read(resource_type: ResourceType) -> Action {
    of_fhir(
        fhir_operation!("read", resource_type),
        EventType::FhirRead,
        resource_type,
        Interaction::Read,
    )
}

/// `GET /fhir/R4/Binary/{id}`, by the scope of what names it.
pub const READ_BINARY: Action = Action {
    scope: ScopeNeed::AnyOf(
        &[
            ResourceType::DocumentReference,
            ResourceType::DiagnosticReport,
        ],
        Interaction::Read,
    ),
    proxy: ProxyNeed::Any,
    ..fhir_read(ResourceType::Binary)
};

/// `GET /fhir/R4/{type}` and `POST /fhir/R4/{type}/_search`
pub const fn fhir_search(resource_type: ResourceType) -> Action {
    of_fhir(
        fhir_operation!("search", resource_type),
        EventType::FhirSearched,
        resource_type,
        Interaction::Search,
    )
}

/// The operations of `/fhir/R4`: a read of each type, and a search of each that can be searched.
pub fn fhir() -> impl Iterator<Item = Action> {
    let types = || ResourceType::ALL.iter().copied();
    let searched = types().filter(|resource_type| is_searchable(*resource_type));
    let read = |resource_type| match resource_type {
        ResourceType::Binary => READ_BINARY,
        other => fhir_read(other),
    };
    types().map(read).chain(searched.map(fhir_search))
}

#[cfg(test)]
mod tests {
    use portal_domain::source::RecordSet;

    use super::*;

    #[test]
    fn what_one_source_answers_for_needs_what_that_source_needs() {
        for resource_type in ResourceType::ALL.iter().copied() {
            let mut sources: Vec<_> = RecordSet::of_type(resource_type)
                .map(RecordSet::source)
                .collect();
            sources.dedup();
            let needed = match sources.as_slice() {
                [source] => Feature::of_source(*source),
                _ => None,
            };
            assert_eq!(feature(resource_type), needed, "{resource_type}");
        }
    }
}
