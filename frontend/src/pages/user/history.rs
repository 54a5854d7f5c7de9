//! The ended sessions of a user, the newest first.

use super::state::UserPageState;
use crate::{
    api::Failure,
    format::Format,
    i18n::*,
    labels,
    ui::empty_state::{LoadError, Skeleton},
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::wire::{Page, sessions::SessionView};

#[component]
pub fn History(
    /// The state of the page.
    page: UserPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (past, next) = (RwSignal::new(None::<Vec<SessionView>>), RwSignal::new(None::<String>));
    let (failure, busy) = (RwSignal::new(None::<Failure>), RwSignal::new(false));
    let load = move |after: Option<String>| {
        busy.set(true);
        let id = page.id.get_untracked();
        let after_part = after.as_ref().map(|after| format!("&after={after}")).unwrap_or_default();
        let address = format!("/sessions?user={id}&state=ended&sort=-created_at&limit=25{after_part}");
        spawn_local(async move {
            let answer = page.api.read::<Page<SessionView>>(&address).await;
            if page.id.try_get_untracked() != Some(id) {
                return;
            }
            busy.set(false);
            match answer {
                Ok(found) => {
                    failure.set(None);
                    next.set(found.next);
                    past.update(|past| {
                        let before = past.take().filter(|_| after.is_some());
                        *past = Some([before.unwrap_or_default(), found.items].concat());
                    });
                }
                Err(error) => failure.set(Some(error)),
            }
        });
    };
    // Reload whenever one of the user's sessions ends.
    Effect::new(move |before: Option<String>| {
        let id = page.id.get();
        let session_ended = page.live.ended.with(|ended| has_session_of(ended, &id));
        if session_ended || before.as_ref() != Some(&id) {
            load(None);
        }
        id
    });
    let more = move |_| {
        if !busy.get_untracked() {
            load(next.get_untracked());
        }
    };
    let row = move |session: &SessionView| {
        let how = session.ended.as_ref().map(|end| labels::session_end_summary(i18n, session, end));
        let at = session.ended.as_ref().map(|end| format.date_time(end.at));
        let borrowed =
            session.borrowed_until.map(|until| t_string!(i18n, person.borrowed_until, time = format.date_time(until)));
        let remote = session.remote_device.as_ref();
        let remote = remote.map(|name| format!(" {}", t_string!(i18n, console.at_remote, device = name.clone())));
        let message = session.ended.as_ref().and_then(|end| end.message.clone());
        view! {
            <tr>
                <th scope="row">{labels::license_name(i18n, &session.product_name, session.model)}</th>
                <td>{session.device.clone()} {remote.map(|remote| view! { <small class="muted">{remote}</small> })}</td>
                <td class="num nowrap">{format.date_time(session.created_at)}</td>
                <td class="num nowrap">{at}</td>
                <td>
                    {how} {borrowed.map(|text| view! { <small class="muted">" " {text}</small> })}
                    {message.map(|message| view! { <small class="muted">" " {message}</small> })}
                </td>
            </tr>
        }
    };
    view! {
        <section class="card wide">
            <div class="card-head">
                <h2 id="history">{t!(i18n, person.history)}</h2>
            </div>
            {move || {
                let retry = move |()| load(None);
                failure.get().map(|failure| view! { <LoadError failure=Signal::stored(failure) retry /> })
            }}
            <Show when=move || past.with(Option::is_none) && failure.with(Option::is_none)>
                <Skeleton rows=3 />
            </Show>
            <Show when=move || past.with(|past| past.as_ref().is_some_and(Vec::is_empty))>
                <p class="muted">{t!(i18n, person.no_history)}</p>
            </Show>
            <Show when=move || past.with(|past| past.as_ref().is_some_and(|past| !past.is_empty()))>
                <div class="scroll" tabindex="0" role="region" aria-labelledby="history">
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">{t!(i18n, person.product)}</th>
                                <th scope="col">{t!(i18n, person.device)}</th>
                                <th scope="col">{t!(i18n, person.started)}</th>
                                <th scope="col">{t!(i18n, person.ended_at)}</th>
                                <th scope="col">{t!(i18n, person.why)}</th>
                            </tr>
                        </thead>
                        <tbody>{move || past.with(|all| all.iter().flatten().map(row).collect_view())}</tbody>
                    </table>
                </div>
            </Show>
            <Show when=move || next.with(Option::is_some)>
                <div>
                    <button
                        type="button"
                        class="button small"
                        aria-disabled=move || busy.get().to_string()
                        on:click=more
                    >
                        {t!(i18n, person.more)}
                    </button>
                </div>
            </Show>
        </section>
    }
}

/// Whether one of the sessions is a session of this user.
fn has_session_of(sessions: &[SessionView], id: &str) -> bool {
    sessions.iter().any(|session| session.user_id.to_string() == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::session;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn only_the_end_of_an_own_session_reloads_the_history() {
        let user = session(1).user_id.to_string();
        assert!(has_session_of(&[session(2), session(1)], &user));
        assert!(!has_session_of(&[session(2)], &user));
    }
}
