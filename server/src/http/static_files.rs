//! Serves the frontend's files, embedded in the binary or from the folder `dist`.

use crate::app::App;
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use base64::Engine as _;
use sha2::{Digest as _, Sha256};
use std::{
    path::{Component, Path, PathBuf},
    sync::Arc,
};

/// An embedded file, uncompressed and compressed.
struct StaticFile {
    path: &'static str,
    hash: &'static str,
    plain: &'static [u8],
    br: &'static [u8],
    gz: &'static [u8],
}

static EMBEDDED_FILES: &[StaticFile] = include!(concat!(env!("OUT_DIR"), "/static_files.rs"));

/// The build of the frontend that this server delivers.
#[derive(Clone, Debug)]
pub struct AppBuild(Option<Arc<PathBuf>>);

impl AppBuild {
    /// The build in the folder `dist`, or else the embedded one.
    pub fn new(dist: Option<Arc<PathBuf>>) -> Self {
        Self(dist)
    }

    /// The hash of its page, which names all its other files; `None` if the frontend is not built. A folder is read each
    /// time, because it can be rebuilt while the server runs.
    pub async fn id(&self) -> Option<String> {
        match &self.0 {
            Some(folder) => {
                let page = tokio::fs::read(folder.join("index.html")).await.ok()?;
                Some(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(page)))
            }
            None => EMBEDDED_FILES.iter().find(|file| file.path == "index.html").map(|file| file.hash.to_owned()),
        }
    }
}

/// Handles every path outside the API: returns the file if there is one, else the frontend's page, which has its own
/// router.
pub async fn serve(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    match &app.dist {
        Some(folder) => read_from_folder(folder, path).await,
        None => embedded(path, &headers),
    }
}

fn embedded(path: &str, request_headers: &HeaderMap) -> Response {
    let find = |path: &str| EMBEDDED_FILES.iter().find(|file| file.path == path);
    let Some(file) = find(path).or_else(|| find("index.html").filter(|_| is_page(path))) else {
        return not_found();
    };
    let tag = format!("\"{}\"", file.hash);
    if request_headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let accepts = request_headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let accepts =
        |coding: &str| accepts.split(',').any(|one| one.split(';').next().unwrap_or_default().trim() == coding);
    let (bytes, coding) = match () {
        () if accepts("br") => (file.br, Some("br")),
        () if accepts("gzip") => (file.gz, Some("gzip")),
        () => (file.plain, None),
    };
    let mut response = file_response(file.path, file.plain, Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.extend(HeaderValue::from_str(&tag).ok().map(|tag| (header::ETAG, tag)));
    headers.extend(coding.map(|coding| (header::CONTENT_ENCODING, HeaderValue::from_static(coding))));
    response
}

async fn read_from_folder(folder: &Path, path: &str) -> Response {
    let inside = !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let file = Some(path).filter(|_| inside);
    let app_page = Some("index.html").filter(|_| is_page(path));
    for name in [file, app_page].into_iter().flatten() {
        if let Ok(bytes) = tokio::fs::read(folder.join(name)).await {
            return file_response(name, &bytes.clone(), Body::from(bytes));
        }
    }
    if app_page.is_some() {
        const TEXT: &str = "The app is not built. Run `cargo xtask run`, or `cargo xtask dev` to develop.\n";
        return (StatusCode::SERVICE_UNAVAILABLE, TEXT).into_response();
    }
    not_found()
}

/// Whether a path belongs to a page: its last segment has no dot.
fn is_page(path: &str) -> bool {
    !path.rsplit('/').next().unwrap_or_default().contains('.')
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "There is nothing here.\n").into_response()
}

/// A response with a file. The hashes in file names are computed before the last build step, so they do not identify
/// the content and browsers must revalidate their cached files.
fn file_response(path: &str, plain: &[u8], body: Body) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if path.ends_with(".html") {
        let policy = content_security_policy(&String::from_utf8_lossy(plain));
        headers.extend(HeaderValue::from_str(&policy).ok().map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
    }
    response
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" | "webmanifest" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// The content security policy of a page: this server's own files, and the page's inline scripts, by hash.
fn content_security_policy(html: &str) -> String {
    let mut scripts = String::new();
    for part in html.split("<script").skip(1) {
        let Some((tag, rest)) = part.split_once('>') else { continue };
        if !tag.contains("src=") {
            let text = rest.split("</script>").next().unwrap_or_default();
            let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text));
            scripts.push_str(&format!(" 'sha256-{hash}'"));
        }
    }
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_are_allowed_by_hash_and_no_others() {
        let policy = content_security_policy("<script type=\"module\">let a;</script><script src=\"/x.js\"></script>");
        assert_eq!(policy.matches("'sha256-").count(), 1);
        assert!(!policy.contains("unsafe-inline"));
    }
}
