//! Repeating what may be repeated.

use crate::ClientError;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The first pause.
const FIRST: Duration = Duration::from_millis(100);
/// The longest one.
const LONGEST: Duration = Duration::from_secs(5);

/// Tries a call until it succeeds, fails for good, or patience is over; and whether it took more than one try.
///
/// Only for calls that do no more when done twice. The pauses double, and each is between half and whole, so that those whom
/// a server lost at the same moment do not come back at the same moment.
pub async fn repeat<T, F>(patience: Duration, call: impl Fn() -> F) -> Result<(T, bool), ClientError>
where
    F: Future<Output = Result<T, ClientError>>,
{
    let until = Instant::now() + patience;
    let mut chance = StdRng::from_os_rng();
    let (mut pause, mut again) = (FIRST, false);
    loop {
        let error = match call().await {
            Ok(answer) => return Ok((answer, again)),
            Err(error) => error,
        };
        let this = pause.mul_f64(chance.random_range(0.5..=1.0));
        if !error.passes() || Instant::now() + this > until {
            return Err(error);
        }
        sleep(this).await;
        pause = LONGEST.min(pause * 2);
        again = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::problem::{Code, Problem};
    use std::cell::Cell;

    fn no(code: Code) -> ClientError {
        ClientError::Problem(Box::new(Problem::new(code)))
    }

    #[tokio::test]
    async fn what_passes_is_tried_again_until_patience_is_over() {
        let tries = Cell::new(0);
        let call = || {
            tries.set(tries.get() + 1);
            let tried = tries.get();
            async move { if tried < 4 { Err(no(Code::Unavailable)) } else { Ok(tried) } }
        };
        assert_eq!(repeat(Duration::from_secs(1), call).await.expect("the fourth succeeds"), (4, true));
        tries.set(-1_000);
        let since = Instant::now();
        assert_eq!(repeat(Duration::from_secs(1), call).await.expect_err("too long").code(), Some(Code::Unavailable));
        assert!(since.elapsed() <= Duration::from_secs(1));
    }

    #[tokio::test]
    async fn a_refusal_is_final() {
        let tries = Cell::new(0);
        let call = || {
            tries.set(tries.get() + 1);
            async { Err::<(), _>(no(Code::PoolFull)) }
        };
        repeat(Duration::from_secs(1), call).await.expect_err("it is refused");
        assert_eq!(tries.get(), 1);
    }
}
