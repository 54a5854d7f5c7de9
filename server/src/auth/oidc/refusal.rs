//! Why nobody is signed in: the word for the sign-in page, where strangers read it, and the finding for admins, which
//! names claim and setting.

use openidconnect::core::CoreErrorResponseType;
use seatkeeper_shared::wire::providers::{Finding, FindingCode, SignInTrouble};
use serde_json::{Value, json};

/// A sign-in that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What the sign-in page says.
    pub trouble: SignInTrouble,
    /// What admins are told.
    pub finding: Option<Finding>,
}

impl From<Finding> for Refusal {
    fn from(finding: Finding) -> Self {
        let trouble = match finding.code {
            FindingCode::Unreachable | FindingCode::TimedOut | FindingCode::Status | FindingCode::PrivateAddress => {
                SignInTrouble::Unreachable
            }
            _ => SignInTrouble::Failed,
        };
        Self { trouble, finding: Some(finding) }
    }
}

impl From<SignInTrouble> for Refusal {
    fn from(trouble: SignInTrouble) -> Self {
        let code = match trouble {
            SignInTrouble::NoEmail => Some(FindingCode::EmailMissing),
            SignInTrouble::EmailUnverified => Some(FindingCode::EmailUnverified),
            SignInTrouble::Unknown => Some(FindingCode::UserUnknown),
            SignInTrouble::NotLinked => Some(FindingCode::UserNotLinked),
            _ => None,
        };
        Self { trouble, finding: code.map(|code| Finding::new(code, None)) }
    }
}

impl Refusal {
    /// The provider sent the browser back with this error (RFC 6749 §4.1.2.1).
    pub fn answered(error: &str) -> Self {
        let trouble = if error == "access_denied" { SignInTrouble::Refused } else { SignInTrouble::Failed };
        Self { trouble, finding: Some(Finding::new(FindingCode::AnswerError, Some(error.to_owned()))) }
    }

    /// The token endpoint refused with this error (RFC 6749 §5.2).
    pub fn exchanging(error: &CoreErrorResponseType, description: Option<&String>) -> Self {
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

/// A finding as the facts of an entry in the audit log, beside these.
pub fn facts(finding: Option<&Finding>, beside: Value) -> Value {
    let mut facts = beside;
    if let Some(finding) = finding {
        facts["finding"] = json!(finding.code);
        for (name, text) in [("claim", &finding.claim), ("setting", &finding.setting), ("detail", &finding.detail)] {
            if let Some(text) = text {
                facts[name] = json!(text);
            }
        }
    }
    facts
}
