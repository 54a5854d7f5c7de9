//! The table of measured values and their limits.

use std::fmt;

/// The limit of a measured value.
#[derive(Clone, Copy)]
pub enum Limit {
    /// A ratio, at least this.
    AtLeast(f64),
    /// A ratio, at most this.
    AtMost(f64),
    /// A quantity in a unit, less than this.
    Below(f64, &'static str),
    /// A count that must be zero.
    Zero,
}

struct Row {
    name: String,
    measured: f64,
    limit: Limit,
    /// The absolute numbers, which differ between machines.
    details: String,
}

/// Prints each row as soon as it is measured, because the whole run takes minutes.
#[derive(Default)]
pub struct Table {
    /// The number of missed limits.
    pub missed: usize,
}

impl Table {
    /// Prints the header of a section.
    pub fn begin(&self, title: &str) {
        println!("\n{title:<46} {:>10}  {:<12} {:<6}  details", "measured", "limit", "");
    }

    /// Adds a measured value.
    pub fn add(&mut self, name: impl Into<String>, measured: f64, limit: Limit, details: impl Into<String>) {
        let row = Row { name: name.into(), measured, limit, details: details.into() };
        println!("{row}");
        self.missed += usize::from(!limit.is_met_by(measured));
    }
}

impl Limit {
    /// Whether a value is within the limit; a value that could not be measured (NaN) is not.
    fn is_met_by(self, measured: f64) -> bool {
        measured.is_finite()
            && match self {
                Self::AtLeast(least) => measured >= least,
                Self::AtMost(most) => measured <= most,
                Self::Below(bound, _) => measured < bound,
                Self::Zero => measured == 0.0,
            }
    }

    fn formatted(self, measured: f64) -> String {
        match self {
            Self::AtLeast(_) | Self::AtMost(_) => format!("{measured:.2} x"),
            Self::Below(_, unit) => format!("{measured:.0} {unit}"),
            Self::Zero => format!("{measured:.0}"),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::AtLeast(least) => format!(">= {least:.2} x"),
            Self::AtMost(most) => format!("<= {most:.2} x"),
            Self::Below(bound, unit) => format!("< {bound:.0} {unit}"),
            Self::Zero => "0".to_owned(),
        };
        f.pad(&text)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.limit.is_met_by(self.measured) { "ok" } else { "MISSED" };
        let measured = self.limit.formatted(self.measured);
        let line = format!("  {:<44} {measured:>10}  {:<12} {verdict:<6}  {}", self.name, self.limit, self.details);
        f.write_str(line.trim_end())
    }
}
