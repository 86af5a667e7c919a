//! Every operation × every caller: how much of the record is shown, or status and code. An
//! operation that is added to the portal's table and not to this one fails the test, and so does a
//! refusal that the legend does not know. Callers go through every operation.

mod callers;
mod legend;
mod oneself;
mod operations;
mod others;
mod record;
mod shown;
mod world;

use std::collections::BTreeSet;
use std::time::Duration;

use futures::stream::{self, StreamExt as _};
use portal_application::operation;
use portal_tests::{Answer, long_scene};

use callers::{Caller, Cast};
use operations::Operation;
use world::World;

/// Fewer than a tenant's share of what is in flight at once.
const AT_ONCE: usize = 16;

async fn ask(world: &World, caller: &Caller, operation: &Operation) -> Answer {
    let question = if operation.is_fhir() {
        &caller.fhir
    } else {
        &caller.rest
    };
    let portal = &world.portal;
    let bearer = question
        .token(portal, operation)
        .map(|token| format!("Bearer {token}"));
    let mut headers: Vec<(&str, &str)> = Vec::new();
    headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
    headers.extend(
        question
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str())),
    );
    let path = (operation.path)(&world.about(&caller.patient));
    match operation.body() {
        None => portal.send(&path, &headers).await,
        Some(body) => {
            let route = (operation.method, path.as_str());
            portal.send_body(route, &headers, &body).await
        }
    }
}

async fn answered(world: &World, caller: &Caller, operation: &Operation) -> char {
    let answer = ask(world, caller, operation).await;
    let about = world.about(&caller.patient);
    shown::symbol(operation, &about, &answer)
        .unwrap_or_else(|why| panic!("{}: {}: {why}", caller.group, caller.name))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_answers_every_caller_as_the_table_says() {
    // A few seconds on a machine of its own.
    long_scene(Duration::from_mins(2), async {
        let world = World::new().await;
        let callers = Cast::of(&world).await.callers;
        let names: BTreeSet<_> = callers
            .iter()
            .map(|caller| (caller.group, &caller.name))
            .collect();
        assert_eq!(
            names.len(),
            callers.len(),
            "every caller has a name of its own"
        );
        let cells = callers.iter().flat_map(|caller| {
            operations::all().map(|operation| answered(&world, caller, operation))
        });
        let cells: Vec<char> = stream::iter(cells).buffered(AT_ONCE).collect().await;
        let rows = cells
            .chunks(operations::all().count())
            .map(<[char]>::to_vec);
        let rows: Vec<_> = callers.into_iter().zip(rows).collect();
        insta::assert_snapshot!("access_table", shown::table(&rows));
    })
    .await;
}

#[test]
fn the_table_holds_every_operation_of_the_portal() {
    let listed: BTreeSet<&str> = operations::all().map(|operation| operation.id).collect();
    let mut served: BTreeSet<&str> = operation::PORTAL
        .iter()
        .map(|action| action.operation)
        .collect();
    served.extend(operation::fhir().map(|action| action.operation));
    assert_eq!(listed, served);
}
