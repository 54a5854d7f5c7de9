//! The rules of a license that exists: what is changed counts at once for everybody.

use super::{
    desk::Desk,
    rule_fields::AllRules,
    rules::{EnteredRules, RuleFields},
    stock::Stock,
};
use crate::{
    caller::Caller,
    i18n::*,
    ui::{
        dialog::TaskDialog,
        face::{Wrong, usual},
        form::Form,
        opened::{Late, Opened},
        toast::Toasts,
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    license::{ChosenRules, Model},
    permissions::Action,
    wire::licenses::{ChangeLicense, LicenseView},
};

/// The dialog.
#[component]
pub fn ChangeRulesDialog(
    /// The licenses.
    stock: Stock,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let known = Memo::new(move |_| desk.ruling.get().and_then(|id| stock.license(id)));
    let title = move || {
        let name = known.with(|known| known.as_ref().map(|license| words::license(i18n, license)));
        t_string!(i18n, licenses.rules_title, license = name.unwrap_or_default())
    };
    let open = Signal::derive(move || desk.ruling.with(Option::is_some));
    view! {
        <TaskDialog open close=move |()| desk.ruling.set(None) title=Signal::derive(title)>
            {move || known.get_untracked().map(|first| view! { <RulesForm first desk /> })}
        </TaskDialog>
    }
}

#[component]
fn RulesForm(
    /// The license as it was when the dialog was opened.
    first: LicenseView,
    /// The dialogs.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let (caller, toasts, form) = (Caller::get(), Toasts::get(), Form::default());
    let (id, model) = (first.id, first.model);
    let before = EnteredRules::from(first.rules);
    let rules = RuleFields::of(before.clone());
    let shown = first.rules;
    let opened = Opened::at(format!("/licenses/{id}"), move |now: &LicenseView| now.rules == shown);
    let reload = move |()| {
        desk.ruling.set(None);
        set_timeout(move || desk.ruling.set(Some(id)), std::time::Duration::from_millis(300));
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let (body, wrong) = match rules.once().changed(&before, model) {
            Ok(rules) => (rules, Vec::new()),
            Err(wrong) => (ChosenRules::default(), wrong),
        };
        if !form.begin(wrong) {
            return;
        }
        if body == ChosenRules::default() {
            form.done();
            desk.ruling.set(None);
            return;
        }
        spawn_local(async move {
            let body = ChangeLicense { rules: body, ..ChangeLicense::default() };
            match opened.patch::<LicenseView>(&body).await {
                Ok(changed) => {
                    let name = untrack(|| words::license(i18n, &changed));
                    toasts.good(tu_string!(i18n, licenses.rules_changed, license = name));
                    form.done();
                    desk.ruling.set(None);
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <Late opened reload />
            <AllRules
                rules
                form
                shared=Signal::stored(model == Model::Concurrent)
                buys=Signal::derive(move || caller.may(Action::ChangeSeats))
            />
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| desk.ruling.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {move || if form.busy() { t_string!(i18n, licenses.saving) } else { t_string!(i18n, common.save) }}
                </button>
            </div>
        </form>
    }
}
