//! Serves the frontend's files, embedded in the binary or from the folder `dist`.

use crate::{app::App, app_build::EMBEDDED_FILES};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use base64::Engine as _;
use sha2::{Digest as _, Sha256};
use std::path::{Component, Path};

/// The folder of files whose paths name their build: `app/HASH/…`. The bundler writes it.
const HASHED: &str = "app/";

/// Handles every path outside the API: returns the file if there is one, else the frontend's page, which has its own
/// router.
pub async fn serve(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    match &app.dist {
        Some(folder) => read_from_folder(folder, path, &headers).await,
        None => embedded(path, &headers),
    }
}

fn embedded(path: &str, request_headers: &HeaderMap) -> Response {
    let find = |path: &str| EMBEDDED_FILES.iter().find(|file| file.path == path);
    let Some(file) = find(path).or_else(|| find("index.html").filter(|_| is_page(path))) else {
        return not_found();
    };
    let tag = format!("\"{}\"", file.hash);
    let coding = accepted_coding(request_headers);
    let bytes = match coding {
        Some("br") => file.br,
        Some(_) => file.gz,
        None => file.plain,
    };
    let mut response = file_response(file.path, file.plain, Body::from(bytes), coding);
    response.headers_mut().extend(HeaderValue::from_str(&tag).ok().map(|tag| (header::ETAG, tag)));
    if request_headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        // With the headers of the file: they replace those that the browser has stored.
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
    }
    response
}

async fn read_from_folder(folder: &Path, path: &str, request_headers: &HeaderMap) -> Response {
    let inside = !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let file = Some(path).filter(|_| inside);
    let app_page = Some("index.html").filter(|_| is_page(path));
    for name in [file, app_page].into_iter().flatten() {
        let path = folder.join(name);
        let Ok(plain) = tokio::fs::read(&path).await else { continue };
        // `trunk serve` writes no compressed forms.
        if let Some(coding) = accepted_coding(request_headers)
            && let Ok(compressed) = tokio::fs::read(path.with_added_extension(extension(coding))).await
        {
            return file_response(name, &plain, Body::from(compressed), Some(coding));
        }
        return file_response(name, &plain.clone(), Body::from(plain), None);
    }
    if app_page.is_some() {
        const TEXT: &str = "The app is not built. Run `cargo xtask run`, or `cargo xtask dev` to develop.\n";
        return (StatusCode::SERVICE_UNAVAILABLE, TEXT).into_response();
    }
    not_found()
}

/// The best of our content codings that the browser accepts.
fn accepted_coding(request_headers: &HeaderMap) -> Option<&'static str> {
    let accepted = request_headers.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
    let names: Vec<_> = accepted.split(',').map(|one| one.split(';').next().unwrap_or_default().trim()).collect();
    ["br", "gzip"].into_iter().find(|coding| names.contains(coding))
}

fn extension(coding: &str) -> &str {
    if coding == "gzip" { "gz" } else { coding }
}

/// Whether a path belongs to a page: its last segment has no dot, and it is not a file of a build. A missing file of an
/// older build must be an error, which the app can tell.
fn is_page(path: &str) -> bool {
    !path.starts_with(HASHED) && !path.rsplit('/').next().unwrap_or_default().contains('.')
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "There is nothing here.\n").into_response()
}

/// A response with a file, which `coding` has compressed.
fn file_response(path: &str, plain: &[u8], body: Body, coding: Option<&'static str>) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control(path)));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.extend(coding.map(|coding| (header::CONTENT_ENCODING, HeaderValue::from_static(coding))));
    if path.ends_with(".html") {
        let policy = content_security_policy(&String::from_utf8_lossy(plain));
        headers.extend(HeaderValue::from_str(&policy).ok().map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
    }
    response
}

/// Files whose path names their build never change. The page names the build, so browsers ask for it each time.
fn cache_control(path: &str) -> &'static str {
    match () {
        () if path.starts_with(HASHED) => "public, max-age=31536000, immutable",
        () if path.ends_with(".svg") => "public, max-age=86400",
        () => "no-cache",
    }
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
