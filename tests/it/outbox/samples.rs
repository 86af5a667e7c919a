//! Events of every kind.

use jiff::Timestamp;
use portal_domain::account::AccountStatus;
use portal_domain::event::{AccountRef, DelegationRef, PortalEvent};
use portal_domain::id::{NotificationId, PatientId, PortalAccountId, ProxyDelegationId};
use portal_domain::notification::NotificationCategory;
use portal_domain::proxy_delegation::RightSet;
use ulid::Ulid;

/// A delegation of one's own, with nothing left out.
pub(super) fn delegation() -> DelegationRef {
    DelegationRef {
        id: ProxyDelegationId::new(Ulid::new()),
        grantor: PatientId::parse("patient-1").expect("an id"),
        proxy: Some(PortalAccountId::new(Ulid::new())),
        scope: RightSet::ALL,
    }
}

/// The turns of a delegation: all of them are kept in one stream.
pub(super) fn turn(delegation: &DelegationRef, number: usize) -> PortalEvent {
    let delegation = delegation.clone();
    match number % 4 {
        0 => PortalEvent::ProxyGranted(delegation),
        1 => PortalEvent::ProxyAccepted(delegation),
        2 => PortalEvent::ProxyRevoked(delegation),
        _ => PortalEvent::ProxyExpired(delegation),
    }
}

/// So many delegations, a turn each.
pub(super) fn granted(count: usize) -> Vec<PortalEvent> {
    (0..count).map(|_| turn(&delegation(), 0)).collect()
}

/// An account that was suspended by an actor of that id.
pub(super) fn suspended(actor_id: &str) -> PortalEvent {
    PortalEvent::AccountSuspended {
        account: account(true),
        actor_id: actor_id.to_owned(),
        reason: "fraud-suspected",
    }
}

fn account(with_patient: bool) -> AccountRef {
    AccountRef {
        id: PortalAccountId::new(Ulid::new()),
        patient: with_patient.then(|| PatientId::parse("patient-1").expect("an id")),
    }
}

/// Every event there is, with all that it may say, or with what it must say.
pub(super) fn every_event(is_full: bool) -> Vec<PortalEvent> {
    let account = || account(is_full);
    let delegation = DelegationRef {
        proxy: is_full.then(|| PortalAccountId::new(Ulid::new())),
        ..delegation()
    };
    let mut events: Vec<_> = (0..4).map(|number| turn(&delegation, number)).collect();
    events.extend([
        PortalEvent::AccountCreated(account(), AccountStatus::Active),
        PortalEvent::AccountActivated(account()),
        PortalEvent::AccountReinstated(account()),
        PortalEvent::AccountSuspended {
            account: account(),
            actor_id: "staff-1".to_owned(),
            reason: "fraud-suspected",
        },
        PortalEvent::AccountClosed(account(), Timestamp::UNIX_EPOCH),
        PortalEvent::NotificationRequested {
            id: NotificationId::new(Ulid::new()),
            account: PortalAccountId::new(Ulid::new()),
            category: NotificationCategory::Account,
            template_key: "proxy-invitation",
        },
    ]);
    events
}
