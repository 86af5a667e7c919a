//! Single records by their ids, and what is nobody's: asked for each time, never cached alone.

use std::sync::Arc;

use portal_domain::access::RecordTarget;
use portal_domain::source::RecordSet;

use crate::ports::{Content, ContentRequest, SourceError};

use super::load::{Fetch, LoadContext, Loader, each, of_set};

impl Loader {
    /// Opens the content of a Binary that was reached.
    pub(crate) async fn open(
        &self,
        target: RecordTarget,
        upstream_id: &str,
        context: &LoadContext,
    ) -> Result<Option<Content>, SourceError> {
        let request = ContentRequest {
            target,
            id: upstream_id.into(),
            context: context.call.clone(),
        };
        self.shared.sources.open(&request).await
    }

    /// Records of a set that is nobody's, by their ids. Nothing of it is cached.
    pub(crate) async fn load_reached(
        &self,
        target: &RecordTarget,
        set: RecordSet,
        upstream_ids: Vec<Box<str>>,
        context: &LoadContext,
    ) -> Fetch {
        let Some(target) = self.names().at_source((target, set), self, context).await? else {
            return Ok(self.not_linked(target, set));
        };
        let fetched = self
            .shared
            .fetch(&target, &[set], upstream_ids, context)
            .await?;
        of_set(set, &fetched).ok_or(SourceError::Invalid)
    }

    /// One record that may be in any of the sets, which are of one base and type. A cached set
    /// answers for absence too, so that nobody can tell from the calls to the source what is
    /// withheld.
    pub(crate) async fn load_one(
        &self,
        target: &RecordTarget,
        sets: &[RecordSet],
        upstream_id: &str,
        context: &LoadContext,
    ) -> Vec<(RecordSet, Fetch)> {
        let Some(first) = sets.first() else {
            return Vec::new();
        };
        match self
            .names()
            .at_source((target, *first), self, context)
            .await
        {
            Ok(Some(target)) => self.find_one(&target, sets, upstream_id, context).await,
            Ok(None) => each(sets, |set| Ok(self.not_linked(target, set))),
            Err(error) => each(sets, |_| Err(error)),
        }
    }

    async fn find_one(
        &self,
        target: &RecordTarget,
        sets: &[RecordSet],
        upstream_id: &str,
        context: &LoadContext,
    ) -> Vec<(RecordSet, Fetch)> {
        let cached = self.cached(target, sets).await;
        let missing = sets
            .iter()
            .zip(&cached)
            .filter(|(_, one)| one.owned.is_none());
        let missing: Vec<RecordSet> = missing.map(|(set, _)| *set).collect();
        let fetched = if missing.is_empty() {
            Ok(Arc::from([]))
        } else {
            let ids = vec![upstream_id.into()];
            self.shared.fetch(target, &missing, ids, context).await
        };
        self.filled(target, sets, cached, &fetched).await
    }
}
