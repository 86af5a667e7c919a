use std::collections::BTreeSet;
use std::time::Duration;

use async_nats::jetstream::stream::Config;
use futures::StreamExt as _;
use jiff::Timestamp;
use portal_application::ports::{EventBus as _, EventBusError, Ids as _, OutgoingEvent};
use portal_domain::event::{ACCESS_RECORDED, EventKind, KINDS, Retention};
use tokio::time::Instant;

use super::{NatsBus, NatsSettings};
use crate::system::SystemIds;

fn url() -> String {
    std::env::var("NATS_URL").expect("NATS_URL is not set: run the tests with `make test`")
}

fn own_names() -> NatsSettings {
    let name = format!("TEST_{}", SystemIds.ulid(Timestamp::UNIX_EPOCH));
    NatsSettings {
        stream_prefix: name.clone(),
        subject_prefix: name,
    }
}

fn event(kind: EventKind, id: &str) -> OutgoingEvent {
    OutgoingEvent {
        kind,
        message_id: id.to_owned(),
        payload: b"{}".to_vec(),
    }
}

async fn connected() -> NatsBus {
    let bus = NatsBus::connect(&url(), own_names()).await.unwrap();
    while !bus.is_connected() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bus
}

/// Publishes as the relay does, which tries again.
async fn stored(bus: &NatsBus, kind: EventKind, id: &str) {
    for _ in 0..20 {
        if bus.publish(&event(kind, id)).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("not stored");
}

async fn config(bus: &NatsBus, retention: Retention) -> Config {
    let name = bus.settings.stream(retention);
    let stream = bus.context.get_stream(name).await.unwrap();
    stream.cached_info().config.clone()
}

async fn messages(bus: &NatsBus, retention: Retention) -> u64 {
    let name = bus.settings.stream(retention);
    let mut stream = bus.context.get_stream(name).await.unwrap();
    stream.info().await.unwrap().state.messages
}

async fn end(bus: NatsBus) {
    let names: Vec<_> = bus.context.stream_names().collect().await;
    for name in names.into_iter().flatten() {
        if name.starts_with(&bus.settings.stream_prefix) {
            bus.context.delete_stream(name).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_message_is_stored_once_however_often_it_is_sent() {
    let bus = connected().await;
    for id in ["t:1", "t:1", "t:2"] {
        stored(&bus, ACCESS_RECORDED, id).await;
    }
    assert_eq!(messages(&bus, Retention::Days90).await, 2);
    end(bus).await;
}

#[tokio::test]
async fn each_kind_is_kept_in_the_stream_of_its_time() {
    let bus = connected().await;
    for kind in KINDS {
        stored(&bus, kind, kind.event_type).await;
    }
    for (retention, days) in [
        (Retention::Days7, 7),
        (Retention::Days30, 30),
        (Retention::Days90, 90),
    ] {
        let config = config(&bus, retention).await;
        assert_eq!(config.max_age, Duration::from_hours(24 * days));
        assert_eq!(config.duplicate_window, Duration::from_mins(10));
        let of_the_time = EventKind::published().filter(|kind| kind.retention == retention);
        let subjects: BTreeSet<_> = of_the_time.map(|kind| bus.settings.subject(kind)).collect();
        assert_eq!(
            config.subjects.into_iter().collect::<BTreeSet<_>>(),
            subjects
        );
        let kept = KINDS.iter().filter(|kind| kind.retention == retention);
        assert_eq!(messages(&bus, retention).await, kept.count() as u64);
    }
    end(bus).await;
}

#[tokio::test]
async fn a_stream_of_an_older_build_gets_the_subjects_that_it_lacks() {
    let bus = connected().await;
    let old = Config {
        name: bus.settings.stream(Retention::Days90),
        subjects: vec![bus.settings.subject(ACCESS_RECORDED)],
        ..Config::default()
    };
    bus.context.create_stream(old).await.unwrap();
    stored(&bus, KINDS[4], "closed").await;
    assert_eq!(messages(&bus, Retention::Days90).await, 1);
    end(bus).await;
}

#[tokio::test]
async fn a_stream_that_vanished_is_made_again() {
    let bus = connected().await;
    stored(&bus, ACCESS_RECORDED, "t:1").await;
    let name = bus.settings.stream(Retention::Days90);
    bus.context.delete_stream(&name).await.unwrap();
    // The server may still hold the interest of the old stream for a moment; callers try again.
    stored(&bus, ACCESS_RECORDED, "t:2").await;
    assert_eq!(messages(&bus, Retention::Days90).await, 1);
    end(bus).await;
}

#[tokio::test]
async fn a_message_that_is_too_large_is_told_from_a_bus_that_is_away() {
    let bus = connected().await;
    stored(&bus, ACCESS_RECORDED, "t:1").await;
    let of_the_server = OutgoingEvent {
        payload: vec![b' '; 2 * 1024 * 1024],
        ..event(ACCESS_RECORDED, "t:2")
    };
    assert_eq!(
        bus.publish(&of_the_server).await,
        Err(EventBusError::TooLarge)
    );
    let small = Config {
        max_message_size: 10,
        ..config(&bus, Retention::Days90).await
    };
    bus.context.update_stream(&small).await.unwrap();
    let of_the_stream = OutgoingEvent {
        payload: vec![b' '; 4 * 1024],
        ..event(ACCESS_RECORDED, "t:3")
    };
    assert_eq!(
        bus.publish(&of_the_stream).await,
        Err(EventBusError::TooLarge)
    );
    end(bus).await;
}

#[tokio::test]
async fn a_stream_without_room_is_a_bus_that_is_away() {
    let bus = connected().await;
    stored(&bus, ACCESS_RECORDED, "t:1").await;
    let full = Config {
        max_messages: 1,
        discard: async_nats::jetstream::stream::DiscardPolicy::New,
        ..config(&bus, Retention::Days90).await
    };
    bus.context.update_stream(&full).await.unwrap();
    let refused = bus.publish(&event(ACCESS_RECORDED, "t:2")).await;
    assert_eq!(refused, Err(EventBusError::Unavailable));
    end(bus).await;
}

#[tokio::test]
async fn a_message_that_a_living_bus_does_not_store_is_refused() {
    let bus = connected().await;
    stored(&bus, ACCESS_RECORDED, "t:1").await;
    // A stream that does not acknowledge stands for one that the credentials may not publish to:
    // nothing comes back, and the bus is there.
    let silent = Config {
        no_ack: true,
        ..config(&bus, Retention::Days90).await
    };
    bus.context.update_stream(&silent).await.unwrap();
    let refused = bus.publish(&event(ACCESS_RECORDED, "t:2")).await;
    assert_eq!(refused, Err(EventBusError::Refused));
    end(bus).await;
}

#[tokio::test]
async fn an_absent_server_delays_nobody() {
    let began = Instant::now();
    let settings = NatsSettings::default();
    let bus = NatsBus::connect("nats://127.0.0.1:1", settings)
        .await
        .unwrap();
    let refused = bus.publish(&event(ACCESS_RECORDED, "t:1")).await;
    assert_eq!(refused, Err(EventBusError::Unavailable));
    assert!(!bus.component().healthy);
    assert!(began.elapsed() < Duration::from_secs(1));
    assert!(
        NatsBus::connect("not a url", NatsSettings::default())
            .await
            .is_err()
    );
}
