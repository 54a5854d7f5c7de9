//! What the application behind the gate may see of a request's credentials: all but what signs somebody in here.

use crate::http::cookies::is_own;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// `Cookie` and `Authorization` as the application should get them; without what is ours. A header of which nothing is left is
/// not there, and proxies then send none.
pub fn for_application(headers: &HeaderMap, came_by_token: bool) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let authorization = headers.get(header::AUTHORIZATION).filter(|_| !came_by_token).cloned();
    let authorization = authorization.map(|value| (header::AUTHORIZATION, value));
    cookies(headers).map(|value| (header::COOKIE, value)).into_iter().chain(authorization)
}

/// The cookies that are not ours. They are kept as they are, whatever they are made of.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn left(cookies: &[&str], authorization: Option<&str>, came_by_token: bool) -> [String; 2] {
        let mut headers = HeaderMap::new();
        for line in cookies {
            headers.append(header::COOKIE, HeaderValue::from_bytes(line.as_bytes()).expect("a value"));
        }
        headers.extend(authorization.map(|value| (header::AUTHORIZATION, value.parse().expect("a value"))));
        let left: HeaderMap = for_application(&headers, came_by_token).collect();
        [header::COOKIE, header::AUTHORIZATION].map(|name| {
            left.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
        })
    }

    #[test]
    fn all_our_cookies_are_taken_out_wherever_they_stand() {
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
            assert_eq!(left(&cookies, None, false)[0], kept, "{cookies:?}");
        }
    }

    #[test]
    fn a_token_of_ours_is_taken_out_and_what_belongs_to_the_application_is_not() {
        assert_eq!(left(&[], Some("Bearer ours"), true)[1], "");
        assert_eq!(left(&[], Some("Basic theirs"), false)[1], "Basic theirs");
    }
}
