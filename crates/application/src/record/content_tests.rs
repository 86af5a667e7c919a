use futures::TryStreamExt as _;
use portal_domain::source::RecordSet;

use crate::answer::ContentAnswer;
use crate::error::AccessError;
use crate::testing::{PATIENT, World, patient};

fn document(id: &str, binary: &str, more: &str) -> String {
    format!(
        r#"{{"resourceType":"DocumentReference","id":"{id}","subject":{{"reference":"Patient/{PATIENT}"}},"content":[{{"attachment":{{"url":"Binary/{binary}"}}}}]{more}}}"#
    )
}

fn world() -> World {
    let world = World::new();
    let wrong = document("d2", "hidden", r#","status":"entered-in-error""#);
    let held = [document("d1", "b1", ""), wrong];
    world
        .sources
        .hold(RecordSet::DocumentReferences, held.to_vec());
    for id in ["b1", "hidden", "nobodys"] {
        world.sources.hold_content(id, &["one ", "two"]);
    }
    world
}

async fn read(world: &World, id: &str) -> Result<String, AccessError> {
    let answer = world.portal.binary(&patient(), id).await?;
    let content = answer.content.open(answer.disclosure.receipt());
    let chunks: Vec<_> = content.chunks.try_collect().await.unwrap();
    Ok(String::from_utf8(chunks.concat()).unwrap())
}

async fn of_document(world: &World, id: &str) -> Result<ContentAnswer, AccessError> {
    world.portal.document_content(&patient(), id, &[]).await
}

#[tokio::test]
async fn a_content_is_read_where_a_visible_document_names_it() {
    let world = world();
    assert_eq!(read(&world, "doc.b1").await.as_deref(), Ok("one two"));
    let line = world.journal.kept().remove(0);
    assert_eq!(line.resource_ids, [Box::from("doc.d1")]);
    assert!(of_document(&world, "doc.d1").await.is_ok());
}

#[tokio::test]
async fn what_no_visible_document_names_is_not_there_and_not_asked_for() {
    for id in ["doc.hidden", "doc.nobodys", "doc.absent", "lab.b1"] {
        let world = world();
        assert_eq!(read(&world, id).await, Err(AccessError::NotFound), "{id}");
        let calls = world.sources.take_calls();
        assert!(
            calls.iter().all(|(set, _)| *set != RecordSet::Binaries),
            "{id}"
        );
    }
    let world = world();
    let hidden = of_document(&world, "doc.d2").await;
    assert_eq!(hidden.err(), Some(AccessError::NotFound));
}
