//! Retries with exponential backoff and jitter.

use crate::ClientError;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The delay before the first retry.
const FIRST_DELAY: Duration = Duration::from_millis(100);
/// The longest delay between retries.
const MAX_DELAY: Duration = Duration::from_secs(5);

/// The answer to a call that may have been repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retried<T> {
    pub answer: T,
    /// Whether there was more than one attempt.
    pub was_repeated: bool,
}

/// Retries a call until it succeeds, fails permanently, or the timeout is over.
///
/// Only for idempotent calls. The delays double, and each is randomized to between 50 and 100 percent, so that clients
/// which lost their server at the same moment do not all return at the same moment.
pub async fn retry<T, F>(timeout: Duration, call: impl Fn() -> F) -> Result<Retried<T>, ClientError>
where
    F: Future<Output = Result<T, ClientError>>,
{
    let until = Instant::now() + timeout;
    let mut random = StdRng::from_os_rng();
    let (mut delay, mut was_repeated) = (FIRST_DELAY, false);
    loop {
        let error = match call().await {
            Ok(answer) => return Ok(Retried { answer, was_repeated }),
            Err(error) => error,
        };
        let jittered = delay.mul_f64(random.random_range(0.5..=1.0));
        if !error.is_transient() || Instant::now() + jittered > until {
            return Err(error);
        }
        sleep(jittered).await;
        delay = MAX_DELAY.min(delay * 2);
        was_repeated = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::problem::{Code, Problem};
    use std::cell::Cell;

    fn problem(code: Code) -> ClientError {
        ClientError::Problem(Box::new(Problem::new(code)))
    }

    #[tokio::test]
    async fn a_transient_error_is_retried_until_the_timeout() {
        let tries = Cell::new(0);
        let call = || {
            tries.set(tries.get() + 1);
            let tried = tries.get();
            async move { if tried < 4 { Err(problem(Code::Unavailable)) } else { Ok(tried) } }
        };
        let fourth = Retried { answer: 4, was_repeated: true };
        assert_eq!(retry(Duration::from_secs(1), call).await.expect("the fourth succeeds"), fourth);
        tries.set(-1_000);
        let since = Instant::now();
        assert_eq!(retry(Duration::from_secs(1), call).await.expect_err("too long").code(), Some(Code::Unavailable));
        assert!(since.elapsed() <= Duration::from_secs(1));
    }

    #[tokio::test]
    async fn a_refusal_is_final() {
        let tries = Cell::new(0);
        let call = || {
            tries.set(tries.get() + 1);
            async { Err::<(), _>(problem(Code::PoolFull)) }
        };
        retry(Duration::from_secs(1), call).await.expect_err("it is refused");
        assert_eq!(tries.get(), 1);
    }
}
