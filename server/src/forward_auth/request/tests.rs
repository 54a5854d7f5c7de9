use super::*;
use axum::http::{HeaderName, HeaderValue};
use seatkeeper_shared::validate::urls::has_allowed_origin;

fn headers(lines: &[(&str, &[u8])]) -> HeaderMap {
    let read = |(name, value): &(&str, &[u8])| {
        (name.parse::<HeaderName>().expect("a name"), HeaderValue::from_bytes(value).expect("a value"))
    };
    lines.iter().map(read).collect()
}

fn texts(lines: &[(&str, &str)]) -> HeaderMap {
    headers(&lines.iter().map(|(name, value)| (*name, value.as_bytes())).collect::<Vec<_>>())
}

const ORIGIN: (&str, &str) = ("origin", "https://other.example.org");
const REQUESTED_METHOD: (&str, &str) = ("access-control-request-method", "POST");

#[test]
fn only_a_real_cors_preflight_is_recognized() {
    let is = |method: Method, from_proxy, lines: &[(&str, &str)]| {
        ForwardedRequest::new(&method, &texts(lines)).is_preflight(from_proxy)
    };
    let forwarded = ("x-forwarded-method", "OPTIONS");
    let original = ("x-original-method", "OPTIONS");
    assert!(is(Method::GET, true, &[forwarded, ORIGIN, REQUESTED_METHOD]));
    assert!(is(Method::GET, true, &[original, ORIGIN, REQUESTED_METHOD]));
    assert!(is(Method::OPTIONS, false, &[ORIGIN, REQUESTED_METHOD]), "a direct request needs no trusted header");
    assert!(!is(Method::GET, false, &[forwarded, ORIGIN, REQUESTED_METHOD]), "a client could have sent the header");
    assert!(!is(Method::OPTIONS, false, &[("x_original_method", "OPTIONS"), ORIGIN, REQUESTED_METHOD]));
    assert!(!is(Method::GET, true, &[forwarded, ("access_control_request_method", "POST"), ORIGIN]));
    assert!(!is(Method::GET, true, &[ORIGIN, REQUESTED_METHOD]));
    assert!(!is(Method::GET, true, &[forwarded, ORIGIN]));
    assert!(!is(Method::GET, true, &[forwarded, REQUESTED_METHOD]));
    assert!(
        !is(Method::GET, true, &[forwarded, ("x-original-method", "DELETE"), ORIGIN, REQUESTED_METHOD]),
        "they must agree"
    );
    assert!(!is(Method::GET, true, &[original, ("x-forwarded-method", "GET"), ORIGIN, REQUESTED_METHOD]));
    assert!(
        !is(Method::GET, true, &[forwarded, ("x-forwarded-method", "GET"), ORIGIN, REQUESTED_METHOD]),
        "each of them"
    );
    assert!(!is(Method::OPTIONS, true, &[("x-forwarded-method", "GET"), ORIGIN, REQUESTED_METHOD]));
    for unexpected in [
        ("x-http-method-override", "DELETE"),
        ("x-http_method-override", "DELETE"),
        ("x_http_method_override", "DELETE"),
        ("x.http.method", "DELETE"),
        ("x-method_override", "DELETE"),
        ("x_original_method", "DELETE"),
        ("x_forwarded_method", "GET"),
        ("transfer_encoding", "chunked"),
        ("content_length", "3"),
        ("x_seatkeeper_user", "admin@example.org"),
        ("cookie", "a=1"),
        ("authorization", "Basic x"),
        ("content-length", "3"),
        ("transfer-encoding", "chunked"),
        ("x-seatkeeper-user", "admin@example.org"),
    ] {
        assert!(
            !is(Method::GET, true, &[forwarded, ORIGIN, REQUESTED_METHOD, unexpected]),
            "no browser sends {unexpected:?} with a preflight"
        );
    }
}

#[test]
fn a_prefetch_is_recognized_by_method_and_purpose() {
    let is = |method: Method, lines: &[(&str, &str)]| ForwardedRequest::new(&method, &texts(lines)).is_prefetch();
    assert!(is(Method::HEAD, &[]));
    assert!(is(Method::OPTIONS, &[]));
    for line in [
        ("x-original-method", "HEAD"),
        ("x-forwarded-method", "OPTIONS"),
        ("sec-purpose", "prefetch;prerender"),
        ("purpose", "prefetch"),
        ("x-moz", "prefetch"),
    ] {
        assert!(is(Method::GET, &[line]), "{line:?}");
    }
    assert!(is(Method::GET, &[("x_original_method", "HEAD")]));
    assert!(!is(Method::GET, &[("x-forwarded-method", "POST")]));
}

#[test]
fn only_page_loads_are_navigations() {
    let is = |lines: &[(&str, &str)]| ForwardedRequest::new(&Method::GET, &texts(lines)).is_navigation();
    let (mode, to, accept) = (|mode| ("sec-fetch-mode", mode), |to| ("sec-fetch-dest", to), |a| ("accept", a));
    assert!(is(&[mode("navigate"), to("document"), accept("*/*")]));
    assert!(is(&[mode("navigate"), to("iframe")]));
    assert!(is(&[mode("navigate")]));
    assert!(!is(&[mode("cors"), to("empty"), accept("text/html")]), "a script that reads a page");
    assert!(!is(&[mode("no-cors"), to("image"), accept("text/html")]));
    assert!(!is(&[mode("websocket"), to("empty")]));
    assert!(!is(&[mode("navigate"), to("object"), accept("text/html")]));
    assert!(is(&[accept("text/html,application/xhtml+xml,*/*;q=0.8")]), "an old browser");
    assert!(!is(&[accept("text/html;q=0, application/json")]));
    assert!(!is(&[accept("text/html"), ("x-requested-with", "XMLHttpRequest")]));
    assert!(!is(&[accept("text/html"), ("upgrade", "websocket")]));
    assert!(!is(&[accept("*/*")]));
    assert!(!is(&[]));
}

#[test]
fn the_return_url_is_encoded_and_shortened() {
    let url = |lines: &[(&str, &[u8])]| {
        ForwardedRequest::new(&Method::GET, &headers(lines)).return_address().url.expect("an address")
    };
    let original = |whole: &'static [u8]| url(&[("x-original-url", whole)]);
    assert_eq!(original(b"https://app.example.org/a?b=%C3%BC"), "https://app.example.org/a?b=%C3%BC");
    assert_eq!(
        original("https://app.example.org/Größe?x=ü".as_bytes()),
        "https://app.example.org/Gr%C3%B6%C3%9Fe?x=%C3%BC"
    );
    assert_eq!(original(b"https://app.example.org/\xff\\\"<>"), "https://app.example.org/%FF%5C%22%3C%3E");
    assert_eq!(original(b"HTTPS://APP.example.org:443"), "https://app.example.org/");
    assert_eq!(original(b"https://app.example.org:8443?q"), "https://app.example.org:8443/?q");
    for (scheme, origin) in [("wss", "https"), ("ws", "http"), ("HTTPS", "https"), ("https, http", "https")] {
        let lines: [(&str, &[u8]); 3] = [
            ("x-forwarded-proto", scheme.as_bytes()),
            ("x-forwarded-host", b"app.example.org"),
            ("x-forwarded-uri", b"/socket"),
        ];
        assert_eq!(url(&lines), format!("{origin}://app.example.org/socket"));
    }
    let long = format!("https://app.example.org/list?filter={}", "ä".repeat(900));
    assert_eq!(url(&[("x-original-url", long.as_bytes())]), "https://app.example.org/list", "too long for a header");
    let deep = format!("https://app.example.org/{}", "d/".repeat(2_000));
    assert_eq!(url(&[("x-original-url", deep.as_bytes())]), "https://app.example.org/");
}

#[test]
fn an_invalid_application_url_is_ignored() {
    let bad: [&[u8]; 7] = [
        b"javascript://app.example.org/",
        b"//app.example.org/",
        b"https://",
        b"https://a b/",
        b"https://user@app.example.org/",
        "https://äpp.example.org/".as_bytes(),
        b"/path",
    ];
    for bad in bad {
        let lines = headers(&[("x-original-url", bad)]);
        assert_eq!(ForwardedRequest::new(&Method::GET, &lines).return_address().url, None, "{bad:?}");
    }
}

#[test]
fn after_a_form_the_return_url_is_the_page_with_the_form() {
    let back = |referer: &str, method: &str| {
        let target = ("x-original-url", "https://app.example.org/tickets/7/close");
        let lines = texts(&[target, ("x-original-method", method), ("referer", referer)]);
        ForwardedRequest::new(&Method::GET, &lines).return_address()
    };
    let unsent = |url: &str| ReturnAddress { url: Some(url.to_owned()), unsent: true };
    assert_eq!(back("https://app.example.org/tickets/7", "POST"), unsent("https://app.example.org/tickets/7"));
    assert_eq!(back("https://app.example.org.evil.example/", "POST"), unsent("https://app.example.org/"));
    assert_eq!(back("https://evil.example/", "PUT"), unsent("https://app.example.org/"));
    assert_eq!(back("nonsense", "POST"), unsent("https://app.example.org/"));
    let read = back("https://app.example.org/tickets/7", "GET");
    assert_eq!(read.url.as_deref(), Some("https://app.example.org/tickets/7/close"));
    assert!(!read.unsent);
}

#[test]
fn a_return_url_never_leads_to_another_origin() {
    let origins = ["https://app.example.org".to_owned()];
    let evil: [&[u8]; 6] = [
        b"https://app.example.org.evil.example/",
        b"https://app.example.org@evil.example/",
        b"https://app.example.org\\.evil.example/",
        b"https://evil.example/https://app.example.org/",
        b"http://app.example.org/",
        b"https://app.example.org:8443/",
    ];
    for evil in evil {
        let lines = headers(&[("x-original-url", evil)]);
        let url = ForwardedRequest::new(&Method::GET, &lines).return_address().url;
        assert!(url.is_none_or(|url| !has_allowed_origin(&url, &origins)), "{evil:?}");
    }
    let good = headers(&[("x-original-url", "https://app.example.org//evil.example/ü?\\".as_bytes())]);
    let url = ForwardedRequest::new(&Method::GET, &good).return_address().url.expect("an address");
    assert!(has_allowed_origin(&url, &origins), "{url}");
}

#[test]
fn headers_that_imitate_ours_are_found() {
    let found = |name: &str| {
        let lines = texts(&[(name, "admin@example.org")]);
        ForwardedRequest::new(&Method::GET, &lines).lookalike().map(str::to_owned)
    };
    for bad in
        ["x_seatkeeper_user", "x-seatkeeper_user", "x_seatkeeper-session", "x.seatkeeper.user", "x_seatkeeper_user_id"]
    {
        assert_eq!(found(bad).as_deref(), Some(bad));
    }
    for good in ["x-seatkeeper-user", "x_other_user", "x-original-url"] {
        assert_eq!(found(good), None, "the proxy overwrites ours, and other headers do not matter");
    }
}
