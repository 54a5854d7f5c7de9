//! The rules of a directory: what the members of groups get, in order.

use super::{desk::Desk, preview::Preview};
use crate::{
    api::Failure,
    i18n::*,
    ui::{
        face::{Failed, Skeleton, Wrong, usual},
        form::Form,
        icon::{Glyph, Icon},
        select::{Choosable, Select},
        toast::Toasts,
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::{DirectoryId, LicenseId, RuleId},
    people::Role,
    wire::directory::{RuleView, RulesPreview, SetRules, WantedRule},
};

/// A rule as it is entered.
#[derive(Clone, Copy, PartialEq)]
struct Entered {
    /// For the list.
    key: usize,
    /// The rule that it was.
    id: Option<RuleId>,
    group: RwSignal<String>,
    licenses: RwSignal<Vec<LicenseId>>,
    role: RwSignal<String>,
}

impl Entered {
    fn new(key: usize, rule: Option<RuleView>) -> Self {
        let (id, group, licenses, role) = match rule {
            Some(rule) => (Some(rule.id), rule.group_id.to_string(), rule.license_ids, rule.role),
            None => (None, String::new(), Vec::new(), None),
        };
        let role = role.map(|role| role.to_string()).unwrap_or_default();
        Self { key, id, group: RwSignal::new(group), licenses: RwSignal::new(licenses), role: RwSignal::new(role) }
    }

    /// Nothing as long as no group is chosen.
    fn wanted(self) -> Option<WantedRule> {
        Some(WantedRule {
            id: self.id,
            group_id: self.group.get_untracked().parse().ok()?,
            license_ids: self.licenses.get_untracked(),
            role: self.role.get_untracked().parse().ok(),
        })
    }
}

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
        Some(Ok(rules)) => view! { <Editor id rules desk /> }.into_any(),
    }
}

fn all_of(rules: Vec<RuleView>) -> Vec<Entered> {
    rules.into_iter().enumerate().map(|(key, rule)| Entered::new(key, Some(rule))).collect()
}

#[component]
fn Editor(
    /// The directory.
    id: DirectoryId,
    /// As they are now.
    rules: Vec<RuleView>,
    /// The directories.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default(), Toasts::get());
    let entered = RwSignal::new(all_of(rules));
    let preview = RwSignal::new(None::<RulesPreview>);
    let body = move || SetRules { rules: entered.get_untracked().into_iter().filter_map(Entered::wanted).collect() };
    let look = move |_| {
        if form.begin([]) {
            let body = body();
            spawn_local(async move {
                match desk.api.post(&format!("/directories/{id}/rules/preview"), &body).await {
                    Ok(found) => {
                        form.done();
                        preview.set(Some(found));
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if form.begin([]) {
            let body = body();
            spawn_local(async move {
                match desk.api.put::<Vec<RuleView>>(&format!("/directories/{id}/rules"), &body).await {
                    Ok(_) => {
                        toasts.good(tu_string!(i18n, scim.saved));
                        // The whole list is drawn anew, with the rules as they are saved.
                        desk.load();
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    let add = move |_| {
        entered.update(|all| {
            let key = all.iter().map(|one| one.key + 1).max().unwrap_or_default();
            all.push(Entered::new(key, None));
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p class="muted">{t!(i18n, scim.rules_text)}</p>
            <Show when=move || entered.with(Vec::is_empty)>
                <p>{t!(i18n, scim.no_rules)}</p>
            </Show>
            <ol class="rules">
                <For each=move || entered.get() key=|rule| rule.key let:rule>
                    <Rule rule all=entered desk />
                </For>
            </ol>
            <div class="acts spread">
                <button type="button" class="button" on:click=add>
                    <Icon glyph=Glyph::Plus />
                    {t!(i18n, scim.add_rule)}
                </button>
            </div>
            <div role="status">{move || preview.get().map(|preview| view! { <Preview preview desk /> })}</div>
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" aria-disabled=move || form.busy().to_string() on:click=look>
                    {t!(i18n, scim.preview)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, scim.save)}
                </button>
            </div>
        </form>
    }
}

#[component]
fn Rule(
    /// The rule.
    rule: Entered,
    /// All rules.
    all: RwSignal<Vec<Entered>>,
    /// The directories.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let place = Memo::new(move |_| all.with(|all| all.iter().position(|one| one.key == rule.key)).unwrap_or_default());
    let number = move || place.get() + 1;
    let groups = move || {
        let mut choices = vec![Choosable::new("", t_string!(i18n, common.select))];
        choices.extend(desk.groups.all.get().into_iter().map(|group| Choosable::new(group.id.to_string(), group.name)));
        choices
    };
    let roles = move || {
        let mut choices = vec![Choosable::new("", t_string!(i18n, scim.no_role))];
        choices.extend(Role::ALL.iter().map(|role| Choosable::new(role.as_str(), words::role(i18n, *role))));
        choices
    };
    let up = move |_| {
        let at = place.get_untracked();
        if at > 0 {
            all.update(|all| all.swap(at, at - 1));
        }
    };
    view! {
        <li>
            <fieldset class="part">
                <legend>{move || t_string!(i18n, scim.rule_of, n = number())}</legend>
                <Select
                    label=Signal::derive(move || t_string!(i18n, scim.rule_group).to_owned())
                    name="rule_group"
                    options=Signal::derive(groups)
                    value=rule.group
                    choose=move |group| rule.group.set(group)
                />
                <Licenses licenses=rule.licenses desk />
                <Select
                    label=Signal::derive(move || t_string!(i18n, scim.rule_role).to_owned())
                    name="rule_role"
                    options=Signal::derive(roles)
                    value=rule.role
                    choose=move |role| rule.role.set(role)
                />
                <div class="acts">
                    <button
                        type="button"
                        class="button small"
                        aria-label=move || t_string!(i18n, scim.up, n = number())
                        aria-disabled=move || (place.get() == 0).to_string()
                        on:click=up
                    >
                        {t!(i18n, scim.up_short)}
                    </button>
                    <button
                        type="button"
                        class="button small"
                        aria-label=move || t_string!(i18n, scim.remove, n = number())
                        on:click=move |_| all.update(|all| all.retain(|one| one.key != rule.key))
                    >
                        {t!(i18n, scim.remove_short)}
                    </button>
                </div>
            </fieldset>
        </li>
    }
}

#[component]
fn Licenses(
    /// Those that are given.
    licenses: RwSignal<Vec<LicenseId>>,
    /// The directories.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let boxes = move || {
        let all = desk.licenses.get().into_iter().filter(|one| one.archived_at.is_none());
        all.map(|license| {
            let id = license.id;
            let choose = move |event: web_sys::Event| {
                let chosen = event_target_checked(&event);
                licenses.update(|all| {
                    all.retain(|one| *one != id);
                    if chosen {
                        all.push(id);
                    }
                });
            };
            view! {
                <label class="check">
                    <input
                        type="checkbox"
                        prop:checked=move || licenses.with(|all| all.contains(&id))
                        on:change=choose
                    />
                    <span>{move || words::license(i18n, &license)}</span>
                </label>
            }
        })
        .collect_view()
    };
    view! {
        <fieldset class="check-list">
            <legend class="label">{t!(i18n, scim.rule_licenses)}</legend>
            {boxes}
        </fieldset>
    }
}
