//! Addresses that an admin enters for a product: where its applications are, and with what agents and customers open it.

use super::FieldError;

/// The longest address, in characters.
pub const MAX_ADDRESS: usize = 2_000;
/// The most applications behind one gate.
pub const MAX_ORIGINS: usize = 20;
/// The shortest secret for tokens, in characters (RFC 7518 §3.2 asks for 256 bits).
pub const MIN_SECRET: usize = 32;
/// What can stand in a launch link, and is replaced when it is opened.
pub const PLACEHOLDERS: [&str; 3] = ["{support_key}", "{session_id}", "{token}"];

/// The origin of an application, as in `https://app.example.org` or `http://10.0.0.7:3000`: without a path, in small letters.
///
/// # Errors
/// It is none.
pub fn origin(text: &str) -> Result<String, FieldError> {
    let text = text.trim().trim_end_matches('/').to_lowercase();
    match split(&text) {
        _ if text.is_empty() => Err(FieldError::Required),
        _ if text.len() > MAX_ADDRESS => Err(FieldError::TooLong { max: MAX_ADDRESS }),
        Some((_, _, "")) => Ok(text),
        _ => Err(FieldError::Address),
    }
}

/// A launch link: `https`, or `http` on this very machine, with no other placeholders than [`PLACEHOLDERS`], and these not in
/// the name of the host. An empty one is none.
///
/// # Errors
/// It is none, or too long.
pub fn link(text: &str) -> Result<Option<String>, FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > MAX_ADDRESS {
        return Err(FieldError::TooLong { max: MAX_ADDRESS });
    }
    let bare = PLACEHOLDERS.iter().fold(text.to_owned(), |text, known| text.replace(known, ""));
    let odd = |c: char| c.is_whitespace() || c.is_control() || "{}<>\"\\^`".contains(c);
    let good = |(scheme, host, _): (&str, &str, &str)| scheme == "https" || is_here(host);
    if split(text).is_some_and(good) && !bare.contains(odd) {
        Ok(Some(text.to_owned()))
    } else {
        Err(FieldError::Address)
    }
}

/// Whether an address leads to one of these origins. The origin is compared as text, and what follows it must begin a path, so
/// that neither `https://app.example.org.evil.example` nor `https://app.example.org@evil.example` passes for the application.
pub fn leads_to(address: &str, origins: &[String]) -> bool {
    let odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
    !address.contains(odd)
        && origins.iter().any(|origin| {
            let rest = address.strip_prefix(origin.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
        })
}

/// Scheme, host and the rest after host and port.
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
    let sign = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.' || (authority.starts_with('[') && c == ':');
    let good = matches!(scheme, "https" | "http")
        && !host.is_empty()
        && host.chars().all(sign)
        && port.is_some_and(|port| port.parse::<u16>().is_ok());
    good.then_some((scheme, host, rest))
}

fn is_here(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_origins_and_nothing_more() {
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
    fn links_are_https_with_known_placeholders_behind_the_host() {
        for good in
            ["https://meet.example.org/{session_id}?jwt={token}#config.x=1", "http://localhost:8080/?k={support_key}"]
        {
            assert_eq!(link(good), Ok(Some(good.to_owned())), "{good}");
        }
        assert_eq!(link("  "), Ok(None));
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
            assert_eq!(link(bad), Err(FieldError::Address), "{bad}");
        }
    }

    #[test]
    fn the_way_back_leads_to_the_application_and_nowhere_else() {
        let origins = ["https://app.example.org".to_owned()];
        for good in
            ["https://app.example.org", "https://app.example.org/a?b=//evil.example", "https://app.example.org?x"]
        {
            assert!(leads_to(good, &origins), "{good}");
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
            assert!(!leads_to(bad, &origins), "{bad}");
        }
    }
}
