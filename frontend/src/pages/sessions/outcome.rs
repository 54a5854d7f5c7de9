//! What came of ending sessions: which ended, which will, and which did not and why.

use super::board::Board;
use crate::{
    api::{Api, Failure},
    i18n::*,
    words,
};
use leptos::prelude::*;
use seatkeeper_shared::{
    ids::SessionId,
    problem::{Code, End},
    validate::MAX_BULK,
    wire::sessions::{EndResult, EndResults, EndSessions, SessionView},
};

/// A session that was not ended by us.
#[derive(Clone, Debug, PartialEq)]
pub struct Missed {
    name: String,
    ended: Option<End>,
    refused: Code,
}

/// Ends sessions as `how` says, in as many requests as it takes.
///
/// # Errors
/// As the server says.
pub async fn end(api: Api, ids: &[SessionId], how: &EndSessions) -> Result<Vec<EndResult>, Failure> {
    let mut results = Vec::with_capacity(ids.len());
    for some in ids.chunks(MAX_BULK) {
        let body = EndSessions { ids: some.to_vec(), ..how.clone() };
        results.extend(api.post::<EndResults>("/sessions/end", &body).await?.results);
    }
    Ok(results)
}

/// The results that are worth telling: not of those that were to be spared, because they were known to be protected.
pub fn misses(results: &[EndResult], known: &[SessionView]) -> Vec<Missed> {
    let of = |id| known.iter().find(|session| session.id == id);
    let spared = |result: &EndResult| {
        result.refused == Some(Code::Protected) && of(result.id).is_some_and(|session| session.protected)
    };
    let missed = |result: &EndResult| {
        let name = of(result.id).map(|session| session.user_name.clone()).unwrap_or_default();
        Some(Missed { name, ended: result.ended.clone(), refused: result.refused? })
    };
    results.iter().filter(|result| !spared(result)).filter_map(missed).collect()
}

/// What was not ended by us, and why.
#[component]
pub fn Outcome(
    /// The page.
    board: Board,
    /// What was not ended by us.
    missed: RwSignal<Vec<Missed>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let why = move |one: &Missed| match &one.ended {
        Some(end) => t_string!(i18n, sessions.was_ended, how = words::how(i18n, end)),
        None if one.refused == Code::NotFound => t_string!(i18n, sessions.was_gone).to_owned(),
        None => words::problem(i18n, one.refused).to_owned(),
    };
    let line = move |one: Missed| {
        let text = why(&one);
        view! {
            <li>
                <b>{one.name}</b>
                " "
                <span class="muted">{text}</span>
            </li>
        }
    };
    view! {
        <div class="form">
            <p>{move || t_string!(i18n, sessions.end_failed, count = missed.with(Vec::len))}</p>
            <ul class="results">{move || missed.get().into_iter().map(line).collect_view()}</ul>
            <div class="acts">
                <button type="button" class="button primary" autofocus on:click=move |_| board.asking.set(false)>
                    {t!(i18n, common.done)}
                </button>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::session;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn whoever_was_known_to_be_protected_was_not_missed() {
        let known = [SessionView { protected: true, ..session(1) }, session(2)];
        let refused = |id| EndResult { id, ended: None, refused: Some(Code::Protected), ending: None };
        let missed = misses(&[refused(known[0].id), refused(known[1].id)], &known);
        assert_eq!(missed.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["Agent 2"], "protected meanwhile");
    }
}
