//! Quantiles of Student's t-distribution.

/// The value that a variable with Student's t-distribution does not exceed with this probability. `None` unless the
/// probability is from 0.5 to below 1 and there is a degree of freedom at least.
///
/// The distribution function is `1 - I(ν / (ν + t²); ν/2, 1/2) / 2` with the regularized incomplete beta function
/// (Abramowitz and Stegun, 26.7.1), which is inverted by bisection.
pub fn quantile(probability: f64, degrees: f64) -> Option<f64> {
    if !(0.5..1.0).contains(&probability) || !degrees.is_finite() || degrees < 1.0 {
        return None;
    }
    let is_below = |t: f64| 1.0 - incomplete_beta(degrees / (degrees + t * t), degrees / 2.0, 0.5) / 2.0 < probability;
    let mut high = 1.0;
    while is_below(high) && high < 1e300 {
        high *= 2.0;
    }
    let mut low = 0.0;
    // Each step gives one more of the 53 binary digits.
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if is_below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(f64::midpoint(low, high))
}

/// The regularized incomplete beta function I(x; a, b), by its continued fraction (Abramowitz and Stegun, 26.5.8).
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    // The fraction converges fast only on this side of the mean.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let log = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln();
    log.exp() / a / fraction(x, a, b)
}

/// 1 + d₁x/(1 + d₂x/(1 + …)), evaluated from its end.
fn fraction(x: f64, a: f64, b: f64) -> f64 {
    const TERMS: u32 = 200;
    (1..=TERMS).rev().fold(1.0, |rest, term| {
        let m = f64::from(term / 2);
        let factor = if term % 2 == 0 {
            m * (b - m) / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        1.0 + factor * x / rest
    })
}

/// The logarithm of the gamma function for positive numbers, by Stirling's series after shifting the argument up.
fn ln_gamma(x: f64) -> f64 {
    if x < 15.0 {
        return ln_gamma(x + 1.0) - x.ln();
    }
    let series = 1.0 / (12.0 * x) - 1.0 / (360.0 * x.powi(3)) + 1.0 / (1_260.0 * x.powi(5));
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From printed tables.
    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (probability, degrees, expected) in [
            (0.975, 1.0, 12.706_2),
            (0.95, 5.0, 2.015_05),
            (0.975, 10.0, 2.228_14),
            (0.995, 3.0, 5.840_91),
            (0.95, 30.0, 1.697_26),
            (0.975, 120.0, 1.979_93),
            (0.975, 1e6, 1.959_97),
        ] {
            let found = quantile(probability, degrees).unwrap();
            assert!((found - expected).abs() < 1e-4 * expected, "{probability} {degrees}: {found}");
        }
        assert!(quantile(0.5, 7.0).unwrap().abs() < 1e-9);
    }

    #[test]
    fn one_degree_of_freedom_is_the_cauchy_distribution() {
        for probability in [0.6, 0.75, 0.9, 0.999] {
            let expected = (std::f64::consts::PI * (probability - 0.5)).tan();
            assert!((quantile(probability, 1.0).unwrap() - expected).abs() < 1e-8 * expected);
        }
    }

    #[test]
    fn nonsense_has_no_quantile() {
        for probability in [f64::NAN, 0.0, 0.4, 1.0, 2.0] {
            assert_eq!(quantile(probability, 5.0), None);
        }
        for degrees in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
            assert_eq!(quantile(0.9, degrees), None);
        }
    }
}
