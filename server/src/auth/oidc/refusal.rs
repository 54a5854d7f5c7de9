//! The reason for a failed sign-in: a general one for the sign-in page, and a detailed finding for admins, which names
//! the claim and the setting.

use openidconnect::core::CoreErrorResponseType;
use seatkeeper_shared::{
    audit::EventData,
    wire::providers::{Finding, FindingCode, SignInFailure},
};

/// A sign-in that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInRefusal {
    /// The reason for the sign-in page.
    pub trouble: SignInFailure,
    /// The finding for admins.
    pub finding: Option<Finding>,
}

impl From<Finding> for SignInRefusal {
    fn from(finding: Finding) -> Self {
        let trouble = match finding.code {
            FindingCode::Unreachable | FindingCode::TimedOut | FindingCode::Status | FindingCode::PrivateAddress => {
                SignInFailure::Unreachable
            }
            _ => SignInFailure::Failed,
        };
        Self { trouble, finding: Some(finding) }
    }
}

impl From<SignInFailure> for SignInRefusal {
    fn from(trouble: SignInFailure) -> Self {
        let code = match trouble {
            SignInFailure::NoEmail => Some(FindingCode::EmailMissing),
            SignInFailure::EmailUnverified => Some(FindingCode::EmailUnverified),
            SignInFailure::Unknown => Some(FindingCode::UserUnknown),
            SignInFailure::NotLinked => Some(FindingCode::UserNotLinked),
            _ => None,
        };
        Self { trouble, finding: code.map(|code| Finding::new(code, None)) }
    }
}

impl SignInRefusal {
    /// An error of the authorization endpoint (RFC 6749 §4.1.2.1).
    pub fn from_authorization_error(error: &str) -> Self {
        let trouble = if error == "access_denied" { SignInFailure::Refused } else { SignInFailure::Failed };
        Self { trouble, finding: Some(Finding::new(FindingCode::AnswerError, Some(error.to_owned()))) }
    }

    /// An error of the token endpoint (RFC 6749 §5.2).
    pub fn from_token_error(error: &CoreErrorResponseType, description: Option<&String>) -> Self {
        let detail = description.map_or_else(|| error.to_string(), |text| format!("{error}: {text}"));
        let code = match error {
            CoreErrorResponseType::InvalidClient | CoreErrorResponseType::UnauthorizedClient => {
                FindingCode::ClientRefused
            }
            _ => FindingCode::CodeRefused,
        };
        Finding::new(code, Some(detail)).into()
    }
}

/// What the audit log records about a refused sign-in with a provider.
pub fn failed_sign_in(trouble: SignInFailure, provider: &str, finding: Option<&Finding>) -> EventData {
    EventData::SignInFailed {
        reason: trouble.into(),
        provider: Some(provider.to_owned()),
        finding: finding.map(|finding| finding.code),
        claim: finding.and_then(|finding| finding.claim.clone()),
        setting: finding.and_then(|finding| finding.setting.clone()),
        detail: finding.and_then(|finding| finding.detail.clone()),
    }
}
