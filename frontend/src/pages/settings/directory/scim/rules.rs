//! Rules of a directory: which licenses and roles the members of groups get, in order of priority.

mod rule_fieldset;
mod rule_list;

use super::{preview::RulesPreviewNote, state::ScimState};
use crate::{
    api::Failure,
    i18n::*,
    ui::{
        edit_conflict::{ConflictNotice, VersionedEdit},
        empty_state::{LoadError, Skeleton},
        error_message::{ErrorMessage, failure_text},
        focus::focus_within,
        form::{FieldCheck, Form},
        icon::{Glyph, Icon},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use rule_fieldset::RuleFieldset;
use rule_list::RuleList;
use seatkeeper_shared::{
    endpoints::Endpoint,
    ids::DirectoryId,
    validate::FieldError,
    wire::directory::{RuleView, RulesPreview, SetRules},
};

/// Loads the rules, then shows the form.
#[component]
pub fn Rules(
    /// The directory shown.
    id: DirectoryId,
    /// Shared state of the SCIM section.
    scim: ScimState,
) -> impl IntoView {
    let loaded = RwSignal::new(None::<Result<Vec<RuleView>, Failure>>);
    let load = move || {
        spawn_local(async move {
            let answer = scim.api.read(&format!("/directories/{id}/rules")).await;
            loaded.try_set(Some(answer));
        });
    };
    load();
    scim.groups.reload();
    move || match loaded.get() {
        None => view! { <Skeleton rows=3 /> }.into_any(),
        Some(Err(failure)) => view! { <LoadError failure=Signal::stored(failure) retry=move |()| load() /> }.into_any(),
        Some(Ok(rules)) => view! { <RulesForm id rules scim reload=move |()| load() /> }.into_any(),
    }
}

#[component]
fn RulesForm(
    /// The directory shown.
    id: DirectoryId,
    /// The saved rules.
    rules: Vec<RuleView>,
    /// Shared state of the SCIM section.
    scim: ScimState,
    /// Reloads the rules after a conflict.
    #[prop(into)]
    reload: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, list) = (Form::default(), Toasts::get(), RuleList::of(rules.clone()));
    let edit =
        VersionedEdit::of(Endpoint::get(format!("/directories/{id}/rules")), move |now: &Vec<RuleView>| *now == rules);
    let save = move || {
        spawn_local(async move {
            let request = untrack(|| list.request());
            match edit.send(Endpoint::<Vec<RuleView>>::put(format!("/directories/{id}/rules"), &request)).await {
                Ok(saved) => {
                    form.done();
                    list.replace(saved);
                    toasts.success(tu_string!(i18n, scim.saved));
                    // The list shows the number of failures.
                    scim.load();
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if form.begin([lacks_group(list)]) {
            save();
        }
    };
    let add = move |event: web_sys::MouseEvent| {
        focus_within(&event, "form", ".rules > li:last-child select");
        list.add();
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <ConflictNotice edit reload />
            <p class="muted">{t!(i18n, scim.rules_text)}</p>
            <Show when=move || list.is_empty()>
                <p>{t!(i18n, scim.no_rules)}</p>
            </Show>
            <ol class="rules">
                <For each=move || list.all() key=|rule| rule.key let:rule>
                    <RuleFieldset rule list form scim />
                </For>
            </ol>
            <button type="button" class="button" on:click=add>
                <Icon glyph=Glyph::Plus />
                {t!(i18n, scim.add_rule)}
            </button>
            <RulesFooter id list form scim />
        </form>
    }
}

/// Rules without a group would be silently dropped, so they are an error.
fn lacks_group(list: RuleList) -> FieldCheck {
    ("rule_group", untrack(|| list.lacks_group()).then_some(FieldError::Required))
}

/// Preview of the rules, and the buttons of the form.
#[component]
fn RulesFooter(
    /// The directory shown.
    id: DirectoryId,
    /// The rules as entered.
    list: RuleList,
    /// State and errors of the form.
    form: Form,
    /// Shared state of the SCIM section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let found = RwSignal::new(None::<(SetRules, RulesPreview)>);
    let load_preview = move |_| {
        if form.begin([lacks_group(list)]) {
            let request = untrack(|| list.request());
            spawn_local(async move {
                match scim.api.post(&format!("/directories/{id}/rules/preview"), &request).await {
                    Ok(preview) => {
                        form.done();
                        found.set(Some((request, preview)));
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    // A preview of rules that have been edited since is outdated.
    let preview = move || found.get().filter(|(of, _)| *of == list.request()).map(|(_, preview)| preview);
    view! {
        <div role="status">{move || preview().map(|preview| view! { <RulesPreviewNote preview scim /> })}</div>
        <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
        <div class="acts">
            <button type="button" class="button" aria-disabled=move || form.busy().to_string() on:click=load_preview>
                {t!(i18n, scim.preview)}
            </button>
            <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                {t!(i18n, scim.save)}
            </button>
        </div>
    }
}
