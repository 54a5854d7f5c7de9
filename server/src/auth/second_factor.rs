//! The second factor: codes by the time (TOTP, RFC 6238: SHA-1, six digits, thirty seconds, which all apps understand), and
//! recovery codes for those who lost the app.

use super::{secret, tries::Try};
use crate::{
    app::App,
    db::{DbError, Tx},
    secrets::Place,
    store::{
        self,
        second_factors::{Factor, Held},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use qrcode::{EcLevel, QrCode, render::svg};
use seatkeeper_shared::{ids::UserId, wire::second_factor::SecondFactorNeeded};
use totp_rs::{Algorithm, Builder, Secret, Totp};

/// How many recovery codes somebody gets.
const CODES: usize = 10;
/// How long somebody may look for his phone.
const PATIENCE: TimeDelta = TimeDelta::minutes(5);

/// Lets the sign-in of a user whose password is not enough wait for what he holds, in this transaction: what he has to show, and
/// within what time.
///
/// # Errors
/// Not saved.
pub async fn ask(app: &App, mut tx: Tx, user: UserId, held: Held) -> Result<SecondFactorNeeded, DbError> {
    let (now, challenge) = (app.clock.now(), app.dice.secret());
    let expires_at = now + PATIENCE;
    store::second_factors::insert_challenge(&mut tx, &secret::hash(&challenge), user, now, expires_at).await?;
    tx.commit().await?;
    Ok(SecondFactorNeeded { challenge, expires_at, code: held.code, passkey: held.passkey })
}

/// The codes of this secret. One step before and after the present one is good, too: clocks differ.
fn codes(secret: &str) -> Option<Totp> {
    let secret = Secret::try_from_base32(secret).ok()?;
    let codes = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_skew(1).with_step_duration(30);
    codes.with_secret(secret).build().ok()
}

/// A new secret of 160 bits, in base32.
pub fn fresh(app: &App) -> String {
    Secret::new_stack(app.dice.key()).to_base32()
}

/// New recovery codes of 80 bits each, as people write them down: in fours.
pub fn recovery_codes(app: &App) -> Vec<String> {
    let one = || {
        let signs: Vec<_> = fresh(app).to_lowercase().chars().take(16).collect();
        signs.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    };
    (0..CODES).map(|_| one()).collect()
}

/// The hash of a recovery code, however it was typed.
pub fn recovery_hash(code: &str) -> String {
    let bare: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    secret::hash(&bare.to_lowercase())
}

/// What an app reads to take up the secret (the key URI format of Google Authenticator).
pub fn uri(secret: &str, account: &str, email: &str) -> String {
    let (issuer, email) = (escaped(account), escaped(email));
    format!("otpauth://totp/{issuer}:{email}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30")
}

fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// The same as a picture for the app's camera, in SVG; nothing if it is too long for one.
pub fn picture(uri: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(uri, EcLevel::M).ok()?;
    Some(code.render::<svg::Color<'_>>().min_dimensions(220, 220).build())
}

/// The step of time to which this code belongs, if it is a good one at this time.
pub fn step(secret: &str, code: &str, now: DateTime<Utc>) -> Option<i64> {
    let digits: String = code.chars().filter(|sign| !sign.is_whitespace()).collect();
    // Only what an app shows: the crate would also take a sign in front.
    if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    i64::try_from(codes(secret)?.check(&digits, u64::try_from(now.timestamp()).ok()?)?).ok()
}

/// The code that an app shows at this time; for tests.
pub fn shown(secret: &str, at: DateTime<Utc>) -> Option<String> {
    Some(codes(secret)?.generate(u64::try_from(at.timestamp()).ok()?).to_string())
}

/// Takes a code if it is good, and says what it was: no code is taken twice.
///
/// # Errors
/// The database is away.
pub async fn take(
    app: &App,
    tx: &mut Tx,
    _counted: &Try,
    user: UserId,
    factor: &Factor,
    code: &str,
    now: DateTime<Utc>,
) -> Result<Option<&'static str>, DbError> {
    let secret = app.open_secret(&Place::CodeApp(user), &factor.secret)?;
    if let Some(step) = step(&secret, code, now) {
        return Ok(store::second_factors::take_step(tx, user, step).await?.then_some("code"));
    }
    Ok(store::second_factors::take_code(tx, user, &recovery_hash(code)).await?.then_some("recovery_code"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a time")
    }

    #[test]
    fn the_codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, the last six of the eight digits; the secret is "12345678901234567890".
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(shown(secret, at(seconds)).as_deref(), Some(code));
            assert_eq!(step(secret, code, at(seconds)), Some(seconds / 30));
            assert_eq!(step(secret, code, at(seconds + 30)), Some(seconds / 30), "half a minute late is good");
            assert_eq!(step(secret, code, at(seconds + 61)), None);
        }
    }

    #[test]
    fn what_is_no_code_is_not_taken() {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        assert_eq!(step(secret, " 287 082 ", at(59)), Some(1), "as some apps show it");
        for bad in ["", "287083", "28708", "2870820", "+87082", "０８７０８２", "28708a"] {
            assert_eq!(step(secret, bad, at(59)), None, "{bad}");
        }
    }

    #[test]
    fn an_app_is_told_whose_secret_it_is() {
        let uri = uri("ABC", "Muster & Söhne", "jürgen+x@example.org");
        assert!(
            uri.starts_with("otpauth://totp/Muster%20%26%20S%C3%B6hne:j%C3%BCrgen%2Bx%40example%2Eorg?secret=ABC&"),
            "{uri}"
        );
        assert!(picture(&uri).is_some_and(|svg| svg.contains("<svg")));
        assert_eq!(picture(&uri.repeat(50)), None, "too long for a picture");
    }
}
