//! Messages, thread by thread.

use axum::extract::State;
use axum::response::Response;
use portal_application::ThreadsAnswer;
use portal_application::record::MESSAGES;
use portal_domain::access::Surface;
use portal_domain::disclosure::Disclosed;
use portal_fhir::json::Value;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::PortalCaller;
use crate::disclosure;
use crate::fault::Fault;
use crate::fhir::RecordId;
use crate::problem::Problem;
use crate::router::Faces;

use super::meta::{Meta, WithMeta};
use super::records::element::{self, NamedReference};
use super::records::{AboutPage, Data};
use super::values::{DateView, listed_date};

/// A thread in a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThreadView {
    /// The id of its first message, a Communication on `/fhir/R4`.
    id: String,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<String>,
    /// When the newest message was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_message_at: Option<DateView>,
    message_count: usize,
    /// How many messages to the patient say nothing of having been received.
    unread_count: usize,
}

/// One message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageView {
    /// The Communication's id, also on `/fhir/R4`.
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<DateView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<NamedReference>,
    recipients: Vec<NamedReference>,
    /// Whether the patient has received it; absent for what is not to the patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<bool>,
    texts: Vec<String>,
    attachments: Vec<MessageAttachment>,
}

/// A file beside a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageAttachment {
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// Where it is on `/fhir/R4`.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// Threads of messages
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThreadPage {
    data: Vec<ThreadView>,
    /// The `cursor` of the next page; null on the last.
    next_cursor: Option<String>,
    meta: Meta,
}

/// What one thread holds.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThreadMessages {
    #[serde(flatten)]
    thread: ThreadView,
    /// The first message, and then the others, oldest first.
    messages: Vec<MessageView>,
}

/// One thread of messages
#[derive(Serialize, ToSchema)]
pub(crate) struct ThreadBody {
    #[serde(flatten)]
    thread: ThreadMessages,
    meta: Meta,
}

/// Threads of messages
#[utoipa::path(
    get,
    path = "/v1/portal/messages",
    operation_id = "listThreads",
    tag = "messages",
    security(("bearer" = ["patient/Communication.read"])),
    params(
        ("limit" = Option<u32>, Query, description = "1 to 100; 20 unless said", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page, the thread with the newest message first", body = ThreadPage, content_type = "application/json"),
        (status = 304, description = "Unchanged"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_threads(
    State(faces): State<Faces>,
    asked: PortalCaller,
) -> Result<Response, Fault> {
    let answer = faces.portal.threads(&asked.caller, &asked.parameters);
    let answer = answer.await.map_err(Fault::on(Surface::Portal))?;
    let about = AboutPage {
        next_cursor: answer.next.as_deref(),
        meta: WithMeta::of_list(&answer.completeness, &answer.withheld),
    };
    disclosure::view(
        (&answer.disclosure, &answer.completeness),
        (&asked.exchange, asked.exchange.language()),
        |_| {
            let threads = threads(&answer);
            let views = threads.filter_map(|messages| thread(&answer, &messages));
            Some(Data {
                data: views.collect(),
            })
        },
        &about,
    )
}

/// One thread of messages
#[utoipa::path(
    get,
    path = "/v1/portal/messages/{threadId}",
    operation_id = "getThread",
    tag = "messages",
    security(("bearer" = ["patient/Communication.read"])),
    params(("threadId" = String, Path, description = "As the list of threads has it")),
    responses(
        (status = 200, description = "The thread", body = ThreadBody, content_type = "application/json"),
        (status = 304, description = "Unchanged"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_thread(
    State(faces): State<Faces>,
    RecordId(id): RecordId,
    asked: PortalCaller,
) -> Result<Response, Fault> {
    let answer = faces.portal.thread(&asked.caller, &id, &asked.parameters);
    let answer = answer.await.map_err(Fault::on(Surface::Portal))?;
    disclosure::view(
        (&answer.disclosure, &answer.completeness),
        (&asked.exchange, asked.exchange.language()),
        |_| {
            let records = threads(&answer).next()?;
            Some(ThreadMessages {
                thread: thread(&answer, &records)?,
                messages: records
                    .iter()
                    .filter_map(|record| message(*record, &answer.patient))
                    .collect(),
            })
        },
        &WithMeta::of(&answer.completeness),
    )
}

/// The messages of each thread.
fn threads(answer: &ThreadsAnswer) -> impl Iterator<Item = Vec<Disclosed<'_>>> {
    let mut messages = answer.disclosure.group(MESSAGES);
    let lengths = answer.lengths.iter();
    lengths.map(move |length| messages.by_ref().take(*length).collect())
}

fn thread(answer: &ThreadsAnswer, messages: &[Disclosed<'_>]) -> Option<ThreadView> {
    let first = messages.first()?;
    let topic = element::viewed(first.bytes(), |root| {
        root.get("topic").and_then(element::called)
    });
    let unread = |message: &&Disclosed<'_>| {
        let read = element::viewed(message.bytes(), |root| is_read(root, &answer.patient));
        read.flatten() == Some(false)
    };
    let newest = messages.iter().skip(1).last().unwrap_or(first);
    Some(ThreadView {
        id: first.header().id.to_string(),
        topic: topic.flatten(),
        last_message_at: listed_date(newest.header()),
        message_count: messages.len(),
        unread_count: messages.iter().filter(unread).count(),
    })
}

fn message(record: Disclosed<'_>, patient: &str) -> Option<MessageView> {
    let header = record.header();
    element::viewed(record.bytes(), |root| MessageView {
        id: header.id.to_string(),
        status: header.status.as_deref().map(str::to_owned),
        sent: element::date(root, "sent"),
        sender: root.get("sender").and_then(element::reference),
        recipients: element::references(root, "recipient"),
        read: is_read(root, patient),
        texts: element::each(root, "payload")
            .filter_map(|payload| element::text(payload, "contentString"))
            .collect(),
        attachments: element::each(root, "payload")
            .filter_map(|payload| payload.get("contentAttachment"))
            .map(attachment)
            .collect(),
    })
}

/// Whether a message to the patient says that it was received.
fn is_read(message: Value<'_>, patient: &str) -> Option<bool> {
    let own = format!("Patient/{patient}");
    let mut recipients = element::each(message, "recipient");
    let is_to_patient =
        recipients.any(|it| element::text(it, "reference").as_deref() == Some(&own));
    is_to_patient.then(|| message.get("received").is_some())
}

fn attachment(attachment: Value<'_>) -> MessageAttachment {
    MessageAttachment {
        content_type: element::text(attachment, "contentType"),
        title: element::text(attachment, "title"),
        url: element::text(attachment, "url"),
    }
}
