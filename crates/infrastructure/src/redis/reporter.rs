//! Tells Redis of what was taken from budgets, and hears what others took.

use std::sync::Arc;

use deadpool_redis::redis::Pipeline;
use tokio::sync::mpsc;

use super::link::Link;
use super::shared_budget::{Shared, WINDOW};

/// Budgets that Redis is told of at once.
const AT_ONCE: usize = 256;

/// Tells Redis what was taken. While one report is on its way the next one grows.
pub(super) struct Reporter {
    pub(super) link: Arc<Link>,
    pub(super) prefix: String,
    pub(super) list: mpsc::UnboundedReceiver<Arc<Shared>>,
}

impl Reporter {
    /// Reports until nobody takes points any more.
    pub(super) async fn run(mut self) {
        let mut budgets = Vec::with_capacity(AT_ONCE);
        while self.list.recv_many(&mut budgets, AT_ONCE).await > 0 {
            while !budgets.is_empty() {
                budgets = self.report(budgets).await;
            }
        }
    }

    /// Reports once, and says what has to be told again because points went back.
    async fn report(&self, budgets: Vec<Arc<Shared>>) -> Vec<Arc<Shared>> {
        let mut commands = Pipeline::with_capacity(budgets.len() * 2);
        let kept = u64::try_from(WINDOW.as_millis() * 2).unwrap_or(u64::MAX);
        let mut reports = Vec::with_capacity(budgets.len());
        for budget in budgets {
            let (report, waiting) = budget.begin_report();
            let (prefix, name) = (&self.prefix, &budget.name);
            let key = format!("{prefix}:{{{name}}}:points:{}", report.window);
            commands.cmd("INCRBY").arg(&key).arg(report.points);
            commands.cmd("PEXPIRE").arg(&key).arg(kept).ignore();
            reports.push((budget, report, waiting));
        }
        let sums = self.link.ask_all::<Vec<i64>>(&commands).await;
        let mut sums = sums.unwrap_or_default().into_iter();
        let mut again = Vec::new();
        for (budget, report, waiting) in reports {
            if budget.end_report(report, waiting, sums.next()) {
                again.push(budget);
            }
        }
        again
    }
}
