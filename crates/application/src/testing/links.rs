//! Links in memory.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use portal_domain::id::PatientId;

use crate::ports::{LinkPlace, PatientLink, PatientLinks, StoreError};

/// Keeps links as a database would.
#[derive(Default)]
pub(crate) struct MemoryLinks {
    held: Mutex<HashMap<(LinkPlace, PatientId), PatientLink>>,
}

impl MemoryLinks {
    /// Every id at a source.
    pub(crate) fn ids(&self) -> Vec<String> {
        let held = self.held.lock().unwrap();
        held.values()
            .map(|link| link.at_source.as_str().to_owned())
            .collect()
    }
}

#[async_trait]
impl PatientLinks for MemoryLinks {
    async fn find(
        &self,
        place: &LinkPlace,
        patient: &PatientId,
    ) -> Result<Option<PatientLink>, StoreError> {
        let held = self.held.lock().unwrap();
        Ok(held.get(&(place.clone(), patient.clone())).cloned())
    }

    async fn keep(
        &self,
        place: &LinkPlace,
        patient: &PatientId,
        link: &PatientLink,
    ) -> Result<bool, StoreError> {
        let mut held = self.held.lock().unwrap();
        let is_taken = held.iter().any(|((at, of), other)| {
            at == place && of != patient && other.at_source == link.at_source
        });
        if !is_taken {
            held.insert((place.clone(), patient.clone()), link.clone());
        }
        Ok(!is_taken)
    }

    async fn forget(&self, place: &LinkPlace, patient: &PatientId) -> Result<(), StoreError> {
        let mut held = self.held.lock().unwrap();
        held.remove(&(place.clone(), patient.clone()));
        Ok(())
    }

    async fn patient_of(
        &self,
        place: &LinkPlace,
        at_source: &PatientId,
    ) -> Result<Option<PatientId>, StoreError> {
        let held = self.held.lock().unwrap();
        let found = held
            .iter()
            .find(|((at, _), link)| at == place && link.at_source == *at_source);
        Ok(found.map(|((_, patient), _)| patient.clone()))
    }
}
