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
fn the_first_goes_at_once_and_one_comes_back_for_the_rest() {
    let (bursts, ada, start) = (Bursts::new(), changed("ada"), Instant::now());
    assert_eq!(bursts.turn(&ada, 1, start), Turn::Now);
    assert_eq!(bursts.turn(&ada, 2, start), Turn::Later(APART));
    for message in 3..=50 {
        assert_eq!(bursts.turn(&ada, message, start + APART / 2), Turn::Covered);
    }
    assert_eq!(bursts.turn(&ada, 2, start + APART), Turn::Now);
    assert_eq!(bursts.turn(&ada, 51, start + APART), Turn::Later(APART));
}

#[test]
fn who_comes_back_too_early_does_not_stand_for_itself() {
    let (bursts, ada, start) = (Bursts::new(), changed("ada"), Instant::now());
    assert_eq!(bursts.turn(&ada, 1, start), Turn::Now);
    assert_eq!(bursts.turn(&ada, 2, start), Turn::Later(APART));
    let early = start + APART / 2;
    assert_eq!(bursts.turn(&ada, 2, early), Turn::Later(APART / 2));
}

#[test]
fn who_waited_at_another_pod_comes_after_its_time() {
    let (here, there, ada) = (Bursts::new(), Bursts::new(), changed("ada"));
    let start = Instant::now();
    assert_eq!(here.turn(&ada, 1, start), Turn::Now);
    assert_eq!(here.turn(&ada, 2, start), Turn::Later(APART));
    assert_eq!(here.turn(&ada, 3, start), Turn::Covered);
    let later = start + APART;
    // Another pod did something since; what waits there is later still.
    assert_eq!(there.turn(&ada, 4, later), Turn::Now);
    assert_eq!(there.turn(&ada, 2, later), Turn::Later(APART));
    // Nobody relies here on what went there.
    assert_eq!(here.turn(&ada, 5, later), Turn::Now);
}

#[test]
fn nobody_waits_for_another_s_burst() {
    let (bursts, start) = (Bursts::new(), Instant::now());
    assert_eq!(bursts.turn(&changed("ada"), 1, start), Turn::Now);
    assert_eq!(bursts.turn(&changed("ben"), 2, start), Turn::Now);
}

#[test]
fn what_failed_comes_back_like_any_other() {
    let (bursts, ada, start) = (Bursts::new(), changed("ada"), Instant::now());
    assert_eq!(bursts.turn(&ada, 1, start), Turn::Now);
    assert_eq!(
        bursts.turn(&ada, 1, start + APART / 2),
        Turn::Later(APART / 2)
    );
    assert_eq!(bursts.turn(&ada, 1, start + APART), Turn::Now);
}
