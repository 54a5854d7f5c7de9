//! Spans of time as people type and read them: `90s`, `5m`, `2h`.

use std::time::Duration;

/// Reads a span; a bare number is seconds.
///
/// # Errors
/// It is none, or longer than 30 days.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("\"{text}\" is no span of time: write 90s, 5m or 2h, 30 days at most");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let seconds = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).ok_or_else(wrong)?;
    if seconds > 30 * 86_400 { Err(wrong()) } else { Ok(Duration::from_secs(seconds)) }
}

/// A span as people read it, no finer than they need.
pub fn words(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..=99 => format!("{seconds} s"),
        100..=5_999 => format!("{} min", (seconds + 30) / 60),
        6_000..=172_799 => format!("{} h", (seconds + 1_800) / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_they_are_typed() {
        let seconds = |text| parse(text).map(|span| span.as_secs());
        assert_eq!(
            ["0", "90", "90s", "5m", "2h", "30d"].map(seconds),
            [Ok(0), Ok(90), Ok(90), Ok(300), Ok(7_200), Ok(2_592_000)]
        );
        for bad in ["", "m", "-5m", "5 m", "5x", "1.5h", "31d", "99999999999999999999", "5mm", "ü"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn spans_are_shown_no_finer_than_needed() {
        let shown = [40, 150, 5_400, 7_200, 259_200].map(|seconds| words(Duration::from_secs(seconds)));
        assert_eq!(shown, ["40 s", "3 min", "90 min", "2 h", "3 days"]);
    }
}
