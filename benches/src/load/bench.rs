//! The order of a run: each target under load, cold summaries, and the
//! service once more with its relay beside it.

use std::path::Path;
use std::time::Duration;

use crate::closed::{self, Load};
use crate::cold::{self, Cold, WARM_UP_SECONDS};
use crate::machine::conditions;
use crate::report::{Part, Report, Row};
use crate::stage::{READERS, Stage, token};
use crate::target::{Kind, Target};
use crate::{Arguments, Outcome, bulk, hostile, isolation, journal, outbox, page, say, usage};

const KINDS: [Kind; 6] = [
    Kind::FloorVerified,
    Kind::FloorRemembered,
    Kind::Section,
    Kind::SectionForAnother,
    Kind::Search,
    Kind::Nginx,
];

/// Measures everything that the arguments select.
pub(crate) async fn run(arguments: &Arguments, dir: &Path) -> Outcome<Report> {
    let patients = cold_patients(arguments);
    let mut stage = Stage::start(dir, &everybody(&patients, arguments)).await?;
    let conditions = conditions(&stage.servers);
    let mut rows = Vec::new();
    for place in 0..READERS.len() {
        for kind in KINDS {
            rows.extend(row(&mut stage, kind, place, arguments).await?);
        }
    }
    let cold = cold_summaries(&mut stage, patients, arguments).await?;
    let parts = parts(&mut stage, arguments).await?;
    if is_wanted(Kind::SectionRelayApart, arguments) {
        rows.extend(with_relay_apart(&mut stage, arguments).await?);
    }
    Ok(Report {
        conditions,
        rows,
        cold,
        parts,
        idle_kib: stage.idle_kib,
    })
}

fn is_wanted(kind: Kind, arguments: &Arguments) -> bool {
    kind.name().contains(&arguments.only)
}

/// What has no row of the table. The hostile answers are the last: memory is judged then.
async fn parts(stage: &mut Stage, arguments: &Arguments) -> Outcome<Vec<Box<dyn Part>>> {
    let mut parts: Vec<Box<dyn Part>> = Vec::new();
    if begun(page::NAME, arguments) {
        parts.push(Box::new(page::run(stage).await?));
    }
    if begun(isolation::NAME, arguments) {
        parts.push(Box::new(isolation::run(stage).await?));
    }
    if begun(outbox::NAME, arguments) {
        parts.push(Box::new(outbox::run(stage).await?));
    }
    if begun(journal::NAME, arguments) {
        parts.push(Box::new(journal::run(stage).await?));
    }
    if begun(bulk::NAME, arguments) {
        parts.push(Box::new(bulk::run(stage).await?));
    }
    if begun(hostile::NAME, arguments) {
        parts.push(Box::new(hostile::run(stage).await?));
    }
    Ok(parts)
}

/// Whether a part is wanted, which is said when it begins.
fn begun(name: &str, arguments: &Arguments) -> bool {
    let is_wanted = name.contains(&arguments.only);
    if is_wanted {
        say(name);
    }
    is_wanted
}

/// Who has an account and a record.
fn everybody(cold: &[String], arguments: &Arguments) -> Vec<String> {
    let wanted = |name: &str| name.contains(&arguments.only);
    let pages = page::PEOPLE
        .iter()
        .map(|(patient, _)| (*patient).to_owned());
    let mut everybody = cold.to_vec();
    everybody.extend(pages.filter(|_| wanted(page::NAME)));
    everybody.extend(isolation::patients().filter(|_| wanted(isolation::NAME)));
    everybody.extend(hostile::patients().filter(|_| wanted(hostile::NAME)));
    everybody
}

fn cold_patients(arguments: &Arguments) -> Vec<String> {
    let seconds = match arguments.cold_seconds {
        0 => 0,
        measured => measured + WARM_UP_SECONDS,
    };
    let numbers = 0..arguments.cold_rate * seconds;
    numbers.map(|number| format!("cold-{number:06}")).collect()
}

async fn row(
    stage: &mut Stage,
    kind: Kind,
    place: usize,
    arguments: &Arguments,
) -> Outcome<Option<Row>> {
    if !is_wanted(kind, arguments) {
        return Ok(None);
    }
    let Some(target) = Target::prepare(stage, kind, place).await? else {
        return Ok(None);
    };
    let row = measure(stage, target, arguments).await?;
    say(&row.to_string());
    Ok(Some(row))
}

async fn measure(stage: &Stage, target: Target, arguments: &Arguments) -> Outcome<Row> {
    let Target {
        kind,
        size,
        question,
        process,
    } = target;
    let load = Load {
        connections: usize::from(arguments.connections),
        warm_up: Duration::from_secs(arguments.warm_up),
        measured: Duration::from_secs(arguments.seconds),
    };
    let body = question.body;
    let events = || stage.servers.events().filter(|_| kind.is_service());
    let events_before = events();
    let calls_before = stage.service.source_calls().await;
    let probe = || Ok((usage::cpu(process)?, stage.servers.cpu()?));
    let (closed, before, after) = closed::run(question, load, probe).await?;
    let events_after = events();
    let calls_after = stage.service.source_calls().await;
    Ok(Row {
        kind,
        size,
        body,
        closed,
        cpu: after.0.saturating_sub(before.0),
        servers: kind.is_service().then(|| after.1.since(before.1)),
        resident_kib: usage::resident_kib(process),
        events: events_after
            .zip(events_before)
            .map(|(after, before)| after.saturating_sub(before)),
        source_calls: calls_after
            .zip(calls_before)
            .filter(|_| kind.is_service())
            .map(|(after, before)| after.saturating_sub(before)),
    })
}

async fn cold_summaries(
    stage: &mut Stage,
    patients: Vec<String>,
    arguments: &Arguments,
) -> Outcome<Option<Cold>> {
    if patients.is_empty() {
        return Ok(None);
    }
    say("cold summaries");
    let mut readers = Vec::new();
    for patient in patients {
        let token = token(&mut stage.sandbox, &stage.settings, &patient).await?;
        readers.push((patient, token));
    }
    let rate = arguments.cold_rate;
    let cold = cold::run(rate, &readers, &mut stage.sandbox, &stage.service).await?;
    Ok(Some(cold))
}

/// What the relay's work within the process of the service comes to.
async fn with_relay_apart(stage: &mut Stage, arguments: &Arguments) -> Outcome<Option<Row>> {
    say("starting the service anew, the relay beside it");
    stage.service.program.end().await?;
    stage.service = stage.settings.start(true).await?;
    row(stage, Kind::SectionRelayApart, 0, arguments).await
}
