use super::*;
use crate::conformance::server::{Effect, Endpoint, Fault, Location, Paging};
use crate::error::ErrorKind;

async fn with_tags(options: Options, count: usize) -> (Rig, Vec<String>) {
    let rig = Rig::new(options).await;
    let image = rig.seed_image(None);
    let names: Vec<String> = (0..count).map(|n| format!("t{n:05}")).collect();
    for name in &names {
        rig.server.tag(APP, name, image.digest());
    }
    (rig, names)
}

async fn tags(rig: &Rig) -> Vec<String> {
    rig.client.tags(&rig.app()).await.unwrap().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn l04_only_a_link_says_that_there_is_more() {
    let (rig, names) = with_tags(Options { page_size: Some(7), ..Options::default() }, 25).await;
    assert_eq!(tags(&rig).await, names);
    assert_eq!(rig.server.count("GET", "/tags/list"), 4);
}

#[tokio::test]
async fn l02_a_link_to_another_host_or_path_is_followed_on_ours() {
    let elsewhere = Location::Origin("http://10.1.2.3:8081/internal".to_owned());
    let (rig, names) = with_tags(Options { page_size: Some(7), location: elsewhere, ..Options::default() }, 20).await;
    assert_eq!(tags(&rig).await, names);
}

#[tokio::test]
async fn l03_l06_a_registry_that_cuts_without_a_link_is_asked_on() {
    for (paging, requests) in [(Paging::NoLink, 3), (Paging::Ignored, 1)] {
        let (rig, names) = with_tags(Options { paging, ..Options::default() }, 2000 + usize::from(requests == 1)).await;
        assert_eq!(tags(&rig).await.len(), names.len(), "{paging:?}");
        assert_eq!(rig.server.count("GET", "/tags/list"), requests, "{paging:?}");
    }
}

#[tokio::test]
async fn l04_pages_in_a_circle_are_an_error() {
    let (rig, _) = with_tags(Options::default(), 3).await;
    let headers = vec![("Link".to_owned(), "</v2/team/app/tags/list?n=1000>; rel=\"next\"".to_owned())];
    let body = Some("{\"tags\": [\"a\"]}".to_owned());
    rig.server.faults().push(Fault::new(Effect::Respond { status: 200, headers, body }).always());
    assert_eq!(rig.client.tags(&rig.app()).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn i05_tags_that_look_like_numbers_are_text() {
    let rig = Rig::plain().await;
    let image = rig.seed_image(None);
    for tag in ["1234567", "0123", "1e5", "true"] {
        rig.server.tag(APP, tag, image.digest());
    }
    assert_eq!(tags(&rig).await, ["0123", "1234567", "1e5", "true"]);
}

#[tokio::test]
async fn null_is_an_empty_list_and_no_list_and_rubbish_are_errors() {
    let (rig, _) = with_tags(Options::default(), 0).await;
    for body in ["{\"tags\": null}", "{\"tags\": []}"] {
        rig.server.faults().push(Fault::new(Effect::answer(200, body)));
        assert!(tags(&rig).await.is_empty());
    }
    let no_lists =
        ["", "[]x", "<html>", "{}", "{\"message\": \"try later\"}", "{\"tags\": 1}", "{\"tags\": [\"a/b\"]}"];
    for body in no_lists {
        rig.server.faults().push(Fault::new(Effect::answer(200, body)));
        assert!(rig.client.tags(&rig.app()).await.is_err(), "{body}");
    }
    let catalog = rig.client.abilities().catalog.unwrap();
    rig.server.faults().push(Fault::new(Effect::answer(200, "{\"repositories\": null}")));
    assert!(catalog.repositories().await.unwrap().is_empty());
    rig.server.faults().push(Fault::new(Effect::answer(200, "{\"message\": \"try later\"}")));
    assert_eq!(catalog.repositories().await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(rig.client.tags(&rig.repository("no/such")).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn l05_a_refused_catalog_says_so() {
    let rig = Rig::plain().await;
    rig.seed_image(None);
    rig.server.create_repository("other");
    let catalog = rig.client.abilities().catalog.unwrap();
    assert_eq!(catalog.repositories().await.unwrap(), [rig.repository("other"), rig.app()]);
    rig.server.faults().push(Fault::new(Effect::status(403)).on(Endpoint::Catalog));
    let error = catalog.repositories().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.hint_text().unwrap().contains("refuse"));
}
