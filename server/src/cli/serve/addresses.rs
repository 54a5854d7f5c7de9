//! Validates the public URL and the cookie domain at startup, because a cookie that browsers reject would only show as
//! sign-ins that do not last.

use openidconnect::url::{Host, Url};

/// Parses the public URL into the form browsers use for an origin: `https://seats.example.org`, without a trailing
/// slash.
///
/// # Errors
/// Returns what is wrong with it, and what to give instead.
pub fn public_url(text: &str) -> Result<String, String> {
    let text = text.trim();
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(format!("it has no scheme; give https://{text} (or http://{text})"));
    };
    if !["http", "https"].iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
        return Err(format!("browsers cannot reach a server by {scheme}; give https://{rest}"));
    }
    let url = Url::parse(text).map_err(|error| format!("it is not a URL ({error}); give for example {EXAMPLE_URL}"))?;
    let origin = url.origin().ascii_serialization();
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("it must not contain a user name or password; give {origin}"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(format!("Seatkeeper is served at the root of a host, so nothing may follow it; give {origin}"));
    }
    if let Some(host) = url.domain().filter(|host| !is_host_name(host)) {
        return Err(format!("{host} is not a valid host name; give for example {EXAMPLE_URL}"));
    }
    Ok(origin)
}

const EXAMPLE_URL: &str = "https://seats.example.org";

/// Parses the domain of the session cookie into the form browsers use.
///
/// # Errors
/// Returns what is wrong with it, and what to give instead.
pub fn cookie_domain(text: &str) -> Result<String, String> {
    let text = text.trim().trim_start_matches('.');
    let host = Host::parse(text).map_err(|_| format!("{text} is not a domain; give for example example.org"))?;
    let Host::Domain(domain) = host else {
        return Err("cookies cannot have an IP address as their domain; leave the option out".to_owned());
    };
    if !is_host_name(&domain) {
        return Err(format!("{text} is not a domain; give for example example.org"));
    }
    if psl::suffix_str(&domain) == Some(&*domain) {
        return Err(format!(
            "{domain} is a public suffix, so browsers reject cookies for it; give a domain that you own, \
             for example example.{domain}"
        ));
    }
    Ok(domain)
}

/// Checks that the host of the public URL is within the cookie domain. Otherwise browsers would reject the cookie, and
/// sign-in would be impossible.
///
/// # Errors
/// Returns an error if it is not.
pub fn require_within(domain: &str, public_url: &str) -> anyhow::Result<()> {
    let url = Url::parse(public_url)?;
    let host = url.host_str().unwrap_or_default();
    let is_within =
        url.domain().is_some() && (host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')));
    anyhow::ensure!(
        is_within,
        "--cookie-domain {domain} is not a domain of {host}, the host of --public-url: browsers would reject the \
         cookie. Give the domain that {host} shares with the applications behind the gate, or leave the option out"
    );
    Ok(())
}

/// Whether it consists of labels of letters, digits, hyphens and underscores, separated by dots.
fn is_host_name(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    host.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::Parser as _;

    #[test]
    fn a_public_url_is_normalized_to_its_origin() {
        for (given, own) in [
            ("https://seats.example.org", "https://seats.example.org"),
            ("https://seats.example.org/", "https://seats.example.org"),
            ("HTTPS://Seats.Example.ORG:443/", "https://seats.example.org"),
            ("http://Localhost:8080", "http://localhost:8080"),
            ("https://sitze.bücher.example", "https://sitze.xn--bcher-kva.example"),
            ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
        ] {
            assert_eq!(public_url(given).as_deref(), Ok(own), "{given}");
        }
    }

    #[test]
    fn an_invalid_public_url_is_rejected_with_a_suggestion() {
        for (given, expected) in [
            ("seats.example.org", "give https://seats.example.org (or"),
            ("localhost:8080", "give https://localhost:8080 (or"),
            ("https:seats.example.org", "has no scheme"),
            ("ftp://seats.example.org", "give https://seats.example.org"),
            ("https://", "it is not a URL"),
            ("https://seats.example.org/app", "give https://seats.example.org"),
            ("https://seats.example.org/?a=b", "nothing may follow"),
            ("https://seats.example.org/#a", "nothing may follow"),
            ("https://anna:secret@seats.example.org", "name or password; give https://seats.example.org"),
            ("https://seats..example.org", "not a valid host name"),
            ("https://seats.example.org.", "not a valid host name"),
            ("https://*.example.org", "not a valid host name"),
            ("https://seats example.org", "it is not a URL"),
        ] {
            let message = public_url(given).expect_err(given);
            assert!(message.contains(expected), "{given}: {message}");
            assert!(!message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn a_cookie_domain_that_browsers_reject_is_refused() {
        for domain in ["org", "co.uk", ".co.uk", "github.io", "localhost", "CO.UK"] {
            let message = cookie_domain(domain).expect_err(domain);
            assert!(message.contains("public suffix"), "{domain}: {message}");
        }
        for address in ["192.0.2.10", "2.10", "0.2.10", "[2001:db8::1]"] {
            assert!(cookie_domain(address).expect_err(address).contains("IP address"), "{address}");
        }
        for wrong in ["", "a b.example", "example.org:8080", "https://example.org", "example..org"] {
            assert!(cookie_domain(wrong).expect_err(wrong).contains("is not a domain"), "{wrong}");
        }
        for (given, own) in [
            (".Example.org", "example.org"),
            ("example.co.uk", "example.co.uk"),
            ("bücher.example", "xn--bcher-kva.example"),
        ] {
            assert_eq!(cookie_domain(given).as_deref(), Ok(own));
        }
    }

    #[test]
    fn the_public_url_must_be_within_the_cookie_domain() {
        for (domain, url) in [("example.org", "https://seats.example.org"), ("example.org", "https://example.org:8443")]
        {
            assert!(require_within(domain, url).is_ok(), "{domain} {url}");
        }
        for (domain, url) in [
            ("example.org", "https://seats.example.com"),
            ("example.org", "https://notexample.org"),
            ("seats.example.org", "https://example.org"),
            ("example.org", "https://192.0.2.1"),
        ] {
            let message = require_within(domain, url).expect_err(domain).to_string();
            assert!(message.contains("--cookie-domain") && message.contains("--public-url"), "{message}");
        }
    }

    #[test]
    fn an_error_names_its_option() {
        let error = |arguments: &[&str]| {
            let all = [&["seatkeeper", "serve"], arguments].concat();
            Cli::try_parse_from(all).expect_err("the options are invalid").to_string()
        };
        assert!(error(&["--public-url", "seats.example.org"]).contains("'--public-url"));
        let both = ["--public-url", "https://seats.example.co.uk", "--cookie-domain", "co.uk"];
        assert!(error(&both).contains("'--cookie-domain"));
    }
}
