//! The OpenAPI document, exactly, and the table of routes in API.md.

use crate::harness::{http, on_both_engines};
use std::collections::BTreeSet;

/// The routes in the table of API.md, and those named after "Outside `/api/v1`".
fn documented_routes() -> BTreeSet<(String, String)> {
    let text = include_str!("../../API.md");
    let routes = text.split("\n## ").find(|part| part.starts_with("Routes\n")).expect("a part on routes");
    let cells =
        routes.lines().filter(|line| line.starts_with("| `")).map(|line| line.split('|').nth(1).unwrap_or_default());
    cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(|route| route.split_once(' ').unwrap_or_else(|| panic!("\"{route}\" is not a method and a path")))
        .map(|(method, path)| (method.to_owned(), format!("/api/v1{path}")))
        .collect()
}

#[test]
fn the_routes_in_api_md_are_exactly_the_served_ones() {
    let (documented, served) =
        (documented_routes(), seatkeeper::api::all_routes().into_iter().collect::<BTreeSet<_>>());
    assert!(documented.len() > 20, "{documented:?}");
    let undocumented: Vec<_> = served.difference(&documented).collect();
    let removed: Vec<_> = documented.difference(&served).collect();
    assert!(
        undocumented.is_empty() && removed.is_empty(),
        "not in API.md: {undocumented:?}; only in API.md: {removed:?}"
    );
}

/// After an intended change run `INSTA_UPDATE=always cargo xtask test openapi` and review the diff.
#[test]
fn the_openapi_document_is_as_committed() {
    insta::assert_json_snapshot!("openapi", seatkeeper::api::openapi());
}

#[test]
fn every_reference_in_the_openapi_document_resolves() {
    let description = serde_json::to_value(seatkeeper::api::openapi()).expect("JSON");
    let text = description.to_string();
    let references: BTreeSet<_> =
        text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(references.len() > 10, "{references:?}");
    let lost: Vec<_> = references.into_iter().filter(|pointer| description.pointer(pointer).is_none()).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

on_both_engines! {
    async fn the_openapi_document_is_public(world: World) {
        let answer = http::get(format!("{}/api/openapi.json", world.url)).await.expect("an answer");
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (200, &"application/json".parse().expect("a value"))
        );
        let served: serde_json::Value = answer.json().await.expect("JSON");
        assert_eq!(served, serde_json::to_value(seatkeeper::api::openapi()).expect("JSON"));
    }
}
