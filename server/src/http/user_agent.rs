//! Parses the `User-Agent` header into short names, by which users recognise their sign-ins.

use seatkeeper_shared::session::Platform;

/// The browser and its system, as in "Firefox · Windows"; `None` if neither is recognised. The result contains known
/// names only, never text from the header.
pub fn browser_and_system(user_agent: &str) -> Option<String> {
    // The order matters: most browsers also name the browsers that they derive from.
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
    let find = |patterns: &[(&str, &'static str)]| {
        patterns.iter().find(|(pattern, _)| user_agent.contains(pattern)).map(|(_, name)| *name)
    };
    match (find(&browsers), find(&systems)) {
        (Some(browser), Some(system)) => Some(format!("{browser} · {system}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}

/// The platform, if recognised. iPads identify as Macs.
pub fn platform(user_agent: &str) -> Option<Platform> {
    // The order matters: Android also names Linux, and iOS names Mac OS X.
    let patterns = [
        ("Android", Platform::Android),
        ("iPhone", Platform::Ios),
        ("iPad", Platform::Ios),
        ("iPod", Platform::Ios),
        ("Windows", Platform::Windows),
        ("Mac OS", Platform::Mac),
        ("Linux", Platform::Linux),
        ("CrOS", Platform::Linux),
    ];
    patterns.into_iter().find(|(pattern, _)| user_agent.contains(pattern)).map(|(_, platform)| platform)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_browsers_are_recognised_and_unknown_text_is_dropped() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0";
        assert_eq!(browser_and_system(edge).as_deref(), Some("Edge · Windows"));
        let phone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1 Version/17.0 Mobile Safari/604.1";
        assert_eq!(browser_and_system(phone).as_deref(), Some("Safari · iPhone"));
        assert_eq!(browser_and_system("<script>alert(1)</script>"), None);
    }

    #[test]
    fn platforms_are_recognised() {
        for (user_agent, platform) in [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36", Some(Platform::Windows)),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15", Some(Platform::Mac)),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15", Some(Platform::Ios)),
            ("Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36", Some(Platform::Android)),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Some(Platform::Linux)),
            ("curl/8.5.0", None),
        ] {
            assert_eq!(super::platform(user_agent), platform, "{user_agent}");
        }
    }
}
