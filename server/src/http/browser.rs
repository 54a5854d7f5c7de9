//! What a browser says of itself, in few words, so that people recognise where they are signed in.

use seatkeeper_shared::session::Platform;

/// The browser and its system, as in "Firefox · Windows"; nothing if the header names neither. Only known words come out of it:
/// what a stranger writes into the header is shown to nobody.
pub fn named(user_agent: &str) -> Option<String> {
    // The order matters: most browsers also name those that they descend from.
    let browsers = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox", "Firefox"),
        ("FxiOS", "Firefox"),
        ("CriOS", "Chrome"),
        ("Chromium", "Chromium"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
        ("curl", "curl"),
    ];
    let systems = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("CrOS", "ChromeOS"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ];
    let find = |words: &[(&str, &'static str)]| {
        words.iter().find(|(word, _)| user_agent.contains(word)).map(|(_, name)| *name)
    };
    match (find(&browsers), find(&systems)) {
        (Some(browser), Some(system)) => Some(format!("{browser} · {system}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}

/// What a browser runs on, as far as it says so. An iPad says that it is a Mac.
pub fn platform(user_agent: &str) -> Option<Platform> {
    // Android says Linux too, and iOS says Mac OS X.
    let signs = [
        ("Android", Platform::Android),
        ("iPhone", Platform::Ios),
        ("iPad", Platform::Ios),
        ("iPod", Platform::Ios),
        ("Windows", Platform::Windows),
        ("Mac OS", Platform::Mac),
        ("Linux", Platform::Linux),
        ("CrOS", Platform::Linux),
    ];
    signs.into_iter().find(|(sign, _)| user_agent.contains(sign)).map(|(_, platform)| platform)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_recognised_and_nothing_strange_is_repeated() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0";
        assert_eq!(named(edge).as_deref(), Some("Edge · Windows"));
        let phone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1 Version/17.0 Mobile Safari/604.1";
        assert_eq!(named(phone).as_deref(), Some("Safari · iPhone"));
        assert_eq!(named("<script>alert(1)</script>"), None);
    }

    #[test]
    fn what_it_runs_on_is_recognised() {
        for (said, platform) in [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36", Some(Platform::Windows)),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15", Some(Platform::Mac)),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15", Some(Platform::Ios)),
            ("Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36", Some(Platform::Android)),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Some(Platform::Linux)),
            ("curl/8.5.0", None),
        ] {
            assert_eq!(super::platform(said), platform, "{said}");
        }
    }
}
