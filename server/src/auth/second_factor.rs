//! The second factor: time-based codes (TOTP, RFC 6238) with SHA-1, six digits and thirty seconds, which all
//! authenticator apps support, and recovery codes.

use super::{attempt_limit::Attempt, secret};
use crate::{
    clock::Random,
    db::{DbError, Tx},
    secrets::{Keyring, SecretLocation},
    store::{
        self,
        second_factors::{SecondFactors, StoredFactor},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use qrcode::{EcLevel, QrCode, render::svg};
use seatkeeper_shared::{audit::SignInMethod, ids::UserId, wire::second_factor::SecondFactorNeeded};
use totp_rs::{Algorithm, Builder, Secret, Totp};

const RECOVERY_CODE_COUNT: usize = 10;
/// How long a sign-in waits for the second factor.
const CHALLENGE_VALIDITY: TimeDelta = TimeDelta::minutes(5);

/// Creates the challenge of a sign-in that needs a second factor, and commits the transaction.
///
/// # Errors
/// Returns an error if the challenge cannot be saved.
pub async fn create_challenge(
    (random, now): (&Random, DateTime<Utc>),
    mut tx: Tx,
    user: UserId,
    held: SecondFactors,
) -> Result<SecondFactorNeeded, DbError> {
    let challenge = random.secret();
    let expires_at = now + CHALLENGE_VALIDITY;
    store::second_factors::insert_challenge(&mut tx, &secret::hash(&challenge), user, now, expires_at).await?;
    tx.commit().await?;
    Ok(SecondFactorNeeded { challenge, expires_at, code: held.code, passkey: held.passkey })
}

/// The code generator for this secret. Accepts one time step before and after the current one, because clocks differ.
fn totp(secret: &str) -> Option<Totp> {
    let secret = Secret::try_from_base32(secret).ok()?;
    let builder = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_skew(1).with_step_duration(30);
    builder.with_secret(secret).build().ok()
}

/// Creates a secret of 160 bits, in base32.
pub fn new_secret(random: &Random) -> String {
    Secret::new_stack(random.totp_secret()).to_base32()
}

/// Creates recovery codes of 80 bits each, in groups of four characters.
pub fn new_recovery_codes(random: &Random) -> Vec<String> {
    let one = || {
        let chars: Vec<_> = new_secret(random).to_lowercase().chars().take(16).collect();
        chars.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    };
    (0..RECOVERY_CODE_COUNT).map(|_| one()).collect()
}

/// The hash of a recovery code, ignoring case and separators.
pub fn recovery_hash(code: &str) -> String {
    let bare: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    secret::hash(&bare.to_lowercase())
}

/// The URI by which an authenticator app imports the secret (the key URI format of Google Authenticator).
pub fn otpauth_uri(secret: &str, account: &str, email: &str) -> String {
    let (issuer, email) = (percent_encode(account), percent_encode(email));
    format!("otpauth://totp/{issuer}:{email}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30")
}

fn percent_encode(text: &str) -> String {
    let byte = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// The URI as a QR code in SVG; `None` if it is too long.
pub fn qr_code_svg(uri: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(uri, EcLevel::M).ok()?;
    Some(code.render::<svg::Color<'_>>().min_dimensions(220, 220).build())
}

/// The time step of this code, if it is valid at this time.
pub fn matching_time_step(secret: &str, code: &str, now: DateTime<Utc>) -> Option<i64> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    // The crate would also accept a leading sign.
    if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    i64::try_from(totp(secret)?.check(&digits, u64::try_from(now.timestamp()).ok()?)?).ok()
}

/// The code that an authenticator app shows at this time; for tests.
pub fn code_at(secret: &str, at: DateTime<Utc>) -> Option<String> {
    Some(totp(secret)?.generate(u64::try_from(at.timestamp()).ok()?).to_string())
}

/// Uses up a code if it is valid, and returns its kind for the audit log. A code can be used only once.
///
/// # Errors
/// Returns an error if the database is unavailable.
pub async fn use_code(
    keyring: &Keyring,
    tx: &mut Tx,
    _counted: &Attempt,
    user: UserId,
    factor: &StoredFactor,
    code: &str,
    now: DateTime<Utc>,
) -> Result<Option<SignInMethod>, DbError> {
    let secret = keyring.open(&SecretLocation::CodeApp(user), &factor.secret)?;
    if let Some(step) = matching_time_step(&secret, code, now) {
        return Ok(store::second_factors::use_step(tx, user, step).await?.then_some(SignInMethod::Code));
    }
    let is_known = store::second_factors::use_recovery_code(tx, user, &recovery_hash(code)).await?;
    Ok(is_known.then_some(SignInMethod::RecoveryCode))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a time")
    }

    #[test]
    fn codes_match_the_test_vectors_of_rfc_6238() {
        // RFC 6238, appendix B, the last six of the eight digits; the secret is "12345678901234567890".
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(code_at(secret, at(seconds)).as_deref(), Some(code));
            assert_eq!(matching_time_step(secret, code, at(seconds)), Some(seconds / 30));
            assert_eq!(
                matching_time_step(secret, code, at(seconds + 30)),
                Some(seconds / 30),
                "half a minute late is accepted"
            );
            assert_eq!(matching_time_step(secret, code, at(seconds + 61)), None);
        }
    }

    #[test]
    fn malformed_codes_are_refused() {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        assert_eq!(matching_time_step(secret, " 287 082 ", at(59)), Some(1), "with spaces, as some apps show it");
        for bad in ["", "287083", "28708", "2870820", "+87082", "０８７０８２", "28708a"] {
            assert_eq!(matching_time_step(secret, bad, at(59)), None, "{bad}");
        }
    }

    #[test]
    fn the_uri_names_account_and_user() {
        let uri = otpauth_uri("ABC", "Muster & Söhne", "jürgen+x@example.org");
        assert!(
            uri.starts_with("otpauth://totp/Muster%20%26%20S%C3%B6hne:j%C3%BCrgen%2Bx%40example%2Eorg?secret=ABC&"),
            "{uri}"
        );
        assert!(qr_code_svg(&uri).is_some_and(|svg| svg.contains("<svg")));
        assert_eq!(qr_code_svg(&uri.repeat(50)), None, "too long for a QR code");
    }
}
