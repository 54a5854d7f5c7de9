//! Dialog to change the rules of a license. Changes apply immediately.

use super::{
    catalog::Catalog,
    rule_fields::RulesFieldset,
    rule_values::{RuleFields, RuleValues},
    state::LicensesPageState,
};
use crate::{
    caller::Caller,
    i18n::*,
    labels,
    ui::{
        dialog::TaskDialog,
        edit_conflict::{ConflictNotice, VersionedEdit},
        error_message::{ErrorMessage, failure_text},
        form::Form,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    endpoints::Endpoint,
    license::{Model, RuleOverrides},
    permissions::Action,
    wire::licenses::{ChangeLicense, LicenseView},
};

#[component]
pub fn ChangeRulesDialog(
    /// Products and licenses of the page.
    catalog: Catalog,
    /// Which dialog of the page is open.
    page: LicensesPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let license = Memo::new(move |_| page.rules_dialog.get().and_then(|id| catalog.license(id)));
    let title = move || {
        let name = license.with(|license| license.as_ref().map(|license| labels::license(i18n, license)));
        t_string!(i18n, licenses.rules_title, license = name.unwrap_or_default())
    };
    let open = Signal::derive(move || page.rules_dialog.with(Option::is_some));
    view! {
        <TaskDialog open close=move |()| page.rules_dialog.set(None) title=Signal::derive(title)>
            {move || license.get_untracked().map(|first| view! { <RulesForm first page /> })}
        </TaskDialog>
    }
}

#[component]
fn RulesForm(
    /// The license when the dialog was opened.
    first: LicenseView,
    /// Which dialog of the page is open.
    page: LicensesPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (caller, toasts, form) = (Caller::get(), Toasts::get(), Form::default());
    let (id, model) = (first.id, first.model);
    let before = RuleValues::from(first.rules);
    let rules = RuleFields::of(before.clone());
    let shown = first.rules;
    let edit = VersionedEdit::of(Endpoint::get(format!("/licenses/{id}")), move |now: &LicenseView| now.rules == shown);
    let reload = move |()| {
        page.rules_dialog.set(None);
        set_timeout(move || page.rules_dialog.set(Some(id)), std::time::Duration::from_millis(300));
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let (body, wrong) = match rules.values().changed(&before, model) {
            Ok(rules) => (rules, Vec::new()),
            Err(wrong) => (RuleOverrides::default(), wrong),
        };
        if !form.begin(wrong) {
            return;
        }
        if body == RuleOverrides::default() {
            form.done();
            page.rules_dialog.set(None);
            return;
        }
        spawn_local(async move {
            let body = ChangeLicense { rules: body, ..ChangeLicense::default() };
            match edit.send(Endpoint::<LicenseView>::patch(format!("/licenses/{id}"), &body)).await {
                Ok(changed) => {
                    let name = untrack(|| labels::license(i18n, &changed));
                    toasts.success(tu_string!(i18n, licenses.rules_changed, license = name));
                    form.done();
                    page.rules_dialog.set(None);
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <ConflictNotice edit reload />
            <RulesFieldset
                rules
                form
                shared=Signal::stored(model == Model::Concurrent)
                may_buy=Signal::derive(move || caller.may(Action::ChangeSeats))
            />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| page.rules_dialog.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {move || if form.busy() { t_string!(i18n, licenses.saving) } else { t_string!(i18n, common.save) }}
                </button>
            </div>
        </form>
    }
}
