//! Filters a request's credentials for the application behind the gate: everything except Seatkeeper's own.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// The `Cookie` and `Authorization` headers for the application, without Seatkeeper's cookies and token. An empty
/// header is left out, so that proxies send none.
pub fn for_application(headers: &HeaderMap, used_token: bool) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let authorization = headers.get(header::AUTHORIZATION).filter(|_| !used_token).cloned();
    let authorization = authorization.map(|value| (header::AUTHORIZATION, value));
    cookies(headers).map(|value| (header::COOKIE, value)).into_iter().chain(authorization)
}

/// The cookies that are not Seatkeeper's, unchanged byte for byte.
fn cookies(headers: &HeaderMap) -> Option<HeaderValue> {
    let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    let cookies = lines.flat_map(|line| line.split(|byte| *byte == b';')).map(<[u8]>::trim_ascii);
    let others = cookies.filter(|cookie| {
        let name = cookie.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
        !cookie.is_empty() && !std::str::from_utf8(name).is_ok_and(is_own)
    });
    let kept = others.collect::<Vec<_>>().join(b"; ".as_slice());
    HeaderValue::from_bytes(&kept).ok().filter(|value| !value.is_empty())
}

/// The prefix of the names of all cookies of this server, including those of `auth/oidc/authorization.rs`. The gate
/// uses it to hide them from applications.
const COOKIE_NAME_PREFIX: &str = "seatkeeper_";

/// Whether a cookie with this name was set by this server.
fn is_own(name: &str) -> bool {
    let name = ["__Host-", "__Secure-"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    name.starts_with(COOKIE_NAME_PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filtered(cookies: &[&str], authorization: Option<&str>, used_token: bool) -> [String; 2] {
        let mut headers = HeaderMap::new();
        for line in cookies {
            headers.append(header::COOKIE, HeaderValue::from_bytes(line.as_bytes()).expect("a value"));
        }
        headers.extend(authorization.map(|value| (header::AUTHORIZATION, value.parse().expect("a value"))));
        let filtered: HeaderMap = for_application(&headers, used_token).collect();
        [header::COOKIE, header::AUTHORIZATION].map(|name| {
            filtered.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
        })
    }

    #[test]
    fn all_seatkeeper_cookies_are_removed() {
        let ours = "seatkeeper_session=secret";
        for (cookies, kept) in [
            (vec![ours], ""),
            (vec!["a=1; seatkeeper_session=secret; b=2"], "a=1; b=2"),
            (vec!["seatkeeper_session=secret;b=2"], "b=2"),
            (vec!["a=1;  seatkeeper_session=secret"], "a=1"),
            (vec!["seatkeeper_session=x; a=1; seatkeeper_session=y"], "a=1"),
            (vec!["a=1", ours, "b=2"], "a=1; b=2"),
            (vec!["__Host-seatkeeper_session=secret; a=ü"], "a=ü"),
            (vec!["seatkeeper_session =secret; seatkeeper_sign_in=x"], ""),
            (
                vec!["my_seatkeeper_session=1; a=seatkeeper_session=2"],
                "my_seatkeeper_session=1; a=seatkeeper_session=2",
            ),
        ] {
            assert_eq!(filtered(&cookies, None, false)[0], kept, "{cookies:?}");
        }
    }

    #[test]
    fn a_seatkeeper_token_is_removed_and_application_credentials_stay() {
        assert_eq!(filtered(&[], Some("Bearer ours"), true)[1], "");
        assert_eq!(filtered(&[], Some("Basic theirs"), false)[1], "Basic theirs");
    }
}
