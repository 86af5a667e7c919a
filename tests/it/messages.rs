//! Messages, thread by thread.

use portal_sandbox::Fault;
use portal_tests::{Answer, Fixture, Person, TestPortal, scene};
use serde_json::{Value, json};

const MESSAGES: &str = "/v1/portal/messages";

struct Scene {
    portal: TestPortal,
    ada: Person,
}

impl Scene {
    async fn new() -> Self {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        Self { portal, ada }
    }

    fn put(&self, id: &str, hour: u8, change: &Value) {
        let mut message = Fixture::of(&self.ada.patient).record("Communication", id);
        let sent = format!("2026-02-04T{hour:02}:00:00Z");
        let more = json!({
            "sent": sent, "topic": {"text": format!("About {id}")},
            "payload": [{"contentString": format!("Text of {id}")}],
        });
        let members = message.as_object_mut().expect("an object");
        members.extend(more.as_object().cloned().expect("an object"));
        members.extend(change.as_object().cloned().expect("an object"));
        self.portal.put(&self.ada.tenant, &message);
    }

    fn to_patient(&self) -> Value {
        json!([{"reference": format!("Patient/{}", self.ada.patient)}])
    }

    async fn get(&self, path: &str) -> Answer {
        self.portal.get_as(&self.ada, path).await
    }
}

fn answers(id: &str) -> Value {
    json!({"inResponseTo": [{"reference": format!("Communication/{id}")}]})
}

fn threads(answer: &Answer) -> Vec<(String, u64)> {
    assert_eq!(answer.status, 200, "{}", answer.verdict());
    let data = answer.json()["data"].as_array().cloned().expect("data");
    let thread = |it: &Value| {
        let id = it["id"].as_str().unwrap_or_default().to_owned();
        (id, it["messageCount"].as_u64().unwrap_or_default())
    };
    data.iter().map(thread).collect()
}

#[tokio::test]
async fn threads_are_listed_by_their_newest_message_and_read_from_the_first() {
    scene(async {
        let scene = Scene::new().await;
        let inbound = json!({"recipient": scene.to_patient()});
        let read = json!({"recipient": scene.to_patient(), "received": "2026-02-04T12:00:00Z"});
        scene.put("a1", 8, &read);
        scene.put("b1", 9, &json!({}));
        scene.put("a2", 10, &answers("a1"));
        scene.put(
            "a3",
            11,
            &json!({"partOf": answers("a1")["inResponseTo"], "recipient": inbound["recipient"]}),
        );
        scene.put(
            "c1",
            7,
            &json!({"partOf": [{"reference": "Communication/absent"}]}),
        );
        let list = scene.get(MESSAGES).await;
        let expected = [("com.a1", 3), ("com.b1", 1), ("com.c1", 1)];
        assert_eq!(
            threads(&list),
            expected.map(|(id, count)| (id.to_owned(), count))
        );
        let first = list.json()["data"][0].clone();
        assert_eq!(first["topic"], "About a1");
        assert_eq!(first["lastMessageAt"]["value"], "2026-02-04T11:00:00Z");
        assert_eq!(first["unreadCount"], 1);
        assert!(!list.says("Text of"));

        let thread = scene.get(&format!("{MESSAGES}/com.a1")).await;
        let body = thread.json();
        let messages = body["messages"].as_array().cloned().expect("messages");
        let ids: Vec<_> = messages.iter().map(|it| it["id"].clone()).collect();
        assert_eq!(ids, [json!("com.a1"), json!("com.a2"), json!("com.a3")]);
        assert_eq!(messages[0]["texts"], json!(["Text of a1"]));
        let read: Vec<_> = messages.iter().map(|it| it["read"].clone()).collect();
        assert_eq!(read, [json!(true), Value::Null, json!(false)]);
        assert_eq!(body["meta"]["sources"][0]["source"], "communication");
        let log = scene
            .get("/v1/portal/me/access-log?eventType=message.read")
            .await;
        assert_eq!(
            log.json()["data"][0]["resourceIds"],
            json!(["com.a1", "com.a2", "com.a3"])
        );

        let page = scene.get(&format!("{MESSAGES}?limit=2")).await;
        assert_eq!(threads(&page).len(), 2);
        let cursor = page.json()["nextCursor"].as_str().expect("more").to_owned();
        let rest = scene
            .get(&format!("{MESSAGES}?limit=2&cursor={cursor}"))
            .await;
        assert_eq!(threads(&rest), [("com.c1".to_owned(), 1)]);
        // A thread has the id of its first message, and no other.
        for id in ["com.a2", "com.absent", "a1", "cht.a1"] {
            let answer = scene.get(&format!("{MESSAGES}/{id}")).await;
            assert_eq!(answer.verdict(), "404 NOT_FOUND", "{id}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_hidden_joins_nothing_and_another_s_thread_is_not_there() {
    scene(async {
        let scene = Scene::new().await;
        scene.put("gone", 8, &json!({"status": "entered-in-error"}));
        scene.put("x", 9, &answers("gone"));
        scene.put("y", 10, &answers("gone"));
        let list = scene.get(MESSAGES).await;
        assert_eq!(
            threads(&list),
            [("com.y".to_owned(), 1), ("com.x".to_owned(), 1)]
        );
        assert!(!list.says("gone"));
        let eve = scene.portal.person("eve").await;
        let foreign = Fixture::of(&eve.patient).record("Communication", "hers");
        scene.portal.list_for(&scene.ada, "communication", &foreign);
        scene
            .portal
            .clock
            .advance(jiff::SignedDuration::from_mins(1));
        let list = scene.get(MESSAGES).await;
        assert_eq!(
            (threads(&list).len(), &list.json()["meta"]["incomplete"]),
            (2, &json!(true))
        );
        let answer = scene.get(&format!("{MESSAGES}/com.hers")).await;
        assert_eq!(answer.verdict(), "404 NOT_FOUND");
        let theirs = scene
            .portal
            .get_as(&eve, &format!("{MESSAGES}/com.x"))
            .await;
        assert_eq!(theirs.verdict(), "404 NOT_FOUND");
    })
    .await;
}

#[tokio::test]
async fn messages_are_for_the_patient_alone_and_while_their_source_answers() {
    scene(async {
        let scene = Scene::new().await;
        scene.put("a", 8, &json!({}));
        let portal = &scene.portal;
        let eve = portal.person("eve").await;
        let delegation = portal
            .delegate(&scene.ada, &eve, &json!({"scope": ["messages"]}))
            .await;
        let acting = [("X-Acting-For", delegation.as_str())];
        for path in [MESSAGES, "/v1/portal/messages/com.a"] {
            let answer = portal.get_with(&eve, path, &acting).await;
            assert_eq!(answer.verdict(), "403 PROXY_SCOPE_DENIED", "{path}");
            let narrow = portal
                .get_with_scope(&scene.ada, "patient/Patient.read", path)
                .await;
            assert_eq!(narrow.verdict(), "403 INSUFFICIENT_SCOPE", "{path}");
            let asked = scene.get(&format!("{path}?from=2026")).await;
            assert_eq!(asked.verdict(), "400 UNKNOWN_PARAMETER", "{path}");
        }
        assert_eq!(scene.get(MESSAGES).await.status, 200);
        portal
            .sandbox
            .set_fault("communication", Fault::status(503));
        portal.clock.advance(jiff::SignedDuration::from_mins(1));
        let stale = scene.get(MESSAGES).await;
        assert!(
            stale
                .header("x-portal-degraded")
                .starts_with("communication;status=stale")
        );
        portal.clock.advance(jiff::SignedDuration::from_mins(5));
        assert_eq!(
            scene.get(MESSAGES).await.verdict(),
            "503 UPSTREAM_UNAVAILABLE"
        );
    })
    .await;
}
