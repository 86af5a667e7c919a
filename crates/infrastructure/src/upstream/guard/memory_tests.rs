use std::time::Duration;

use super::*;

fn soon() -> Instant {
    Instant::now() + Duration::from_millis(20)
}

fn later() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

async fn largest(share: &MemoryShare) -> Result<Reservation, NoRoom> {
    let mut reservation = share.reservation();
    reservation.grow_to(MAX_PAGE, soon()).await?;
    Ok(reservation)
}

/// As many of the largest pages as there is room for.
async fn all_that_fit(shares: &[&MemoryShare]) -> Vec<Reservation> {
    let mut held = Vec::new();
    for share in shares {
        while let Ok(reservation) = largest(share).await {
            held.push(reservation);
        }
    }
    held
}

#[tokio::test]
async fn one_source_leaves_half_of_the_budget_to_the_others() {
    let budget = MemoryBudget::new();
    let (one, two, three) = (budget.share(), budget.share(), budget.share());
    let of_one = all_that_fit(&[&one]).await;
    assert_eq!(of_one.len(), 4, "40 of 48 MiB");
    let of_two = all_that_fit(&[&two, &three]).await;
    assert_eq!(of_one.len() + of_two.len(), 9, "90 of 96 MiB");
    drop(of_one);
    assert!(largest(&one).await.is_ok());
}

#[tokio::test]
async fn who_waits_is_served_when_another_is_done() {
    let budget = MemoryBudget::new();
    let share = budget.share();
    let mut held = all_that_fit(&[&share]).await;
    let mut late = share.reservation();
    let wait = late.grow_to(MAX_PAGE, later());
    let done = async { drop(held.pop()) };
    assert_eq!(tokio::join!(wait, done).0, Ok(()));
    assert!(late.waited());
    let none = share.reservation().grow_to(MAX_PAGE, soon()).await;
    assert_eq!(none, Err(NoRoom), "nobody else is done");
}

#[tokio::test]
async fn a_body_keeps_what_it_needs_until_it_and_what_became_of_it_are_gone() {
    let budget = MemoryBudget::new();
    let share = budget.share();
    let mut reservation = share.reservation();
    reservation.grow_to(MIB + 1, later()).await.expect("room");
    assert_eq!(budget.0.available_permits(), POD - MAX_PAGE);
    let (body, room) = reservation.hold(Body::Small(vec![b' '; 2 * MIB]));
    assert_eq!(budget.0.available_permits(), POD - 2 * MIB);
    let slice = body.slice(..1);
    drop(body);
    assert_eq!(budget.0.available_permits(), POD - 2 * MIB);
    drop(slice);
    assert_eq!(budget.0.available_permits(), POD - 2 * MIB);
    drop(room);
    assert_eq!(budget.0.available_permits(), POD);
    assert_eq!(share.source.available_permits(), SOURCE);
}

#[tokio::test]
async fn a_small_body_reserves_little() {
    let budget = MemoryBudget::new();
    let mut reservation = budget.share().reservation();
    for (length, size) in [(1, STEPS[0]), (STEPS[0], STEPS[0]), (STEPS[0] + 1, MIB)] {
        reservation.grow_to(length, later()).await.expect("room");
        assert_eq!(reservation.size(), size);
    }
    assert!(!reservation.waited());
    drop(reservation);
    assert_eq!(budget.0.available_permits(), POD);
}
