//! The adapters of what runs beside the relay.

use std::sync::Arc;

use portal_application::jobs::{ProviderJob, PruneJob, SweepJob};
use portal_application::ports::{Clock, Deliveries, IdentityAdmin, Notifier};
use portal_infrastructure::crypto::RevocationHashes;
use portal_infrastructure::http_client::{HttpClient, http_client};
use portal_infrastructure::identity::KeycloakAdmin;
use portal_infrastructure::notifier::HttpNotifier;
use portal_infrastructure::postgres::{
    ClockWatch, Database, DeliverySeal, Login, PgDeliveries, PgProviderTasks, PgUpkeep,
};
use portal_infrastructure::unconfigured::Unconfigured;
use portal_infrastructure::upstream::Credential;
use tokio::sync::Notify;

use crate::config::{Communication, IdentityAdminConfig, JobsConfig, RelayStores};

use super::connect::{database, units_of_work};
use super::{Surroundings, WiringError};

/// What is done beside publishing.
#[derive(Clone)]
pub struct JobEnds {
    /// Links and codes; none where no notifier is configured.
    deliveries: Option<DeliveryEnds>,
    /// What the identity provider is asked for.
    provider: ProviderJob,
    /// What is over.
    sweep: SweepJob,
    /// What is of no use any more.
    prune: PruneJob,
    /// How far the pod's clock is off.
    clock: ClockWatch,
}

/// What links and codes are delivered from and to.
#[derive(Clone)]
struct DeliveryEnds {
    deliveries: Arc<dyn Deliveries>,
    notifier: Arc<dyn Notifier>,
    clock: Arc<dyn Clock>,
}

impl JobEnds {
    /// Works until `stop` ends; what was begun is finished first.
    pub async fn run(self, stop: impl Future<Output = ()> + Clone + Send) {
        let deliveries = async {
            if let Some(DeliveryEnds {
                deliveries,
                notifier,
                clock,
            }) = self.deliveries
            {
                portal_application::jobs::deliver(deliveries, notifier, clock, stop.clone()).await;
            }
        };
        tokio::join!(
            deliveries,
            self.provider.run(stop.clone()),
            self.sweep.run(stop.clone()),
            self.prune.run(stop.clone()),
            self.clock.run(stop.clone()),
        );
    }
}

/// Makes them, over connections of their own.
pub(super) fn ends(
    stores: &RelayStores,
    config: &JobsConfig,
    provider_wake: Arc<Notify>,
    surroundings: &Surroundings,
) -> Result<JobEnds, WiringError> {
    let worker = database(Login::Worker, &stores.worker_url, surroundings)?;
    let client = http_client()?;
    let hashes = RevocationHashes::new(&config.key_ring);
    let (clock, ids) = (&surroundings.clock, &surroundings.ids);
    let units = units_of_work(&worker, &config.key_ring, &provider_wake, surroundings);
    let upkeep = Arc::new(PgUpkeep::new(worker.clone(), units));
    Ok(JobEnds {
        clock: ClockWatch::new(worker.clone(), Arc::clone(clock)),
        deliveries: deliveries(config, &worker, &client, surroundings),
        provider: ProviderJob {
            tasks: Arc::new(PgProviderTasks::new(worker, hashes)),
            admin: identity_admin(config.identity_admin.as_ref(), client),
            wake: provider_wake,
            clock: Arc::clone(clock),
            ids: Arc::clone(ids),
        },
        sweep: SweepJob {
            tenants: Arc::clone(&upkeep) as _,
            sweeps: Arc::clone(&upkeep) as _,
            clock: Arc::clone(clock),
            ids: Arc::clone(ids),
            every: surroundings.rounds.sweep,
        },
        prune: PruneJob {
            tenants: Arc::clone(&upkeep) as _,
            pruning: upkeep,
            clock: Arc::clone(clock),
            ids: Arc::clone(ids),
            every: surroundings.rounds.prune,
        },
    })
}

fn deliveries(
    config: &JobsConfig,
    worker: &Database,
    client: &HttpClient,
    surroundings: &Surroundings,
) -> Option<DeliveryEnds> {
    let communication = config.communication.as_ref()?;
    let seal = DeliverySeal::new(Arc::clone(&config.key_ring));
    Some(DeliveryEnds {
        deliveries: Arc::new(PgDeliveries::new(worker.clone(), seal)),
        notifier: Arc::new(notifier(communication, client, &surroundings.clock)),
        clock: Arc::clone(&surroundings.clock),
    })
}

/// What hands links and codes over.
pub(super) fn notifier(
    config: &Communication,
    client: &HttpClient,
    clock: &Arc<dyn Clock>,
) -> HttpNotifier {
    let credential = Credential::new(&config.credential, client, clock);
    HttpNotifier::new(&config.url, client.clone(), credential)
}

fn identity_admin(
    config: Option<&IdentityAdminConfig>,
    client: HttpClient,
) -> Arc<dyn IdentityAdmin> {
    match config {
        Some(config) => Arc::new(KeycloakAdmin::new(
            &config.issuers,
            &config.credentials,
            &config.public_url,
            client,
        )),
        None => Arc::new(Unconfigured),
    }
}
