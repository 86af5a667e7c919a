//! Who people are, in memory: a directory, an identity provider and a notifier that remember.

use std::sync::Mutex;

use async_trait::async_trait;
use jiff::civil::Date;
use portal_domain::id::{Issuer, PatientId, Subject, TenantId};
use portal_domain::tenant::Tenant;

use crate::ports::{
    Delivery, IdentityAdmin, IdentityAdminError, MedicalRecordNumber, Notifier, NotifierError,
    PatientDirectory, RegisteredPatient, SourceError,
};

/// A number, a birth date, and whose they are.
pub(crate) type Registered = (MedicalRecordNumber, Date, RegisteredPatient);

/// The patients that are put into it.
#[derive(Default)]
pub(crate) struct MemoryDirectory {
    pub(crate) patients: Mutex<Vec<Registered>>,
    pub(crate) failure: Mutex<Option<SourceError>>,
}

impl MemoryDirectory {
    fn one(
        &self,
        is_meant: impl Fn(&Registered) -> bool,
    ) -> Result<Option<RegisteredPatient>, SourceError> {
        if let Some(error) = self.failure.lock().unwrap().as_ref() {
            return Err(*error);
        }
        let patients = self.patients.lock().unwrap();
        let mut found = patients.iter().filter(|registered| is_meant(registered));
        match (found.next(), found.next()) {
            (Some((_, _, patient)), None) => Ok(Some(patient.clone())),
            _ => Ok(None),
        }
    }
}

#[async_trait]
impl PatientDirectory for MemoryDirectory {
    async fn match_patient(
        &self,
        _: &Tenant,
        mrn: &MedicalRecordNumber,
        birth_date: Date,
    ) -> Result<Option<RegisteredPatient>, SourceError> {
        self.one(|(number, born, _)| number == mrn && *born == birth_date)
    }

    async fn find(
        &self,
        _: &TenantId,
        patient: &PatientId,
    ) -> Result<Option<RegisteredPatient>, SourceError> {
        self.one(|(_, _, registered)| registered.id == *patient)
    }
}

/// What an identity provider was told to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Administered {
    /// To set the patient of a user, or to take it away.
    Linked(Subject, Option<PatientId>),
    /// To end the sessions of a user.
    SessionsEnded(Subject),
    /// To take back what a user granted to a client.
    ConsentRevoked(Subject, String),
}

/// Does what it is told, unless it is to fail.
#[derive(Default)]
pub(crate) struct MemoryIdentityAdmin {
    pub(crate) done: Mutex<Vec<Administered>>,
    pub(crate) failure: Mutex<Option<IdentityAdminError>>,
}

impl MemoryIdentityAdmin {
    fn act(&self, act: Administered) -> Result<(), IdentityAdminError> {
        if let Some(error) = *self.failure.lock().unwrap() {
            return Err(error);
        }
        self.done.lock().unwrap().push(act);
        Ok(())
    }
}

#[async_trait]
impl IdentityAdmin for MemoryIdentityAdmin {
    async fn link_patient(
        &self,
        _: &Issuer,
        subject: &Subject,
        patient: Option<&PatientId>,
    ) -> Result<(), IdentityAdminError> {
        self.act(Administered::Linked(subject.clone(), patient.cloned()))
    }

    async fn end_sessions(&self, _: &Issuer, subject: &Subject) -> Result<(), IdentityAdminError> {
        self.act(Administered::SessionsEnded(subject.clone()))
    }

    async fn revoke_consent(
        &self,
        _: &Issuer,
        subject: &Subject,
        client: &str,
    ) -> Result<(), IdentityAdminError> {
        self.act(Administered::ConsentRevoked(
            subject.clone(),
            client.to_owned(),
        ))
    }
}

/// Takes every delivery, unless it is to fail.
#[derive(Default)]
pub(crate) struct MemoryNotifier {
    pub(crate) sent: Mutex<Vec<Delivery>>,
    pub(crate) failure: Mutex<Option<NotifierError>>,
}

#[async_trait]
impl Notifier for MemoryNotifier {
    async fn send(&self, delivery: &Delivery) -> Result<(), NotifierError> {
        if let Some(error) = *self.failure.lock().unwrap() {
            return Err(error);
        }
        self.sent.lock().unwrap().push(delivery.clone());
        Ok(())
    }
}

mod tests {
    use jiff::civil::date;

    use super::super::{PATIENT, TENANT, World};
    use super::*;

    #[tokio::test]
    async fn several_of_one_number_are_nobody() {
        let world = World::new();
        let mrn = MedicalRecordNumber::parse("MRN-1").unwrap();
        let patient = RegisteredPatient {
            id: PatientId::parse(PATIENT).unwrap(),
            contacts: Vec::new(),
            deceased: false,
            replaced_by: None,
        };
        let born = date(1985, 3, 14);
        let registered = (mrn, born, patient);
        let tenant = TenantId::parse(TENANT).unwrap();
        for expected in [true, false] {
            let patients = &world.directory.patients;
            patients.lock().unwrap().push(registered.clone());
            let (mrn, _, patient) = &registered;
            let tenant = super::super::stores::tenant(&tenant);
            let matched = world.directory.match_patient(&tenant, mrn, born).await;
            assert_eq!(matched.unwrap().is_some(), expected);
            let found = world.directory.find(&tenant.id, &patient.id).await;
            assert_eq!(found.unwrap().is_some(), expected);
        }
    }

    #[tokio::test]
    async fn what_fails_leaves_nothing_behind() {
        let world = World::new();
        let issuer = Issuer::parse("https://id.test").unwrap();
        let subject = Subject::parse("subject").unwrap();
        *world.identity_admin.failure.lock().unwrap() = Some(IdentityAdminError::Unavailable);
        let ended = world.identity_admin.end_sessions(&issuer, &subject).await;
        assert_eq!(ended, Err(IdentityAdminError::Unavailable));
        assert!(world.identity_admin.done.lock().unwrap().is_empty());
        *world.notifier.failure.lock().unwrap() = Some(NotifierError::Refused);
        assert!(world.notifier.sent.lock().unwrap().is_empty());
    }
}
