//! Ends sessions in bulk, and lists those that were not ended.

use crate::{
    api::{Api, Failure},
    format::Format,
    i18n::*,
    labels,
    text::text,
    ui::form_dialog::InfoDialog,
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    ids::SessionId,
    problem::{Code, SessionEnd},
    validate::MAX_BULK_ITEMS,
    wire::sessions::{EndResult, EndSessions, SessionView},
};

/// A session that was not ended by the request.
#[derive(Clone, Debug, PartialEq)]
pub struct NotEnded {
    name: String,
    ended: Option<SessionEnd>,
    refused: Code,
}

impl NotEnded {
    /// The session of this agent, if the request did not end it.
    pub fn of(name: String, result: EndResult) -> Option<Self> {
        Some(Self { name, ended: result.ended, refused: result.refused? })
    }

    /// The agent's name.
    #[cfg(test)]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Ends sessions with the options of `request`, in chunks of the maximum request size.
///
/// # Errors
/// Returns an error if a request fails.
pub async fn end_sessions(api: Api, ids: Vec<SessionId>, request: EndSessions) -> Result<Vec<EndResult>, Failure> {
    let mut results = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(MAX_BULK_ITEMS) {
        let body = EndSessions { ids: chunk.to_vec(), ..request.clone() };
        results.extend(api.send(endpoints::sessions::end_many(&body)).await?.results);
    }
    Ok(results)
}

/// The sessions to report as not ended. Those known to be protected are left out, because they were meant to be spared.
pub fn not_ended(results: &[EndResult], known: &[SessionView]) -> Vec<NotEnded> {
    let of = |id| known.iter().find(|session| session.id == id);
    let spared = |result: &EndResult| {
        result.refused == Some(Code::Protected) && of(result.id).is_some_and(|session| session.protected)
    };
    let missed = |result: &EndResult| {
        let name = of(result.id).map(|session| session.user_name.clone()).unwrap_or_default();
        NotEnded::of(name, result.clone())
    };
    results.iter().filter(|result| !spared(result)).filter_map(missed).collect()
}

/// Lists the sessions that were not ended, with reasons.
#[component]
pub fn NotEndedSessions(
    /// The sessions that were not ended.
    failed: Vec<NotEnded>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let count = failed.len();
    let reason = move |one: &NotEnded| match &one.ended {
        Some(end) => t_string!(i18n, sessions.already_ended, how = labels::end_summary(i18n, end)),
        None if one.refused == Code::NotFound => t_string!(i18n, sessions.not_found).to_owned(),
        None => labels::problem(i18n, one.refused).to_owned(),
    };
    let line = move |one: NotEnded| {
        let name = one.name.clone();
        view! {
            <li>
                <b>{name}</b>
                " "
                <span class="muted">{move || reason(&one)}</span>
            </li>
        }
    };
    view! {
        <InfoDialog title=text!(sessions.end_failed, count = count, n = format.number(count))>
            <ul class="results">{failed.into_iter().map(line).collect_view()}</ul>
        </InfoDialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::session;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn sessions_known_to_be_protected_are_not_reported() {
        let known = [SessionView { protected: true, ..session(1) }, session(2)];
        let refused = |id| EndResult { id, ended: None, refused: Some(Code::Protected), ending: None };
        let missed = not_ended(&[refused(known[0].id), refused(known[1].id)], &known);
        assert_eq!(missed.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["Agent 2"], "protected meanwhile");
    }
}
