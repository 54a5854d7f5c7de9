//! The ended sessions of a user, the newest first.

use super::state::UserPageState;
use crate::ui::keyed_list::For;
use crate::{
    format::Format,
    i18n::*,
    labels,
    ui::{
        links::{Named, NamedLink},
        query::{Loaded, Paged},
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints::{self, Endpoint},
    ids::UserId,
    wire::{Page, sessions::SessionView},
};

#[component]
pub fn History(
    /// The state of the page.
    page: UserPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let past = Paged::new(move || Some(ended_sessions_of(page.id)), |_, _| false);
    // Reload whenever one of the user's sessions ends.
    Effect::new(move |before: Option<()>| {
        let session_ended = page.live.ended.with(|ended| has_session_of(ended, page.id));
        if session_ended && before.is_some() {
            past.reload();
        }
    });
    let is_empty = Memo::new(move |_| past.items().with(Vec::is_empty));
    view! {
        <section class="card wide">
            <div class="card-head">
                <h2 id="history">{t!(i18n, person.history)}</h2>
            </div>
            <Loaded status=past.status()>
                <Show
                    when=move || !is_empty.get()
                    fallback=move || view! { <p class="muted">{t!(i18n, person.no_history)}</p> }
                >
                    <PastSessions past />
                </Show>
                <Show when=move || past.has_more()>
                    <div>
                        <button
                            type="button"
                            class="button small"
                            aria-disabled=move || past.status().is_loading().to_string()
                            on:click=move |_| past.load_more()
                        >
                            {t!(i18n, person.more)}
                        </button>
                    </div>
                </Show>
            </Loaded>
        </section>
    }
}

/// The table, which scrolls sideways on narrow screens.
#[component]
fn PastSessions(
    /// The ended sessions.
    past: Paged<SessionView>,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
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
                <tbody>
                    <For each=move || past.items().get() key=|session| session.id let:session>
                        <PastSession session />
                    </For>
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn PastSession(
    /// The ended session.
    session: SessionView,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let session = StoredValue::new(session);
    // With the language, all of it changes.
    move || {
        session.with_value(|session| {
            let end = session.ended.as_ref();
            let how = end.map(|end| labels::session_end_summary(i18n, session, end));
            let until = session.borrowed_until.map(|until| format.date_time(until));
            let borrowed = until.map(|time| t_string!(i18n, person.borrowed_until, time = time));
            let remote = session.remote_device.clone();
            let remote = remote.map(|name| format!(" {}", t_string!(i18n, console.at_remote, device = name)));
            let message = end.and_then(|end| end.message.clone());
            let license = labels::license_name(i18n, &session.product_name, session.model);
            let license_id = session.license_id;
            let note = |text| view! { <small class="muted">" " {text}</small> };
            view! {
                <tr>
                    <th scope="row">
                        <NamedLink to=Named::License(license_id)>{license}</NamedLink>
                    </th>
                    <td>{session.device.clone()} {remote.map(note)}</td>
                    <td class="num nowrap">{format.date_time(session.created_at)}</td>
                    <td class="num nowrap">{end.map(|end| format.date_time(end.at))}</td>
                    <td>{how} {borrowed.map(note)} {message.map(note)}</td>
                </tr>
            }
        })
    }
}

fn ended_sessions_of(user: UserId) -> Endpoint<Page<SessionView>> {
    let all = endpoints::sessions::list().with("user", &user.to_string());
    all.with("state", "ended").with("sort", "-created_at").with("limit", "25")
}

/// Whether one of the sessions is a session of this user.
fn has_session_of(sessions: &[SessionView], user: UserId) -> bool {
    sessions.iter().any(|session| session.user_id == user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::session;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn only_the_end_of_an_own_session_reloads_the_history() {
        let user = session(1).user_id;
        assert!(has_session_of(&[session(2), session(1)], user));
        assert!(!has_session_of(&[session(2)], user));
    }
}
