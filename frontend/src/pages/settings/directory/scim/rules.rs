//! Rules of a directory: which licenses and roles the members of groups get, in order of priority.

mod rule_fieldset;
mod rule_list;

use super::{preview::RulesPreviewNote, state::ScimState};
use crate::{
    i18n::*,
    text::text,
    ui::{
        edit_conflict::VersionedEdit,
        focus::focus_within,
        form::Form,
        icon::{Glyph, Icon},
        keyed_list::For,
        page_form::PageForm,
        query::{LoadState, Loaded, Query},
        show::Show,
        toast::Toasts,
    },
};
use leptos::prelude::*;
use rule_fieldset::RuleFieldset;
use rule_list::RuleList;
use seatkeeper_shared::{
    endpoints,
    ids::DirectoryId,
    wire::directory::{RuleView, RulesPreview, SetRules},
};

/// The rules of a directory, in a form.
#[component]
pub fn Rules(
    /// The directory shown.
    id: DirectoryId,
    /// The state of the section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let rules = Query::once(endpoints::directories::rules(id));
    let node = NodeRef::<leptos::html::Div>::new();
    let reload = Callback::new(move |()| {
        // The button that was clicked goes with the form.
        if let Some(node) = node.get_untracked() {
            // Fails only if the element has been removed.
            let _ = node.focus();
        }
        rules.reload();
    });
    let form = move || rules.get().map(|rules| view! { <RulesForm id rules scim reload /> });
    view! {
        <div node_ref=node role="group" tabindex="-1" aria-label=move || t_string!(i18n, scim.rules)>
            <Loaded status=rules.status()>{form}</Loaded>
        </div>
    }
}

#[component]
fn RulesForm(
    /// The directory shown.
    id: DirectoryId,
    /// The saved rules.
    rules: Vec<RuleView>,
    /// The state of the section.
    scim: ScimState,
    /// Called to show the current rules after a conflict.
    reload: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, list) = (Form::default(), Toasts::get(), RuleList::of(rules.clone()));
    let edit = VersionedEdit::of(endpoints::directories::rules(id), move |now: &Vec<RuleView>| *now == rules);
    let submit = move |()| {
        let (sent, save) = (list.keys(), endpoints::directories::set_rules(id, &untrack(|| list.request())));
        form.run([list.check()], edit.send(save), move |saved| {
            list.set_ids(&sent, &saved);
            toasts.success(tu_string!(i18n, scim.saved));
            // The list shows the number of failures.
            scim.directories.reload();
        });
    };
    let asked = RwSignal::new(None::<SetRules>);
    let preview = Query::new(move || asked.get().map(|rules| endpoints::directories::preview_rules(id, &rules)));
    let show_preview = move |_| {
        if form.begin([list.check()]) {
            // Only checked: nothing is submitted, so that what has been entered remains unsaved.
            form.clear();
            asked.set(Some(untrack(|| list.request())));
            preview.reload();
        }
    };
    let acts = move || {
        view! {
            <button type="button" class="button" on:click=show_preview>
                {t!(i18n, scim.preview)}
            </button>
        }
    };
    view! {
        <PageForm form submit embedded=true edit=(edit, reload) confirm=text!(scim.save) acts>
            <p class="muted">{t!(i18n, scim.rules_text)}</p>
            <RuleFieldsets list form scim />
            <Preview list asked preview scim />
        </PageForm>
    }
}

/// The fields of all rules, and a button to add one.
#[component]
fn RuleFieldsets(
    /// The rules as entered.
    list: RuleList,
    /// State and errors of the form.
    form: Form,
    /// The state of the section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let has_no_groups =
        move || scim.groups.status().state() == LoadState::Loaded && scim.groups.all.with(Vec::is_empty);
    let add = move |event: web_sys::MouseEvent| {
        focus_within(&event, "form", ".rules > li:last-child select");
        list.add();
        form.touch();
    };
    view! {
        <Show when=has_no_groups>
            <p class="note">
                <span>{t!(i18n, scim.no_groups)} " " <a href="/groups">{t!(i18n, nav.groups)}</a></span>
            </p>
        </Show>
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
    }
}

/// The effects of the rules for which a preview was asked, until they are edited.
#[component]
fn Preview(
    /// The rules as entered.
    list: RuleList,
    /// The rules for which the preview was asked.
    asked: RwSignal<Option<SetRules>>,
    /// Their effects.
    preview: Query<RulesPreview>,
    /// The state of the section.
    scim: ScimState,
) -> impl IntoView {
    let is_current = move || asked.with(|asked| asked.as_ref().is_some_and(|asked| *asked == list.request()));
    view! {
        <div role="status">
            <Show when=is_current>
                <Loaded status=preview.status() rows=1>
                    {move || preview.get().map(|preview| view! { <RulesPreviewNote preview scim /> })}
                </Loaded>
            </Show>
        </div>
    }
}
