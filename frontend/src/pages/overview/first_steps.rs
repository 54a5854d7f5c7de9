//! The first steps of a new account, which tick themselves.

use super::state::OverviewState;
use crate::{
    i18n::*,
    text::{Text, text},
    ui::icon::{Glyph, Icon},
};
use leptos::prelude::*;
use leptos_router::components::A;
use seatkeeper_shared::wire::reports::SetupProgress;

/// A step: what is to be done, why, and where.
#[derive(Clone, Copy)]
struct Step {
    is_done: fn(&SetupProgress) -> bool,
    what: Text,
    why: Text,
    path: &'static str,
}

/// The steps in their order; the first that is not done is the next.
#[component]
pub fn FirstSteps(
    /// The state of the page.
    page: OverviewState,
) -> impl IntoView {
    let i18n = use_i18n();
    let setup = Memo::new(move |_| page.overview.with(|overview| overview.setup).unwrap_or_default());
    let steps = [
        Step {
            is_done: |setup| setup.product,
            what: text!(overview.step_product),
            why: text!(overview.step_product_why),
            path: "/licenses",
        },
        Step {
            is_done: |setup| setup.license,
            what: text!(overview.step_license),
            why: text!(overview.step_license_why),
            path: "/licenses",
        },
        Step {
            is_done: |setup| setup.people,
            what: text!(overview.step_people),
            why: text!(overview.step_people_why),
            path: "/users",
        },
        Step {
            is_done: |setup| setup.assignment,
            what: text!(overview.step_assignment),
            why: text!(overview.step_assignment_why),
            path: "/users",
        },
        Step {
            is_done: |setup| setup.session,
            what: text!(overview.step_session),
            why: text!(overview.step_session_why),
            path: "/console",
        },
    ];
    let next = Memo::new(move |_| setup.with(|setup| steps.iter().position(|step| !(step.is_done)(setup))));
    let row = move |(index, step): (usize, Step)| {
        let done = Memo::new(move |_| setup.with(step.is_done));
        let is_next = Memo::new(move |_| next.get() == Some(index));
        let button_class = move || if is_next.get() { "button small primary" } else { "button small" };
        view! {
            <li class:done=move || done.get() aria-current=move || is_next.get().then_some("step")>
                <span class="step">
                    <span class="step-mark">
                        {move || if done.get() {
                            view! { <Icon glyph=Glyph::Tick /> }.into_any()
                        } else {
                            view! { <span aria-hidden="true">{index + 1}</span> }.into_any()
                        }}
                    </span>
                    <span>
                        <b>{move || step.what.get(i18n)}</b>
                        <span class="vh">
                            {move || if done.get() { t_string!(i18n, overview.step_done) } else { "" }}
                        </span>
                        <small>{move || step.why.get(i18n)}</small>
                    </span>
                </span>
                {move || (!done.get()).then(|| view! {
                    <A href=step.path attr:class=button_class>
                        {t!(i18n, overview.step_begin)}
                        <span class="vh">": " {move || step.what.get(i18n)}</span>
                    </A>
                })}
            </li>
        }
    };
    view! {
        <section class="card" aria-labelledby="steps-title">
            <h2 id="steps-title">{t!(i18n, overview.steps)}</h2>
            <ol class="lines steps">{steps.into_iter().enumerate().map(row).collect_view()}</ol>
        </section>
    }
}
