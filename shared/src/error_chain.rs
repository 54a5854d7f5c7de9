//! Formats an error and its causes on one line, without repetition.

use std::error::Error;

/// Joins the messages of an error and its causes with colons. Many errors include their cause in their own message and
/// also return it as `source`, so a message that is already contained is skipped.
pub fn error_chain(error: &(dyn Error + 'static)) -> String {
    let mut parts = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        add(&mut parts, cause.to_string());
        next = cause.source();
    }
    parts.join(": ")
}

fn add(parts: &mut Vec<String>, cause: String) {
    if parts.iter().any(|part| part.contains(&cause)) {
        return;
    }
    match parts.last_mut() {
        // The cause contains the previous message and more.
        Some(last) if cause.contains(&**last) => *last = cause,
        _ => parts.push(cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[derive(Debug, thiserror::Error)]
    enum TestError {
        #[error("cannot open x: {source}")]
        IncludesCause { source: io::Error },
        #[error("cannot open x")]
        HasCause { source: io::Error },
        #[error(transparent)]
        Same(#[from] io::Error),
        #[error("cannot begin ({0})")]
        Wraps(#[source] Box<TestError>),
        #[error("gone")]
        PrefixOfCause { source: io::Error },
    }

    #[test]
    fn each_cause_appears_once() {
        let gone = || io::Error::other("gone forever");
        for (error, expected) in [
            (TestError::IncludesCause { source: gone() }, "cannot open x: gone forever"),
            (TestError::HasCause { source: gone() }, "cannot open x: gone forever"),
            (TestError::Same(gone()), "gone forever"),
            (
                TestError::Wraps(Box::new(TestError::IncludesCause { source: gone() })),
                "cannot begin (cannot open x: gone forever)",
            ),
            (
                TestError::Wraps(Box::new(TestError::HasCause { source: gone() })),
                "cannot begin (cannot open x): gone forever",
            ),
            (TestError::PrefixOfCause { source: gone() }, "gone forever"),
        ] {
            assert_eq!(error_chain(&error), expected, "{error:?}");
        }
    }
}
