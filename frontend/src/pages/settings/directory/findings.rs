//! Findings of a provider test, with advice.

use crate::{
    format::{Format, Texts},
    i18n::*,
    labels,
    ui::{
        icon::{Glyph, Icon},
        query::Query,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::wire::providers::{Finding, FindingCode, ProviderTest, SignInFinding};

/// State and findings of a test.
#[component]
pub fn Findings(
    /// The test of the provider, if there was one.
    test: Query<ProviderTest>,
) -> impl IntoView {
    let i18n = use_i18n();
    let lines = move || {
        if test.status().is_loading() {
            return view! { <p class="muted">{t!(i18n, directory.testing)}</p> }.into_any();
        }
        if let Some(failure) = test.status().failure() {
            return view! { <p class="note bad">{labels::failure(i18n, &failure)}</p> }.into_any();
        }
        test.get().map(|ProviderTest { findings, sign_ins, .. }| view! { <TestResult findings sign_ins /> }).into_any()
    };
    view! {
        <div class="findings" role="status">
            {lines}
        </div>
    }
}

#[component]
fn TestResult(
    /// What the test found.
    findings: Vec<Finding>,
    /// What sign-ins have found.
    sign_ins: Vec<SignInFinding>,
) -> impl IntoView {
    view! {
        {findings.into_iter().map(|finding| view! { <FindingNote finding /> }).collect_view()}
        <SignInFindings sign_ins />
    }
}

#[component]
fn FindingNote(
    /// The finding shown.
    finding: Finding,
) -> impl IntoView {
    let i18n = use_i18n();
    let good = finding.code == FindingCode::Good;
    let fatal = finding.code.is_fatal();
    let glyph = if good { Glyph::Tick } else { Glyph::Warning };
    let finding = StoredValue::new(finding);
    let text = move || finding.with_value(|finding| finding_text(i18n, finding));
    let more = finding
        .with_value(|finding| finding.claim.is_some())
        .then_some(move || finding.with_value(|finding| claim_details(i18n, finding)));
    view! {
        <p class="note" class:bad=fatal class:good=good>
            <Icon glyph />
            <span>{text} {more.map(|more| view! { <small>{more}</small> })}</span>
        </p>
    }
}

/// Findings in sign-ins since the last change of the provider.
#[component]
fn SignInFindings(
    /// Findings with their count and time.
    sign_ins: Vec<SignInFinding>,
) -> impl IntoView {
    let (i18n, format) = (use_i18n(), Format::get());
    let lines = sign_ins
        .into_iter()
        .map(|SignInFinding { finding, times, last_at }| {
            let seen = move || {
                let (times, at) = (format.number(times), format.date_time(last_at));
                t_string!(i18n, directory.seen, times = times, at = at)
            };
            view! {
                <FindingNote finding />
                <p class="muted">{seen}</p>
            }
        })
        .collect::<Vec<_>>();
    (!lines.is_empty()).then(|| {
        view! {
            <h4>{t!(i18n, directory.sign_in_findings)}</h4>
            {lines}
        }
    })
}

/// Claim, setting and detail of a finding about a claim.
fn claim_details(i18n: Texts, finding: &Finding) -> Option<String> {
    let dash = || t_string!(i18n, common.dash).to_owned();
    let claim = finding.claim.clone()?;
    let (setting, detail) = (finding.setting.clone().unwrap_or_else(dash), finding.detail.clone().unwrap_or_else(dash));
    Some(t_string!(i18n, directory.finding_about, claim = claim, setting = setting, detail = detail))
}

/// Describes a finding.
pub fn finding_text(i18n: Texts, finding: &Finding) -> String {
    let detail = finding.detail.clone().unwrap_or_else(|| t_string!(i18n, common.dash).to_owned());
    match finding.code {
        FindingCode::Good => t_string!(i18n, directory.f_good).to_owned(),
        FindingCode::Unreachable => t_string!(i18n, directory.f_unreachable, detail = detail),
        FindingCode::TimedOut => t_string!(i18n, directory.f_timed_out).to_owned(),
        FindingCode::Redirects => t_string!(i18n, directory.f_redirects, detail = detail),
        FindingCode::Status => t_string!(i18n, directory.f_status, detail = detail),
        FindingCode::TooLarge => t_string!(i18n, directory.f_too_large).to_owned(),
        FindingCode::NotUnderstood => t_string!(i18n, directory.f_not_understood, detail = detail),
        FindingCode::WrongIssuer => t_string!(i18n, directory.f_wrong_issuer, detail = detail),
        FindingCode::Insecure => t_string!(i18n, directory.f_insecure, detail = detail),
        FindingCode::PrivateAddress => t_string!(i18n, directory.f_private_address, detail = detail),
        FindingCode::NoKeys => t_string!(i18n, directory.f_no_keys).to_owned(),
        FindingCode::NoCodes => t_string!(i18n, directory.f_no_codes).to_owned(),
        FindingCode::ClientRefused => t_string!(i18n, directory.f_client_refused).to_owned(),
        FindingCode::NoPkce => t_string!(i18n, directory.f_no_pkce).to_owned(),
        FindingCode::UnknownScope => t_string!(i18n, directory.f_unknown_scope, detail = detail),
        FindingCode::NoLogout => t_string!(i18n, directory.f_no_logout).to_owned(),
        FindingCode::AnswerError => t_string!(i18n, directory.f_answer_error).to_owned(),
        FindingCode::AnswerIssuer => t_string!(i18n, directory.f_answer_issuer).to_owned(),
        FindingCode::CodeRefused => t_string!(i18n, directory.f_code_refused).to_owned(),
        FindingCode::NoIdToken => t_string!(i18n, directory.f_no_id_token).to_owned(),
        FindingCode::TokenMalformed => t_string!(i18n, directory.f_token_malformed).to_owned(),
        FindingCode::TokenAlgorithm => t_string!(i18n, directory.f_token_algorithm).to_owned(),
        FindingCode::TokenSignature => t_string!(i18n, directory.f_token_signature).to_owned(),
        FindingCode::TokenIssuer => t_string!(i18n, directory.f_token_issuer).to_owned(),
        FindingCode::TokenAudience => t_string!(i18n, directory.f_token_audience).to_owned(),
        FindingCode::TokenParty => t_string!(i18n, directory.f_token_party).to_owned(),
        FindingCode::TokenNonce => t_string!(i18n, directory.f_token_nonce).to_owned(),
        FindingCode::TokenExpired => t_string!(i18n, directory.f_token_expired).to_owned(),
        FindingCode::TokenIssuedAt => t_string!(i18n, directory.f_token_issued_at).to_owned(),
        FindingCode::TokenNotBefore => t_string!(i18n, directory.f_token_not_before).to_owned(),
        FindingCode::EmailMissing => t_string!(i18n, directory.f_email_missing).to_owned(),
        FindingCode::EmailUnverified => t_string!(i18n, directory.f_email_unverified).to_owned(),
        FindingCode::UserUnknown => t_string!(i18n, directory.f_user_unknown).to_owned(),
        FindingCode::UserNotLinked => t_string!(i18n, directory.f_user_not_linked).to_owned(),
        FindingCode::GroupsMissing => t_string!(i18n, directory.f_groups_missing).to_owned(),
        FindingCode::GroupsMalformed => t_string!(i18n, directory.f_groups_malformed).to_owned(),
        FindingCode::GroupsOverage => t_string!(i18n, directory.f_groups_overage).to_owned(),
    }
}
