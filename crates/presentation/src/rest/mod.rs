//! `/v1/portal`: the contract of the portal's own clients.

mod access_log;
mod apps;
mod availability;
mod calendar;
mod chart;
mod delegations;
mod documents;
mod me;
mod messages;
mod meta;
mod preferences;
mod providers;
mod records;
mod registrations;
mod results;
mod values;

pub(crate) use access_log::{AccessEventView, access_event};

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::Faces;

/// Every route, with its description.
pub(crate) fn routes(openapi: utoipa::openapi::OpenApi) -> OpenApiRouter<Faces> {
    OpenApiRouter::with_openapi(openapi)
        .routes(routes!(registrations::register))
        .routes(routes!(registrations::resend_verification))
        .routes(routes!(registrations::verify_registration))
        .routes(routes!(me::get_me, me::update_me))
        .routes(routes!(
            preferences::get_notification_preferences,
            preferences::set_notification_preferences
        ))
        .routes(routes!(apps::list_apps))
        .routes(routes!(apps::revoke_app))
        .routes(routes!(
            delegations::list_proxy_delegations,
            delegations::create_proxy_delegation
        ))
        .routes(routes!(delegations::get_proxy_delegation))
        .routes(routes!(delegations::accept_proxy_delegation))
        .routes(routes!(delegations::decline_proxy_delegation))
        .routes(routes!(delegations::confirm_proxy_delegation))
        .routes(routes!(delegations::revoke_proxy_delegation))
        .routes(routes!(access_log::list_access_log))
        .routes(routes!(chart::get_chart_summary))
        .routes(routes!(chart::list_allergies))
        .routes(routes!(chart::list_medications))
        .routes(routes!(chart::list_vitals))
        .routes(routes!(chart::list_immunizations))
        .routes(routes!(chart::list_problems))
        .routes(routes!(chart::list_documents))
        .routes(routes!(documents::get_document_content))
        .routes(routes!(records::list_timeline))
        .routes(routes!(records::list_prescriptions))
        .routes(routes!(records::list_radiology_reports))
        .routes(routes!(records::get_radiology_report))
        .routes(routes!(records::list_coverage))
        .routes(routes!(records::list_explanations_of_benefit))
        .routes(routes!(records::get_explanation_of_benefit))
        .routes(routes!(records::list_statements))
        .routes(routes!(records::get_statement))
        .routes(routes!(messages::list_threads))
        .routes(routes!(messages::get_thread))
        .routes(routes!(availability::list_availability))
        .routes(routes!(records::get_demographics))
        .routes(routes!(records::list_appointments))
        .routes(routes!(records::get_appointment))
        .routes(routes!(calendar::get_appointment_calendar))
        .routes(routes!(providers::list_providers))
        .routes(routes!(results::list_lab_results))
        .routes(routes!(results::list_lab_trends))
        .routes(routes!(results::get_lab_result))
}
