//! The rules of a directory: what the members of groups get, in order.

mod entered;
mod one;

use super::{desk::Desk, preview::Preview};
use crate::{
    api::Failure,
    i18n::*,
    ui::{
        face::{Failed, Skeleton, Wrong, usual},
        form::{Checked, Form},
        icon::{Glyph, Icon},
        opened::{Late, Opened},
        toast::Toasts,
    },
};
use entered::List;
use leptos::{prelude::*, task::spawn_local};
use one::Rule;
use seatkeeper_shared::{
    ids::DirectoryId,
    validate::FieldError,
    wire::directory::{RuleView, RulesPreview, SetRules},
};

/// The rules, once they are loaded.
#[component]
pub fn Rules(
    /// The directory.
    id: DirectoryId,
    /// The directories.
    desk: Desk,
) -> impl IntoView {
    let loaded = RwSignal::new(None::<Result<Vec<RuleView>, Failure>>);
    let load = move || {
        spawn_local(async move {
            let answer = desk.api.read(&format!("/directories/{id}/rules")).await;
            loaded.try_set(Some(answer));
        });
    };
    load();
    desk.groups.again();
    move || match loaded.get() {
        None => view! { <Skeleton rows=3 /> }.into_any(),
        Some(Err(failure)) => view! { <Failed failure=Signal::stored(failure) retry=move |()| load() /> }.into_any(),
        Some(Ok(rules)) => view! { <Editor id rules desk reload=move |()| load() /> }.into_any(),
    }
}

#[component]
fn Editor(
    /// The directory.
    id: DirectoryId,
    /// As they are now.
    rules: Vec<RuleView>,
    /// The directories.
    desk: Desk,
    /// Shows them as they are by then.
    #[prop(into)]
    reload: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, list) = (Form::default(), Toasts::get(), List::of(rules.clone()));
    let opened = Opened::at(format!("/directories/{id}/rules"), move |now: &Vec<RuleView>| *now == rules);
    let save = move || {
        spawn_local(async move {
            let wanted = untrack(|| list.wanted());
            match opened.put::<Vec<RuleView>>("", &wanted).await {
                Ok(saved) => {
                    form.done();
                    list.put(saved);
                    toasts.good(tu_string!(i18n, scim.saved));
                    // What they could not do stands at the directory.
                    desk.load();
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
    view! {
        <form class="form" novalidate on:submit=submit>
            <Late opened reload />
            <p class="muted">{t!(i18n, scim.rules_text)}</p>
            <Show when=move || list.is_empty()>
                <p>{t!(i18n, scim.no_rules)}</p>
            </Show>
            <ol class="rules">
                <For each=move || list.all() key=|rule| rule.key let:rule>
                    <Rule rule list form desk />
                </For>
            </ol>
            <button type="button" class="button" on:click=move |_| list.add()>
                <Icon glyph=Glyph::Plus />
                {t!(i18n, scim.add_rule)}
            </button>
            <End id list form desk />
        </form>
    }
}

/// A rule without a group would be left out without a word.
fn lacks_group(list: List) -> Checked {
    ("rule_group", untrack(|| list.lacks_group()).then_some(FieldError::Required))
}

/// What would come of the rules, and what one does with them.
#[component]
fn End(
    /// The directory.
    id: DirectoryId,
    /// The rules as they are entered.
    list: List,
    /// Their form.
    form: Form,
    /// The directories.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let found = RwSignal::new(None::<(SetRules, RulesPreview)>);
    let look = move |_| {
        if form.begin([lacks_group(list)]) {
            let wanted = untrack(|| list.wanted());
            spawn_local(async move {
                match desk.api.post(&format!("/directories/{id}/rules/preview"), &wanted).await {
                    Ok(preview) => {
                        form.done();
                        found.set(Some((wanted, preview)));
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    // Of other rules than those that are entered it says nothing.
    let preview = move || found.get().filter(|(of, _)| *of == list.wanted()).map(|(_, preview)| preview);
    view! {
        <div role="status">{move || preview().map(|preview| view! { <Preview preview desk /> })}</div>
        <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
        <div class="acts">
            <button type="button" class="button" aria-disabled=move || form.busy().to_string() on:click=look>
                {t!(i18n, scim.preview)}
            </button>
            <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                {t!(i18n, scim.save)}
            </button>
        </div>
    }
}
