//! What a license keeps for groups, and how much of it they may take.

use super::{desk::Desk, entered::whole, stock::Stock};
use crate::{
    api::{Api, Failure},
    format::Format,
    i18n::*,
    ui::{
        dialog::TaskDialog,
        face::{Failed, Skeleton, Wrong, usual},
        field::TextField,
        form::Form,
        opened::{Late, Opened},
        toast::Toasts,
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    license::GroupLimit,
    validate::{FieldError, MAX_SEATS},
    wire::{
        groups::{GroupLimits, GroupView},
        licenses::LicenseView,
    },
};

/// The dialog.
#[component]
pub fn LimitsDialog(
    /// The licenses.
    stock: Stock,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let known = Memo::new(move |_| desk.limiting.get().and_then(|id| stock.license(id)));
    let title = move || {
        let name = known.with(|known| known.as_ref().map(|license| words::license(i18n, license)));
        t_string!(i18n, licenses.limits_title, license = name.unwrap_or_default())
    };
    let open = Signal::derive(move || desk.limiting.with(Option::is_some));
    view! {
        <TaskDialog open close=move |()| desk.limiting.set(None) title=Signal::derive(title)>
            {move || known.get_untracked().map(|first| view! { <Groups first desk /> })}
        </TaskDialog>
    }
}

/// The groups, as soon as they are known.
#[component]
fn Groups(
    /// The license as it was when the dialog was opened.
    first: LicenseView,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let api = Api::get();
    let groups = RwSignal::new(None::<Result<Vec<GroupView>, Failure>>);
    let ask = move || {
        groups.set(None);
        spawn_local(async move { drop(groups.try_set(Some(api.read("/groups").await))) });
    };
    ask();
    move || match groups.get() {
        None => view! { <Skeleton rows=3 /> }.into_any(),
        Some(Err(failure)) => view! { <Failed failure=Signal::stored(failure) retry=move |()| ask() /> }.into_any(),
        Some(Ok(groups)) if groups.is_empty() => view! {
            <p>{t!(i18n, licenses.no_groups)}</p>
            <div class="acts">
                <button type="button" class="button" on:click=move |_| desk.limiting.set(None)>
                    {t!(i18n, common.close)}
                </button>
            </div>
        }
        .into_any(),
        Some(Ok(groups)) => view! { <LimitsForm first=first.clone() groups desk /> }.into_any(),
    }
}

/// One group with what is entered for it.
#[derive(Clone)]
struct Entry {
    group: GroupView,
    floor: RwSignal<String>,
    cap: RwSignal<String>,
}

impl Entry {
    fn of(group: GroupView, limits: &[GroupLimit]) -> Self {
        let limit = limits.iter().find(|limit| limit.group_id == group.id);
        let floor = limit.map(|limit| limit.floor).filter(|floor| *floor > 0);
        let cap = limit.and_then(|limit| limit.cap);
        let text = |number: Option<i64>| RwSignal::new(number.map(|number| number.to_string()).unwrap_or_default());
        Self { floor: text(floor), cap: text(cap), group }
    }

    /// The limit; none if nothing is entered.
    fn limit(&self) -> Result<Option<GroupLimit>, FieldError> {
        let (floor, cap) = (self.floor.get(), self.cap.get());
        let floor = if floor.trim().is_empty() { 0 } else { whole(&floor, (0, MAX_SEATS))? };
        let cap = if cap.trim().is_empty() { None } else { Some(whole(&cap, (floor, MAX_SEATS))?) };
        let group_id = self.group.id;
        Ok((floor > 0 || cap.is_some()).then_some(GroupLimit { group_id, floor, cap }))
    }
}

/// The limits of groups that the reader does not see. They stay as they are: what is sent replaces all.
fn unseen(limits: &[GroupLimit], seen: &[Entry]) -> Vec<GroupLimit> {
    let is_unseen = |limit: &&GroupLimit| seen.iter().all(|entry| entry.group.id != limit.group_id);
    limits.iter().filter(is_unseen).cloned().collect()
}

#[component]
fn LimitsForm(
    /// The license as it was when the dialog was opened.
    first: LicenseView,
    /// All groups.
    groups: Vec<GroupView>,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, toasts, form) = (Format::get(), Toasts::get(), Form::default());
    let (id, seats) = (first.id, first.seats);
    let shown = first.group_limits.clone();
    let opened = Opened::at(format!("/licenses/{id}"), move |now: &LicenseView| now.group_limits == shown);
    let reload = move |()| {
        desk.limiting.set(None);
        set_timeout(move || desk.limiting.set(Some(id)), std::time::Duration::from_millis(300));
    };
    let entries: Vec<_> = groups.into_iter().map(|group| Entry::of(group, &first.group_limits)).collect();
    let all = StoredValue::new(entries.clone());
    let unseen = unseen(&first.group_limits, &entries);
    let limits = Memo::new(move |_| {
        let entered = all
            .with_value(|all| all.iter().filter_map(|entry| entry.limit().transpose()).collect::<Result<Vec<_>, _>>());
        entered.map(|entered| [entered, unseen.clone()].concat())
    });
    let kept = move || limits.get().unwrap_or_default().iter().map(|limit| limit.floor).sum::<i64>();
    let sum = move || t_string!(i18n, licenses.kept_of, n = format.number(kept()), seats = format.number(seats));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let limits = limits.get_untracked();
        let (true, Ok(limits)) = (form.begin([("limits", limits.clone().err())]), limits) else { return };
        spawn_local(async move {
            match opened.put::<LicenseView>("/groups", &GroupLimits { limits }).await {
                Ok(changed) => {
                    let name = untrack(|| words::license(i18n, &changed));
                    toasts.good(tu_string!(i18n, licenses.limits_changed, license = name));
                    form.done();
                    desk.limiting.set(None);
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <Late opened reload />
            <p class="hint">{t!(i18n, licenses.limits_hint)}</p>
            <div class="limits">{entries.into_iter().map(|entry| view! { <Row entry /> }).collect_view()}</div>
            <p role="status">{sum}</p>
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| desk.limiting.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {move || if form.busy() { t_string!(i18n, licenses.saving) } else { t_string!(i18n, common.save) }}
                </button>
            </div>
        </form>
    }
}

#[component]
fn Row(
    /// The group.
    entry: Entry,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (floor, cap) = (entry.floor, entry.cap);
    let (members, name) = (entry.group.members, entry.group.name.clone());
    let count = move || t_string!(i18n, licenses.members, count = members, n = format.number(members));
    let error = Signal::derive(move || entry.limit().err());
    view! {
        <fieldset class="limit">
            <legend>
                <b>{name}</b>
                " "
                <small>{count}</small>
            </legend>
            <div class="pair">
                <TextField
                    label=Signal::derive(move || t_string!(i18n, licenses.floor).to_owned())
                    value=floor
                    kind="number"
                    name="floor"
                    optional=true
                />
                <TextField
                    label=Signal::derive(move || t_string!(i18n, licenses.cap).to_owned())
                    value=cap
                    kind="number"
                    name="cap"
                    error=error
                    optional=true
                />
            </div>
        </fieldset>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::ids::GroupId;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn what_is_kept_for_groups_that_the_reader_does_not_see_stays() {
        let id = |n: u8| format!("00000000-0000-4000-8000-00000000000{n}").parse::<GroupId>().unwrap();
        let limit = |n| GroupLimit { group_id: id(n), floor: 3, cap: None };
        let seen = GroupView { id: id(1), name: "Nord".to_owned(), members: 0, directory_id: None };
        let entries = [Entry::of(seen, &[limit(1), limit(2)])];
        assert_eq!(unseen(&[limit(1), limit(2)], &entries), [limit(2)]);
    }
}
