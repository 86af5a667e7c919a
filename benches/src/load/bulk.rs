//! Staff's bulk import: a file of as many lines as one may have.

use std::fmt::{self, Write as _};
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::http::{self, bearer};
use crate::records::TENANT;
use crate::report::{Goal, Part};
use crate::service::INTERNAL_AUDIENCE;
use crate::stage::Stage;
use crate::{Outcome, usage};

/// What `--only` calls it.
pub(crate) const NAME: &str = "bulk";
/// As many as are taken (02).
const LINES: usize = 10_000;

/// What was measured.
pub(crate) struct Bulk {
    took: Duration,
    /// CPU of the whole service meanwhile.
    cpu: Duration,
    resident_kib: [Option<u64>; 2],
}

pub(crate) async fn run(stage: &mut Stage) -> Outcome<Bulk> {
    let claims = json!({
        "_realm": "staff", "sub": "bench-staff", "tid": TENANT, "aud": [INTERNAL_AUDIENCE],
        "azp": "portal-staff", "acr": "2", "scope": "openid",
        "realm_access": {"roles": ["portal-admin"]},
    });
    let token = stage.sandbox.token(&claims).await?;
    let request = request(&bearer(&token))?;
    let process = stage.service.program.id();
    let resident = usage::resident_kib(process);
    let (begin, before) = (Instant::now(), usage::cpu(process)?);
    let answer = http::to_the_end(stage.settings.internal, request.as_bytes()).await?;
    let took = begin.elapsed();
    let made = answer.matches("\"created\"").count();
    if made != LINES {
        let start = answer.get(..400).unwrap_or(&answer);
        return Err(format!("{made} of {LINES} lines were created: {start}").into());
    }
    Ok(Bulk {
        took,
        cpu: usage::cpu(process)?.saturating_sub(before),
        resident_kib: [resident, usage::resident_kib(process)],
    })
}

fn request(headers: &str) -> Result<String, fmt::Error> {
    let mut lines = String::new();
    for number in 0..LINES {
        writeln!(lines, r#"{{"patientId":"bulk-{number:06}"}}"#)?;
    }
    let mut request = String::new();
    write!(
        request,
        "POST /internal/portal/accounts/bulk HTTP/1.0\r\nContent-Type: application/x-ndjson\r\n\
         Content-Length: {}\r\n{headers}\r\n{lines}",
        lines.len()
    )?;
    Ok(request)
}

impl Bulk {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn rate(&self) -> f64 {
        LINES as f64 / self.took.as_secs_f64()
    }
}

impl Part for Bulk {
    fn goals(&self) -> Vec<Goal> {
        vec![(
            "Lines of a bulk import a second",
            "≥ 1,000",
            format!("{:.0}", self.rate()),
            self.rate() >= 1_000.0,
        )]
    }
}

impl fmt::Display for Bulk {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mebibytes = |kib: Option<u64>| {
            kib.map_or_else(
                || "–".to_owned(),
                |kib| format!("{:.1}", kib as f64 / 1024.0),
            )
        };
        let [before, after] = self.resident_kib.map(mebibytes);
        writeln!(
            f,
            "Bulk import: {LINES} accounts in {:.2} s, {:.0} lines a second, at {:.1} µs CPU of \
             the service each; its resident memory was {before} MiB before and {after} MiB after.",
            self.took.as_secs_f64(),
            self.rate(),
            self.cpu.as_secs_f64() * 1e6 / LINES as f64,
        )
    }
}
