//! What the test of a provider found, in words that say what to do.

use super::desk::Tested;
use crate::{
    format::Texts,
    i18n::*,
    ui::icon::{Glyph, Icon},
    words,
};
use leptos::prelude::*;
use seatkeeper_shared::wire::providers::{Finding, FindingCode};

/// How a test stands.
#[component]
pub fn Findings(
    /// The test, if there was one.
    #[prop(into)]
    tested: Signal<Option<Tested>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let lines = move || match tested.get() {
        None => ().into_any(),
        Some(Tested::Running) => view! { <p class="muted">{t!(i18n, directory.testing)}</p> }.into_any(),
        Some(Tested::Failed(failure)) => view! { <p class="note bad">{words::failure(i18n, &failure)}</p> }.into_any(),
        Some(Tested::Done(test)) => {
            test.findings.into_iter().map(|finding| view! { <Line finding /> }).collect_view().into_any()
        }
    };
    view! {
        <div class="findings" role="status">
            {lines}
        </div>
    }
}

#[component]
fn Line(
    /// What was found.
    finding: Finding,
) -> impl IntoView {
    let i18n = use_i18n();
    let good = finding.code == FindingCode::Good;
    let fatal = finding.code.is_fatal();
    let glyph = if good { Glyph::Tick } else { Glyph::Warning };
    view! {
        <p class="note" class:bad=fatal class:good=good>
            <Icon glyph />
            <span>{move || said(i18n, &finding)}</span>
        </p>
    }
}

fn said(i18n: Texts, finding: &Finding) -> String {
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
        FindingCode::NoKeys => t_string!(i18n, directory.f_no_keys).to_owned(),
        FindingCode::NoCodes => t_string!(i18n, directory.f_no_codes).to_owned(),
        FindingCode::ClientRefused => t_string!(i18n, directory.f_client_refused).to_owned(),
        FindingCode::NoPkce => t_string!(i18n, directory.f_no_pkce).to_owned(),
        FindingCode::UnknownScope => t_string!(i18n, directory.f_unknown_scope, detail = detail),
        FindingCode::NoLogout => t_string!(i18n, directory.f_no_logout).to_owned(),
    }
}
