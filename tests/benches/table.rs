//! What was measured beside what is demanded.

use std::fmt;

/// What is demanded of a number.
#[derive(Clone, Copy)]
pub enum Demand {
    /// A ratio, at least this.
    AtLeast(f64),
    /// A ratio, at most this.
    AtMost(f64),
    /// A quantity in a unit, less than this.
    Below(f64, &'static str),
    /// Nothing of this may happen.
    None,
}

struct Row {
    name: String,
    measured: f64,
    demand: Demand,
    /// The absolute numbers, which drift from machine to machine.
    beside: String,
}

/// The table, whose rows are printed as they are measured: the whole takes minutes.
#[derive(Default)]
pub struct Table {
    /// How many numbers are not as demanded.
    pub missed: usize,
}

impl Table {
    /// Begins what belongs together.
    pub fn begin(&self, what: &str) {
        println!("\n{what:<46} {:>10}  {:<12} {:<6}  beside it", "measured", "demanded", "");
    }

    /// Adds a number.
    pub fn add(&mut self, name: impl Into<String>, measured: f64, demand: Demand, beside: impl Into<String>) {
        let row = Row { name: name.into(), measured, demand, beside: beside.into() };
        println!("{row}");
        self.missed += usize::from(!demand.is_met_by(measured));
    }
}

impl Demand {
    /// What could not be measured is missed.
    fn is_met_by(self, measured: f64) -> bool {
        measured.is_finite()
            && match self {
                Self::AtLeast(least) => measured >= least,
                Self::AtMost(most) => measured <= most,
                Self::Below(bound, _) => measured < bound,
                Self::None => measured == 0.0,
            }
    }

    fn shown(self, measured: f64) -> String {
        match self {
            Self::AtLeast(_) | Self::AtMost(_) => format!("{measured:.2} x"),
            Self::Below(_, unit) => format!("{measured:.0} {unit}"),
            Self::None => format!("{measured:.0}"),
        }
    }
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::AtLeast(least) => format!(">= {least:.2} x"),
            Self::AtMost(most) => format!("<= {most:.2} x"),
            Self::Below(bound, unit) => format!("< {bound:.0} {unit}"),
            Self::None => "0".to_owned(),
        };
        f.pad(&text)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.demand.is_met_by(self.measured) { "ok" } else { "MISSED" };
        let measured = self.demand.shown(self.measured);
        let line = format!("  {:<44} {measured:>10}  {:<12} {verdict:<6}  {}", self.name, self.demand, self.beside);
        f.write_str(line.trim_end())
    }
}
