use super::*;

fn changed(patient: &str) -> Changed {
    Changed {
        stream: "DIAG".to_owned(),
        tenant: TenantId::parse("kabul").unwrap(),
        patient: PatientId::parse(patient).unwrap(),
        source: Source::Laboratory,
    }
}

#[test]
fn the_first_goes_at_once_and_the_rest_together_a_moment_later() {
    let (bursts, ada, start) = (Bursts::new(), changed("ada"), Instant::now());
    assert_eq!(bursts.turn(&ada, 1, start), Turn::Now(1));
    bursts.done(&ada, 1);
    for sequence in 2..=50 {
        assert_eq!(bursts.turn(&ada, sequence, start), Turn::Later(APART));
    }
    let later = start + APART;
    assert_eq!(bursts.turn(&ada, 2, later), Turn::Now(50));
    bursts.done(&ada, 50);
    for sequence in 3..=50 {
        assert_eq!(bursts.turn(&ada, sequence, later), Turn::Covered);
    }
    assert_eq!(bursts.turn(&ada, 51, later), Turn::Later(APART));
}

#[test]
fn nobody_waits_for_another_s_burst() {
    let (bursts, start) = (Bursts::new(), Instant::now());
    assert_eq!(bursts.turn(&changed("ada"), 1, start), Turn::Now(1));
    assert_eq!(bursts.turn(&changed("ben"), 2, start), Turn::Now(2));
}

#[test]
fn what_failed_covers_nothing() {
    let (bursts, ada, start) = (Bursts::new(), changed("ada"), Instant::now());
    assert_eq!(bursts.turn(&ada, 1, start), Turn::Now(1));
    assert_eq!(
        bursts.turn(&ada, 1, start + APART / 2),
        Turn::Later(APART / 2)
    );
    assert_eq!(bursts.turn(&ada, 1, start + APART), Turn::Now(1));
}

#[test]
fn an_event_that_came_after_the_invalidation_began_is_not_covered_by_it() {
    let (bursts, ada, start) = (Bursts::new(), changed("ada"), Instant::now());
    assert_eq!(bursts.turn(&ada, 1, start), Turn::Now(1));
    assert_eq!(bursts.turn(&ada, 2, start), Turn::Later(APART));
    bursts.done(&ada, 1);
    assert_eq!(bursts.turn(&ada, 2, start + APART), Turn::Now(2));
}
