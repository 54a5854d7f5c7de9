//! URLs that an admin enters for a product: the origins of its applications, and its launch links.

use super::FieldError;

/// The longest URL, in characters.
pub const MAX_URL_CHARS: usize = 2_000;
/// The most origins of one product.
pub const MAX_ORIGINS: usize = 20;
/// The shortest secret for signing tokens, in characters (RFC 7518 §3.2 requires 256 bits).
pub const MIN_LINK_SECRET_CHARS: usize = 32;
/// The placeholders of a launch link, which are replaced when it is opened.
pub const PLACEHOLDERS: [&str; 3] = ["{support_key}", "{session_id}", "{token}"];

/// Validates the origin of an application, such as `https://app.example.org` or `http://10.0.0.7:3000`, and returns it
/// in lower case without a trailing slash.
///
/// # Errors
/// Returns an error if the text is empty, too long, or not an origin.
pub fn origin(text: &str) -> Result<String, FieldError> {
    let text = text.trim().trim_end_matches('/').to_lowercase();
    match split(&text) {
        _ if text.is_empty() => Err(FieldError::Required),
        _ if text.len() > MAX_URL_CHARS => Err(FieldError::TooLong { max: MAX_URL_CHARS }),
        Some((_, _, "")) => Ok(text),
        _ => Err(FieldError::Address),
    }
}

/// Validates a launch link: `https`, or `http` to localhost, with [`PLACEHOLDERS`] only, and none of them in the host.
/// An empty one counts as absent.
///
/// # Errors
/// Returns an error if the text is not such a link, or longer than [`MAX_URL_CHARS`].
pub fn launch_link(text: &str) -> Result<Option<String>, FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > MAX_URL_CHARS {
        return Err(FieldError::TooLong { max: MAX_URL_CHARS });
    }
    let bare = PLACEHOLDERS.iter().fold(text.to_owned(), |text, placeholder| text.replace(placeholder, ""));
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || "{}<>\"\\^`".contains(c);
    let is_secure = |(scheme, host, _): (&str, &str, &str)| scheme == "https" || is_localhost(host);
    if split(text).is_some_and(is_secure) && !bare.contains(forbidden) {
        Ok(Some(text.to_owned()))
    } else {
        Err(FieldError::Address)
    }
}

/// Whether a URL has one of these origins. The origin must be followed by a path, query or fragment, so that neither
/// `https://app.example.org.evil.example` nor `https://app.example.org@evil.example` matches.
pub fn has_allowed_origin(url: &str, origins: &[String]) -> bool {
    let forbidden = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
    !url.contains(forbidden)
        && origins.iter().any(|origin| {
            let rest = url.strip_prefix(origin.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
        })
}

/// Splits a URL into scheme, host, and everything after the port.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let (host, port) = match authority.strip_prefix('[') {
        Some(v6) => {
            v6.split_once(']').map(|(host, port)| (host, port.strip_prefix(':').or(port.is_empty().then_some("0"))))?
        }
        None => authority.split_once(':').map_or((authority, Some("0")), |(host, port)| (host, Some(port))),
    };
    let is_host_char =
        |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.' || (authority.starts_with('[') && c == ':');
    let is_valid = matches!(scheme, "https" | "http")
        && !host.is_empty()
        && host.chars().all(is_host_char)
        && port.is_some_and(|port| port.parse::<u16>().is_ok());
    is_valid.then_some((scheme, host, rest))
}

fn is_localhost(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_no_path_or_user() {
        for good in ["https://app.example.org", "HTTPS://App.Example.org/", "http://10.0.0.7:3000", "http://[::1]:80"] {
            assert!(origin(good).is_ok(), "{good}");
        }
        let bad = [
            "app.example.org",
            "https://",
            "https://a b",
            "https://user@app.example.org",
            "https://app.example.org/path",
            "javascript://app",
            "https://app:99999",
            "https://app.example.org\\@evil.example",
        ];
        for bad in bad {
            assert_eq!(origin(bad), Err(FieldError::Address), "{bad}");
        }
    }

    #[test]
    fn a_launch_link_is_https_with_known_placeholders_after_the_host() {
        for good in
            ["https://meet.example.org/{session_id}?jwt={token}#config.x=1", "http://localhost:8080/?k={support_key}"]
        {
            assert_eq!(launch_link(good), Ok(Some(good.to_owned())), "{good}");
        }
        assert_eq!(launch_link("  "), Ok(None));
        let bad = [
            "http://meet.example.org/",
            "javascript:alert(1)",
            "https://{session_id}.example.org/",
            "https://meet.example.org/{password}",
            "https://meet.example.org/a b",
            "https://meet.example.org/\"onload=",
            "data:text/html,x",
        ];
        for bad in bad {
            assert_eq!(launch_link(bad), Err(FieldError::Address), "{bad}");
        }
    }

    #[test]
    fn only_urls_of_the_application_have_an_allowed_origin() {
        let origins = ["https://app.example.org".to_owned()];
        for good in
            ["https://app.example.org", "https://app.example.org/a?b=//evil.example", "https://app.example.org?x"]
        {
            assert!(has_allowed_origin(good, &origins), "{good}");
        }
        let bad = [
            "https://app.example.org.evil.example/",
            "https://app.example.org@evil.example/",
            "https://app.example.org:8443/",
            "https://app.example.org\\.evil.example/",
            "//app.example.org/",
            "http://app.example.org/",
            "https://app.example.org/\r\nLocation: x",
            "",
        ];
        for bad in bad {
            assert!(!has_allowed_origin(bad, &origins), "{bad}");
        }
    }
}
