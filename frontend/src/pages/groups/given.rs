//! The licenses that the open group gives to its members: more, fewer, and who has not got one, and why.

use super::desk::{Asking, Desk};
use crate::{
    api::Failure,
    format::Format,
    i18n::*,
    ui::{
        dialog::TaskDialog,
        face::{Failed, Skeleton, Wrong, usual},
        form::Form,
        select::{Choosable, Select},
        toast::Toasts,
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::LicenseId,
    permissions::Action,
    validate::FieldError,
    wire::groups::{GroupLicense, LeftOut},
};

/// What the open group gives, as the server told it last.
pub type GivenNow = RwSignal<Option<Result<Vec<GroupLicense>, Failure>>>;

/// The licenses.
#[component]
pub fn Given(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    Effect::new(move |_| {
        desk.id.track();
        desk.changes.track();
        desk.load_given();
    });
    view! {
        <section class="card wide">
            <div class="card-head">
                <h2>{t!(i18n, groups.given)}</h2>
                <Show when=move || desk.may(Action::Assign)>
                    <button type="button" class="button small" on:click=move |_| desk.asking.set(Some(Asking::Give))>
                        {t!(i18n, groups.give)}
                    </button>
                </Show>
            </div>
            <p class="hint">{t!(i18n, groups.given_hint)}</p>
            {move || match desk.given.get() {
                None => view! { <Skeleton rows=1 /> }.into_any(),
                Some(Err(failure)) => {
                    view! { <Failed failure=Signal::stored(failure) retry=move |()| desk.load_given() /> }.into_any()
                }
                Some(Ok(all)) if all.is_empty() => {
                    view! { <p class="muted">{t!(i18n, groups.given_none)}</p> }.into_any()
                }
                Some(Ok(all)) => {
                    let lines = all.into_iter().map(|given| view! { <Line desk given /> }).collect_view();
                    view! { <ul class="lines">{lines}</ul> }.into_any()
                }
            }}
        </section>
    }
}

#[component]
fn Line(
    /// The page.
    desk: Desk,
    /// What is given.
    given: GroupLicense,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let GroupLicense { license_id: id, holders, left_out, .. } = given;
    let name = move || desk.live.license(id).map(|license| words::license(i18n, &license)).unwrap_or_default();
    let missing = left_out.len();
    let count = move || t_string!(i18n, groups.holders, count = holders, n = format.number(holders));
    view! {
        <li class="given">
            <span>
                {name}
                <small class="num">{count}</small>
                {(missing > 0)
                    .then(|| {
                        view! {
                            <details>
                                <summary>
                                    {move || {
                                        t_string!(i18n, groups.left_out, count = missing, n = format.number(missing))
                                    }}
                                </summary>
                                <ul class="left-out">
                                    {left_out.into_iter().map(|one| view! { <Without one /> }).collect_view()}
                                </ul>
                            </details>
                        }
                    })}
            </span>
            <Show when=move || desk.may(Action::Assign)>
                <button
                    type="button"
                    class="button small"
                    aria-label=move || t_string!(i18n, groups.take_of, license = name())
                    on:click=move |_| desk.asking.set(Some(Asking::Take(id)))
                >
                    {t!(i18n, groups.take)}
                </button>
            </Show>
        </li>
    }
}

#[component]
fn Without(
    /// Who has not got it.
    one: LeftOut,
) -> impl IntoView {
    let i18n = use_i18n();
    let LeftOut { user_id, name, reason } = one;
    let why = move || match reason {
        Some(code) => words::problem(i18n, code),
        None => t_string!(i18n, groups.soon),
    };
    view! {
        <li>
            <a href=format!("/users/{user_id}")>{name}</a>
            <small>{why}</small>
        </li>
    }
}

/// Asks which license the open group gives from now on.
#[component]
pub fn GiveDialog(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <TaskDialog
            open=Signal::derive(move || desk.asking.get() == Some(Asking::Give))
            close=move |()| desk.asking.set(None)
            title=Signal::derive(move || t_string!(i18n, groups.give_title, group = desk.name()))
        >
            <Give desk />
        </TaskDialog>
    }
}

#[component]
fn Give(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, chosen) = (Form::default(), Toasts::get(), RwSignal::new(String::new()));
    let options = Signal::derive(move || {
        let given = desk.given.get().and_then(Result::ok).unwrap_or_default();
        let all = desk.live.licenses().get();
        let free = all.into_iter().filter(|license| !given.iter().any(|one| one.license_id == license.id));
        let first = Choosable::new("", t_string!(i18n, common.select));
        let named = free.map(|license| Choosable::new(license.id.to_string(), words::license(i18n, &license)));
        std::iter::once(first).chain(named).collect::<Vec<_>>()
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let license = chosen.get_untracked();
        if !form.begin([("license", license.is_empty().then_some(FieldError::Required))]) {
            return;
        }
        spawn_local(async move {
            match desk.give(&license).await {
                Ok(all) => {
                    let out =
                        all.iter().find(|one| one.license_id.to_string() == license).map_or(0, |g| g.left_out.len());
                    if out == 0 {
                        toasts.good(tu_string!(i18n, groups.give_done).to_owned());
                    } else {
                        toasts.bad(tu_string!(i18n, groups.give_partly, count = out, n = out));
                    }
                    desk.given.set(Some(Ok(all)));
                    desk.asking.set(None);
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{t!(i18n, groups.given_hint)}</p>
            <Select
                label=Signal::derive(move || t_string!(i18n, users.license).to_owned())
                name="license"
                options
                value=chosen
                choose=move |license| chosen.set(license)
                error=form.error("license")
            />
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| desk.asking.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, groups.give_confirm)}
                </button>
            </div>
        </form>
    }
}

/// The question before the open group no longer gives a license.
#[component]
pub fn TakeDialog(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let license = Memo::new(move |_| match desk.asking.get() {
        Some(Asking::Take(id)) => Some(id),
        _ => None,
    });
    let title = move || {
        let known = license.get().and_then(|id| desk.live.license(id));
        let license = known.map(|license| words::license(i18n, &license)).unwrap_or_default();
        t_string!(i18n, groups.take_title, license = license, group = desk.name())
    };
    view! {
        <TaskDialog
            open=Signal::derive(move || license.get().is_some())
            close=move |()| desk.asking.set(None)
            title=Signal::derive(title)
        >
            {move || license.get().map(|license| view! { <Take desk license /> })}
        </TaskDialog>
    }
}

#[component]
fn Take(
    /// The page.
    desk: Desk,
    /// Which.
    license: LicenseId,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default(), Toasts::get());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if form.begin([]) {
            spawn_local(async move {
                match desk.take(license).await {
                    Ok(all) => {
                        toasts.good(tu_string!(i18n, groups.take_done).to_owned());
                        desk.given.set(Some(Ok(all)));
                        desk.asking.set(None);
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{t!(i18n, groups.take_text)}</p>
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" autofocus on:click=move |_| desk.asking.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button danger" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, groups.take)}
                </button>
            </div>
        </form>
    }
}

impl Desk {
    /// Loads what the open group gives, again.
    pub fn load_given(self) {
        // The page may be gone.
        let Some(id) = self.id.try_get_untracked().flatten() else { return };
        spawn_local(async move {
            let answer = self.api.read(&format!("/groups/{id}/licenses")).await;
            // The page is gone, or shows another group.
            if self.id.try_get_untracked() == Some(Some(id)) {
                self.given.set(Some(answer));
            }
        });
    }

    async fn give(self, license: &str) -> Result<Vec<GroupLicense>, Failure> {
        let id = self.id.get_untracked().map(|id| id.to_string()).unwrap_or_default();
        self.api.put(&format!("/groups/{id}/licenses/{license}"), &()).await
    }

    async fn take(self, license: LicenseId) -> Result<Vec<GroupLicense>, Failure> {
        let id = self.id.get_untracked().map(|id| id.to_string()).unwrap_or_default();
        self.api.take(&format!("/groups/{id}/licenses/{license}")).await
    }
}
