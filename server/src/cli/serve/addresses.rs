//! The addresses that an operator gives: where browsers reach the server, and the domain of its cookie. What browsers would not
//! take is said at the start, not by sign-ins that do not last.

use openidconnect::url::{Host, Url};

/// Where browsers reach the server, as browsers write it: `https://seats.example.org`, without a slash at its end.
///
/// # Errors
/// What is wrong with it, and what to give instead.
pub fn public_url(text: &str) -> Result<String, String> {
    let text = text.trim();
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(format!("it does not say how browsers reach the server; give https://{text} (or http://{text})"));
    };
    if !["http", "https"].iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
        return Err(format!("browsers do not reach a server by {scheme}; give https://{rest}"));
    }
    let url = Url::parse(text).map_err(|wrong| format!("it is no address ({wrong}); give for example {EXAMPLE}"))?;
    let own = url.origin().ascii_serialization();
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("it must not have a name or password in it; give {own}"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(format!("Seatkeeper is served at the root of a host, so nothing may follow the host; give {own}"));
    }
    if let Some(host) = url.domain().filter(|host| !is_name(host)) {
        return Err(format!("{host} is not the name of a host; give for example {EXAMPLE}"));
    }
    Ok(own)
}

const EXAMPLE: &str = "https://seats.example.org";

/// The domain of the cookie, as browsers write it.
///
/// # Errors
/// What is wrong with it, and what to give instead.
pub fn cookie_domain(text: &str) -> Result<String, String> {
    let text = text.trim().trim_start_matches('.');
    let host = Host::parse(text).map_err(|_| format!("{text} is not a domain; give for example example.org"))?;
    let Host::Domain(domain) = host else {
        return Err("browsers know no domains of IP addresses; leave the option out".to_owned());
    };
    if !is_name(&domain) {
        return Err(format!("{text} is not a domain; give for example example.org"));
    }
    if psl::suffix_str(&domain) == Some(&*domain) {
        return Err(format!(
            "{domain} belongs to everybody (it is a public suffix), so browsers take no cookie for it; give the domain that is yours, \
             for example example.{domain}"
        ));
    }
    Ok(domain)
}

/// The domain, if the server is in it. Browsers would refuse any other one, and nobody could sign in.
///
/// # Errors
/// It is not.
pub fn within(domain: &str, public_url: &str) -> anyhow::Result<()> {
    let url = Url::parse(public_url)?;
    let host = url.host_str().unwrap_or_default();
    let is_within =
        url.domain().is_some() && (host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')));
    anyhow::ensure!(
        is_within,
        "--cookie-domain {domain} is not a domain of {host}, the host of --public-url: browsers would not keep the cookie. Give the \
         domain that {host} shares with the applications behind the gate, or leave the option out"
    );
    Ok(())
}

/// Labels of letters, digits, hyphens and underscores, with dots between.
fn is_name(host: &str) -> bool {
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
    fn a_public_url_is_written_as_browsers_write_it() {
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
    fn a_public_url_that_cannot_work_is_refused_with_the_way_out() {
        for (given, says) in [
            ("seats.example.org", "give https://seats.example.org (or"),
            ("localhost:8080", "give https://localhost:8080 (or"),
            ("https:seats.example.org", "does not say how"),
            ("ftp://seats.example.org", "give https://seats.example.org"),
            ("https://", "it is no address"),
            ("https://seats.example.org/app", "give https://seats.example.org"),
            ("https://seats.example.org/?a=b", "nothing may follow"),
            ("https://seats.example.org/#a", "nothing may follow"),
            ("https://anna:secret@seats.example.org", "name or password in it; give https://seats.example.org"),
            ("https://seats..example.org", "not the name of a host"),
            ("https://seats.example.org.", "not the name of a host"),
            ("https://*.example.org", "not the name of a host"),
            ("https://seats example.org", "it is no address"),
        ] {
            let said = public_url(given).expect_err(given);
            assert!(said.contains(says), "{given}: {said}");
            assert!(!said.contains("secret"), "{said}");
        }
    }

    #[test]
    fn a_cookie_domain_that_no_browser_takes_is_refused() {
        for domain in ["org", "co.uk", ".co.uk", "github.io", "localhost", "CO.UK"] {
            let said = cookie_domain(domain).expect_err(domain);
            assert!(said.contains("public suffix"), "{domain}: {said}");
        }
        for address in ["192.0.2.10", "2.10", "0.2.10", "[2001:db8::1]"] {
            assert!(cookie_domain(address).expect_err(address).contains("IP addresses"), "{address}");
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
    fn the_server_must_be_in_the_domain_of_its_cookie() {
        for (domain, url) in [("example.org", "https://seats.example.org"), ("example.org", "https://example.org:8443")]
        {
            assert!(within(domain, url).is_ok(), "{domain} {url}");
        }
        for (domain, url) in [
            ("example.org", "https://seats.example.com"),
            ("example.org", "https://notexample.org"),
            ("seats.example.org", "https://example.org"),
            ("example.org", "https://192.0.2.1"),
        ] {
            let said = within(domain, url).expect_err(domain).to_string();
            assert!(said.contains("--cookie-domain") && said.contains("--public-url"), "{said}");
        }
    }

    #[test]
    fn what_is_wrong_names_the_option() {
        let says = |arguments: &[&str]| {
            let all = [&["seatkeeper", "serve"], arguments].concat();
            Cli::try_parse_from(all).expect_err("it cannot work").to_string()
        };
        assert!(says(&["--public-url", "seats.example.org"]).contains("'--public-url"));
        let both = ["--public-url", "https://seats.example.co.uk", "--cookie-domain", "co.uk"];
        assert!(says(&both).contains("'--cookie-domain"));
    }
}
