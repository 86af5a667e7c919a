//! What others wait for while a source hangs.

use std::fmt;
use std::time::Duration;

use crate::Outcome;
use crate::http::{bearer, get};
use crate::open::{self, Departure, Open};
use crate::report::{Goal, Part, millis};
use crate::stage::{Stage, token};

/// What `--only` calls it.
pub(crate) const NAME: &str = "isolation";
const RATE: u32 = 40;
const WARM_UP: usize = 40;
/// Reads of each of the two runs.
const READS: usize = 440;
const ALLOWED: f64 = 1.2;
/// The source that hangs, and a read of it.
const HANGING: (&str, &str) = ("medication", "/v1/portal/chart/medications");
const SOUND: &str = "/v1/portal/chart/problems";

/// Cold reads of a source before another one hung, and meanwhile.
pub(crate) struct Isolation([Open; 2]);

/// A patient for each read, of whom nothing is cached.
pub(crate) fn patients() -> impl Iterator<Item = String> {
    (0..2 * READS).map(|number| format!("isolated-{number:04}"))
}

pub(crate) async fn run(stage: &mut Stage) -> Outcome<Isolation> {
    let mut tokens = Vec::new();
    for patient in patients() {
        tokens.push(token(&mut stage.sandbox, &stage.settings, &patient).await?);
    }
    let (before, meanwhile) = tokens.split_at(READS);
    stage.sandbox.delay_sources(20).await?;
    let of = |path, tokens: &[String], must_hold: &[String]| -> Vec<Departure> {
        let departure = |token: &String| Departure {
            address: stage.service.address,
            requests: vec![get(stage.service.address, path, &bearer(token))],
            must_hold: must_hold.into(),
        };
        tokens.iter().map(departure).collect()
    };
    let condition = [r#""resourceType":"Condition""#.to_owned()];
    let (first, second) = (
        of(SOUND, before, &condition),
        of(SOUND, meanwhile, &condition),
    );
    // Both runs have the same beside them, so that only the hanging differs.
    let (beside, hanging) = (of(HANGING.1, before, &[]), of(HANGING.1, meanwhile, &[]));
    let (before, _) = tokio::join!(
        open::run(first, RATE, WARM_UP),
        open::run(beside, RATE, WARM_UP)
    );
    stage.sandbox.fault(HANGING.0, "hang").await?;
    let (meanwhile, _) = tokio::join!(
        open::run(second, RATE, WARM_UP),
        open::run(hanging, RATE, WARM_UP)
    );
    stage.sandbox.delay_sources(0).await?;
    Ok(Isolation([before, meanwhile]))
}

impl Isolation {
    fn p99(&self) -> [Duration; 2] {
        self.0.each_ref().map(|run| run.latencies.per_mille(990))
    }
}

impl Part for Isolation {
    fn goals(&self) -> Vec<Goal> {
        let [before, meanwhile] = self.p99().map(millis);
        let errors: usize = self.0.iter().map(|run| run.errors).sum();
        vec![(
            "p99 of other sources' reads while one hangs",
            "≤ 1.2 × before",
            format!("{meanwhile:.1} ms, before {before:.1} ms, {errors} errors"),
            errors == 0 && meanwhile <= ALLOWED * before,
        )]
    }
}

impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [before, meanwhile] = self.p99().map(millis);
        writeln!(
            f,
            "Cold problems, {RATE} a second, beside as many cold medications: p99 {before:.1} ms; \
             while medication hangs {meanwhile:.1} ms."
        )
    }
}
