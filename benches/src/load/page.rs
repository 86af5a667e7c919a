//! A page of a long record against one of a short record.

use std::fmt;
use std::time::Duration;

use crate::closed::{self, Load, Question};
use crate::http::{bearer, get};
use crate::report::{Goal, Part};
use crate::stage::{Stage, ask, token};
use crate::{Outcome, records, usage};

/// What `--only` calls it.
pub(crate) const NAME: &str = "page";
/// People, and how many vital signs they have.
pub(crate) const PEOPLE: [(&str, usize); 2] = [("page-short", 50), ("page-long", 5_000)];
const PAGE: &str = "/v1/portal/chart/vitals?limit=20";
const ALLOWED: f64 = 1.5;
const LOAD: Load = Load {
    connections: 16,
    warm_up: Duration::from_secs(2),
    measured: Duration::from_secs(6),
};

/// CPU of the service for a page of each.
pub(crate) struct Page([Duration; 2]);

pub(crate) async fn run(stage: &mut Stage) -> Outcome<Page> {
    let mut cpu = [Duration::ZERO; 2];
    for ((patient, observations), cpu) in PEOPLE.into_iter().zip(&mut cpu) {
        for number in 0..observations {
            let resource = records::vital_sign(patient, number);
            stage.sandbox.put("patient-chart", &resource).await?;
        }
        *cpu = of_one(stage, patient).await?;
    }
    Ok(Page(cpu))
}

async fn of_one(stage: &mut Stage, patient: &str) -> Outcome<Duration> {
    let token = token(&mut stage.sandbox, &stage.settings, patient).await?;
    let address = stage.service.address;
    let request = get(address, PAGE, &bearer(&token));
    let body = ask(address, &request).await?.len();
    let question = Question {
        address,
        request,
        body,
    };
    let process = stage.service.program.id();
    let (closed, before, after) = closed::run(question, LOAD, || usage::cpu(process)).await?;
    if closed.errors > 0 {
        return Err(format!("{} pages of {patient} were not answered", closed.errors).into());
    }
    let requests = u32::try_from(closed.requests.max(1))?;
    Ok(after.saturating_sub(before) / requests)
}

impl Page {
    fn ratio(&self) -> f64 {
        let [short, long] = self.0.map(|cpu| cpu.as_secs_f64());
        long / short.max(f64::MIN_POSITIVE)
    }
}

impl Part for Page {
    fn goals(&self) -> Vec<Goal> {
        vec![(
            "CPU of a page of 20 of 5,000 observations",
            "≤ 1.5 × that of 50",
            format!("{:.2} ×", self.ratio()),
            self.ratio() <= ALLOWED,
        )]
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [short, long] = self.0.map(|cpu| cpu.as_micros());
        writeln!(
            f,
            "A page of 20 vital signs, cached: {short} µs CPU of 50, {long} µs of 5,000."
        )
    }
}
