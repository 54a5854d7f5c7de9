//! Durations as users type and read them: `90s`, `5m`, `2h`.

use std::time::Duration;

/// Parses a duration; a bare number is seconds.
///
/// # Errors
/// Returns an error if the text is not a duration, or longer than 30 days.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("\"{text}\" is not a duration: write 90s, 5m or 2h, 30 days at most");
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

/// Formats a duration, rounded to a precision that suits its length.
pub fn format(duration: Duration) -> String {
    let seconds = duration.as_secs();
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
    fn durations_are_parsed() {
        let seconds = |text| parse(text).map(|duration| duration.as_secs());
        assert_eq!(
            ["0", "90", "90s", "5m", "2h", "30d"].map(seconds),
            [Ok(0), Ok(90), Ok(90), Ok(300), Ok(7_200), Ok(2_592_000)]
        );
        for bad in ["", "m", "-5m", "5 m", "5x", "1.5h", "31d", "99999999999999999999", "5mm", "ü"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_are_formatted_with_a_suitable_precision() {
        let shown = [40, 150, 5_400, 7_200, 259_200].map(|seconds| format(Duration::from_secs(seconds)));
        assert_eq!(shown, ["40 s", "3 min", "90 min", "2 h", "3 days"]);
    }
}
