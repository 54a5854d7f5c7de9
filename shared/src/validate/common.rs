//! The passwords that are tried first. A short list: it stops the worst, and travels with the app.

/// What most of them begin with; digits and signs at the end make them no better.
const WORDS: &str = "
    password passwort passw0rd p@ssw0rd p@ssword kennwort geheim secret letmein welcome willkommen hallo hello admin administrator root
    login master changeme changeit default test testtest demo user benutzer guest gast qwerty qwertz qwertyuiop qwertzuiop
    qwertyuiopas qwertzuiopue asdf asdfgh asdfghjkl asdfghjkloe yxcvbnm zxcvbnm 1qaz2wsx 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y qazwsx qazwsxedc
    iloveyou ichliebedich schatz liebling sunshine princess dragon monkey football fussball baseball superman batman starwars
    pokemon shadow michael jordan jennifer hunter hunter2 trustno1 whatever computer internet sommer winter summer spring fruehling
    herbst autumn januar january deutschland germany berlin hamburg muenchen schalke bayern borussia mustang charlie ginger
    killer pepper thomas daniel michelle andreas stefan sabine abcdef abcdefg abcdefgh abcdefghij abcdefghijkl abc abcd
    seatkeeper license lizenz support teamviewer anydesk correcthorsebatterystaple";

/// Whether this is one of the first that are tried: a word of the list with digits and signs behind it, a run of keys or digits,
/// or the same few characters again and again.
pub fn is(password: &str) -> bool {
    let lower = password.to_lowercase();
    let bare = lower.trim_end_matches(|c: char| c.is_ascii_digit() || c.is_ascii_punctuation());
    let listed = WORDS.split_whitespace().any(|word| word == bare || word == lower);
    listed || bare.is_empty() && is_run(&lower) || is_repeated(&lower)
}

/// Digits that go up or down, as `1234567890` or `987654321`.
fn is_run(text: &str) -> bool {
    let digits: Vec<i32> = text.chars().filter_map(|c| c.to_digit(10)).filter_map(|d| d.try_into().ok()).collect();
    let steps = |by: i32| digits.windows(2).all(|pair| (pair[1] - pair[0]).rem_euclid(10) == by);
    digits.len() > 1 && (steps(1) || steps(9))
}

/// One to four characters again and again.
fn is_repeated(text: &str) -> bool {
    let all: Vec<char> = text.chars().collect();
    (1..=4.min(all.len() / 2)).any(|n| all.iter().enumerate().all(|(at, c)| *c == all[at % n]))
}
