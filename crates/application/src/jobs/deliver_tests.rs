use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;

use super::*;
use crate::ports::{ContactAddress, ContactChannel, Delivery};
use crate::testing::{TENANT, TestClock};

/// One delivery, and what became of it.
struct One {
    attempts: u32,
    fate: Mutex<Option<Timestamp>>,
    done: Mutex<bool>,
}

struct Answers(Result<(), NotifierError>);

fn delivery() -> Delivery {
    Delivery {
        id: "invitation-1".to_owned(),
        tenant: TENANT.parse().unwrap(),
        channel: ContactChannel::Email,
        address: ContactAddress::new("ada@example.org"),
        language: "en".to_owned(),
        template_key: "proxy-invitation".to_owned(),
        secret: "secret".to_owned(),
    }
}

#[async_trait]
impl Deliveries for One {
    async fn claim(&self, _: Timestamp) -> Result<Vec<DueDelivery>, StoreError> {
        Ok(vec![DueDelivery {
            delivery: delivery(),
            attempts: self.attempts,
        }])
    }

    async fn done(&self, _: &Delivery) -> Result<(), StoreError> {
        *self.done.lock().unwrap() = true;
        Ok(())
    }

    async fn postpone(&self, _: &Delivery, until: Timestamp) -> Result<(), StoreError> {
        *self.fate.lock().unwrap() = Some(until);
        Ok(())
    }
}

#[async_trait]
impl Notifier for Answers {
    async fn send(&self, _: &Delivery) -> Result<(), NotifierError> {
        self.0
    }
}

async fn sent(attempts: u32, answer: Result<(), NotifierError>) -> (bool, Option<SignedDuration>) {
    let one = One {
        attempts,
        fate: Mutex::default(),
        done: Mutex::default(),
    };
    let clock = TestClock::default();
    send_due(&one, &Answers(answer), &clock).await.unwrap();
    let until = *one.fate.lock().unwrap();
    let waits = until.map(|until| until.duration_since(clock.now()));
    (*one.done.lock().unwrap(), waits)
}

#[tokio::test]
async fn what_was_taken_or_never_will_be_goes() {
    assert_eq!(sent(0, Ok(())).await, (true, None));
    assert_eq!(sent(0, Err(NotifierError::Refused)).await, (true, None));
}

#[tokio::test]
async fn what_was_not_taken_waits_longer_each_time_and_not_for_ever() {
    let unavailable = Err(NotifierError::Unavailable);
    for (attempts, seconds) in [(0, 1), (3, 8), (40, 300)] {
        let waits = Some(SignedDuration::from_secs(seconds));
        assert_eq!(sent(attempts, unavailable).await, (false, waits));
    }
}
