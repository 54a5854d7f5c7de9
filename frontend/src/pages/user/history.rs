//! The sessions of a user that are over, the newest first, with how they ended.

use super::desk::Desk;
use crate::{
    api::Failure,
    format::Format,
    i18n::*,
    ui::face::{Failed, Skeleton},
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::wire::{Page, sessions::SessionView};

/// The history.
#[component]
pub fn History(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (past, next) = (RwSignal::new(None::<Vec<SessionView>>), RwSignal::new(None::<String>));
    let (failure, busy) = (RwSignal::new(None::<Failure>), RwSignal::new(false));
    let load = move |after: Option<String>| {
        busy.set(true);
        let id = desk.id.get_untracked();
        let after_part = after.as_ref().map(|after| format!("&after={after}")).unwrap_or_default();
        let address = format!("/sessions?user={id}&state=ended&sort=-created_at&limit=25{after_part}");
        spawn_local(async move {
            let answer = desk.api.read::<Page<SessionView>>(&address).await;
            if desk.id.try_get_untracked() != Some(id) {
                return;
            }
            busy.set(false);
            match answer {
                Ok(page) => {
                    failure.set(None);
                    next.set(page.next);
                    past.update(|past| {
                        let before = past.take().filter(|_| after.is_some());
                        *past = Some([before.unwrap_or_default(), page.items].concat());
                    });
                }
                Err(wrong) => failure.set(Some(wrong)),
            }
        });
    };
    // Again whenever one of his sessions ends.
    Effect::new(move |before: Option<String>| {
        let id = desk.id.get();
        let news = desk.live.ended.with(|ended| is_his(ended, &id));
        if news || before.as_ref() != Some(&id) {
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
        let how = session.ended.as_ref().map(|end| words::how_ended(i18n, session, end));
        let at = session.ended.as_ref().map(|end| format.date_time(end.at));
        let borrowed =
            session.borrowed_until.map(|until| t_string!(i18n, person.was_borrowed, time = format.date_time(until)));
        let remote = session.remote_device.as_ref();
        let remote = remote.map(|name| format!(" {}", t_string!(i18n, console.at_remote, device = name.clone())));
        let message = session.ended.as_ref().and_then(|end| end.message.clone());
        view! {
            <tr>
                <th scope="row">{words::license_of(i18n, &session.product_name, session.model)}</th>
                <td>{session.device.clone()} {remote.map(|remote| view! { <small class="muted">{remote}</small> })}</td>
                <td class="num nowrap">{format.date_time(session.created_at)}</td>
                <td class="num nowrap">{at}</td>
                <td>{how} {borrowed.map(|text| view! { <small class="muted">" " {text}</small> })} {message.map(|message| view! { <small class="muted">" " {message}</small> })}</td>
            </tr>
        }
    };
    view! {
        <section class="card wide">
            <div class="card-head">
                <h2 id="history">{t!(i18n, person.history)}</h2>
            </div>
            {move || {
                failure.get().map(|failure| view! { <Failed failure=Signal::stored(failure) retry=move |()| load(None) /> })
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

/// Whether one of these is a session of this user.
fn is_his(sessions: &[SessionView], id: &str) -> bool {
    sessions.iter().any(|session| session.user_id.to_string() == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::session;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn the_end_of_somebody_elses_session_is_no_news_here() {
        let his = session(1).user_id.to_string();
        assert!(is_his(&[session(2), session(1)], &his));
        assert!(!is_his(&[session(2)], &his));
    }
}
