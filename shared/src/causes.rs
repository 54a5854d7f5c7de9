//! An error and its causes in one line, each said once.

use std::error::Error;

/// The error and what caused it, with colons between. Many types name their cause themselves and hand it out as well, so what has
/// been said is not said again.
pub fn causes(error: &(dyn Error + 'static)) -> String {
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
        // It says the same and more.
        Some(last) if cause.contains(&**last) => *last = cause,
        _ => parts.push(cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[derive(Debug, thiserror::Error)]
    enum Wrong {
        #[error("cannot open x: {source}")]
        SaysItsCause { source: io::Error },
        #[error("cannot open x")]
        HasACause { source: io::Error },
        #[error(transparent)]
        Same(#[from] io::Error),
        #[error("cannot begin ({0})")]
        Around(#[source] Box<Wrong>),
        #[error("gone")]
        SaysLess { source: io::Error },
    }

    #[test]
    fn each_cause_is_said_once() {
        let gone = || io::Error::other("gone for ever");
        for (error, said) in [
            (Wrong::SaysItsCause { source: gone() }, "cannot open x: gone for ever"),
            (Wrong::HasACause { source: gone() }, "cannot open x: gone for ever"),
            (Wrong::Same(gone()), "gone for ever"),
            (
                Wrong::Around(Box::new(Wrong::SaysItsCause { source: gone() })),
                "cannot begin (cannot open x: gone for ever)",
            ),
            (
                Wrong::Around(Box::new(Wrong::HasACause { source: gone() })),
                "cannot begin (cannot open x): gone for ever",
            ),
            (Wrong::SaysLess { source: gone() }, "gone for ever"),
        ] {
            assert_eq!(causes(&error), said, "{error:?}");
        }
    }
}
