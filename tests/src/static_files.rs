//! The app's files: those of a build are kept for ever, the page that names the build is not, and a file of an older
//! build is missing instead of being answered with the page.

use crate::harness::{World, http};
use reqwest::{Response, header};
use std::{fs, path::Path};

/// A folder as the bundler writes it, and a server for it.
async fn world(folder: &Path) -> World {
    fs::create_dir_all(folder.join("app/0123456789abcdef")).expect("a folder");
    for (name, content) in [
        ("index.html", "<!doctype html><script>1</script>"),
        ("favicon.svg", "<svg/>"),
        ("app/0123456789abcdef/main.wasm", "plain"),
        ("app/0123456789abcdef/main.wasm.br", "compressed with brotli"),
        ("app/0123456789abcdef/main.wasm.gz", "compressed with gzip"),
    ] {
        fs::write(folder.join(name), content).expect("a file");
    }
    World::with_app(folder.to_path_buf()).await
}

async fn get(world: &World, path: &str, accepted: &str) -> Response {
    let request = http::client().get(format!("{}{path}", world.url)).header(header::ACCEPT_ENCODING, accepted);
    request.send().await.expect("an answer")
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().expect("text"))
}

const WASM: &str = "/app/0123456789abcdef/main.wasm";

#[tokio::test]
async fn files_of_a_build_are_immutable_and_the_page_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = world(folder.path()).await;
    for (path, cached, kind) in [
        (WASM, "public, max-age=31536000, immutable", "application/wasm"),
        ("/favicon.svg", "public, max-age=86400", "image/svg+xml"),
        ("/", "no-cache", "text/html; charset=utf-8"),
        ("/users/7", "no-cache", "text/html; charset=utf-8"),
    ] {
        let response = get(&world, path, "identity").await;
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!((header(&response, "cache-control"), header(&response, "content-type")), (cached, kind), "{path}");
        assert_eq!(header(&response, "vary"), "accept-encoding", "{path}");
    }
}

#[tokio::test]
async fn files_are_sent_as_compressed_as_the_browser_accepts() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = world(folder.path()).await;
    for (accepted, coding, content) in [
        ("gzip, deflate, br, zstd", "br", "compressed with brotli"),
        ("gzip;q=1.0", "gzip", "compressed with gzip"),
        ("identity", "", "plain"),
    ] {
        let response = get(&world, WASM, accepted).await;
        assert_eq!(header(&response, "content-encoding"), coding);
        assert_eq!(response.text().await.expect("text"), content);
    }
}

#[tokio::test]
async fn a_file_of_an_older_build_is_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = world(folder.path()).await;
    for path in ["/app/fedcba9876543210/main.wasm", "/app/fedcba9876543210/main", "/app/", "/app/0123456789abcdef"] {
        let response = get(&world, path, "br").await;
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(header(&response, "cache-control"), "no-store", "{path}");
    }
}
