//! Recognizes common passwords. The list is short, because it is part of the app.

/// The words that common passwords consist of, possibly followed by digits and punctuation.
const WORDS: &str = "
    password passwort passw0rd p@ssw0rd p@ssword kennwort geheim secret letmein welcome willkommen hallo hello admin
    administrator root login master changeme changeit default test testtest demo user benutzer guest gast qwerty
    qwertz qwertyuiop qwertzuiop qwertyuiopas qwertzuiopue asdf asdfgh asdfghjkl asdfghjkloe yxcvbnm zxcvbnm
    1qaz2wsx 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y qazwsx qazwsxedc iloveyou ichliebedich schatz liebling sunshine
    princess dragon monkey football fussball baseball superman batman starwars pokemon shadow michael jordan
    jennifer hunter hunter2 trustno1 whatever computer internet sommer winter summer spring fruehling herbst autumn
    januar january deutschland germany berlin hamburg muenchen schalke bayern borussia mustang charlie ginger killer
    pepper thomas daniel michelle andreas stefan sabine abcdef abcdefg abcdefgh abcdefghij abcdefghijkl abc abcd
    seatkeeper license lizenz support teamviewer anydesk correcthorsebatterystaple";

/// Whether a password is common: a listed word with digits and punctuation after it, a sequence of digits, or a
/// repetition of a few characters.
pub fn is_common(password: &str) -> bool {
    let lower = password.to_lowercase();
    let bare = lower.trim_end_matches(|c: char| c.is_ascii_digit() || c.is_ascii_punctuation());
    let listed = WORDS.split_whitespace().any(|word| word == bare || word == lower);
    listed || bare.is_empty() && is_run(&lower) || is_repeated(&lower)
}

/// Consecutive digits, ascending or descending: `1234567890`, `987654321`.
fn is_run(text: &str) -> bool {
    let digits: Vec<i32> = text.chars().filter_map(|c| c.to_digit(10)).filter_map(|d| d.try_into().ok()).collect();
    let steps = |by: i32| digits.windows(2).all(|pair| (pair[1] - pair[0]).rem_euclid(10) == by);
    digits.len() > 1 && (steps(1) || steps(9))
}

/// A repetition of one to four characters.
fn is_repeated(text: &str) -> bool {
    let all: Vec<char> = text.chars().collect();
    (1..=4.min(all.len() / 2)).any(|n| all.iter().enumerate().all(|(at, c)| *c == all[at % n]))
}
