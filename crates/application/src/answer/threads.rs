//! Answers about messages.

use portal_domain::disclosure::Disclosure;

use crate::record::ThreadsAbout;

use super::{Completeness, Withheld};

/// A page of threads, or one thread.
#[derive(Debug)]
pub struct ThreadsAnswer {
    /// Group [`crate::record::MESSAGES`]: thread by thread, in each its first message and then the
    /// others, oldest first.
    pub disclosure: Disclosure,
    /// How many messages each thread has, in order.
    pub lengths: Vec<usize>,
    /// The patient's address, to tell what they wrote from what they got.
    pub patient: String,
    /// The sealed cursor of the next page.
    pub next: Option<String>,
    /// What is said of what it does not hold.
    pub withheld: Withheld,
    /// What it is made of.
    pub completeness: Completeness,
}

impl ThreadsAnswer {
    pub(crate) fn new(disclosure: Disclosure, about: ThreadsAbout) -> Self {
        Self {
            disclosure,
            lengths: about.lengths,
            patient: about.patient,
            next: about.next,
            withheld: about.withheld,
            completeness: about.completeness,
        }
    }
}
