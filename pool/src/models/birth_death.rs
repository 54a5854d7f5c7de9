//! Birth-death chains: the share of time with each number of people, from the rates at which one comes and one goes.

use super::ModelError;

/// The longest queue that is computed.
const MAX_STATES: usize = 10_000_000;
/// Logarithm of a share, relative to the largest one, below which the rest of an endless chain is left out. It is less
/// than the rounding error of the sum.
const NEGLIGIBLE_LN: f64 = -50.0;

/// The share of time with 0, 1, 2, … people. `birth(k)` is the rate at which one more comes while there are k, 0 if
/// nobody can; `death(k)` is the rate at which one of k goes. The shares are multiplied as logarithms, so that neither
/// huge nor tiny ones overflow.
///
/// # Errors
/// Returns an error if the chain does not come to an end that can be computed.
pub fn shares(birth: impl Fn(f64) -> f64, death: impl Fn(f64) -> f64) -> Result<Vec<f64>, ModelError> {
    let (mut logs, mut largest) = (vec![0.0_f64], 0.0_f64);
    for count in 0..MAX_STATES {
        let people = count as f64;
        let coming = birth(people);
        if coming <= 0.0 {
            return Ok(normalized(&logs, largest));
        }
        let log = logs[count] + coming.ln() - death(people + 1.0).ln();
        if log - largest < NEGLIGIBLE_LN && coming < death(people + 1.0) {
            return Ok(normalized(&logs, largest));
        }
        largest = largest.max(log);
        logs.push(log);
    }
    Err(ModelError::TooLarge)
}

fn normalized(logs: &[f64], largest: f64) -> Vec<f64> {
    let mut shares: Vec<f64> = logs.iter().map(|log| (log - largest).exp()).collect();
    let sum: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= sum);
    shares
}

#[cfg(test)]
mod tests {
    use super::{super::assert_near, *};

    #[test]
    fn equal_rates_give_equal_shares() {
        let found = shares(|people| if people < 3.0 { 2.0 } else { 0.0 }, |_| 2.0).unwrap();
        assert_eq!(found, [0.25; 4]);
    }

    #[test]
    fn departures_in_proportion_give_poisson() {
        let found = shares(|_| 4.0, |people| people).unwrap();
        let poisson = |k: u32| (1..=k).fold((-4.0_f64).exp(), |term, i| term * 4.0 / f64::from(i));
        for k in 0..20 {
            assert_near(found[k as usize], poisson(k), 1e-14);
        }
    }

    #[test]
    fn a_chain_that_grows_for_ever_is_an_error() {
        assert_eq!(shares(|_| 2.0, |_| 1.0), Err(ModelError::TooLarge));
    }
}
