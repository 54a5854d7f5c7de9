//! Importing users: choose a file, match its columns, see what would become of each row, import it, and see what became of it.

mod columns;
mod job;
mod matching;
mod result;

use crate::{
    i18n::*,
    shell::Only,
    ui::{face::Wrong, head::PageHead},
};
use job::Job;
use leptos::prelude::*;
use leptos_router::components::A;
use matching::{Encoding, Matching, asks_for_encoding};
use result::{Told, wrong_file};
use seatkeeper_shared::permissions::Action;
use wasm_bindgen::JsCast as _;

/// The page.
#[component]
pub fn ImportPage() -> impl IntoView {
    view! {
        <Only action=Action::ManageUsers>
            <Import />
        </Only>
    }
    .into_any()
}

#[component]
fn Import() -> impl IntoView {
    let i18n = use_i18n();
    let job = Job::new();
    let wrong = move || wrong_file(i18n, job.failure.get());
    view! {
        <PageHead title=Signal::derive(move || t_string!(i18n, import.title).to_owned())>
            <A href="/users" attr:class="button">
                {t!(i18n, import.back)}
            </A>
        </PageHead>
        <section class="list import" aria-label=move || t_string!(i18n, import.title)>
            <FileField job />
            <Wrong text=Signal::derive(wrong) />
            <Show when=move || asks_for_encoding(job)>
                <Encoding job />
            </Show>
            <Show when=move || job.is_matching()>
                <Matching job />
            </Show>
            <Show when=move || job.import.with(Option::is_some)>
                <Told job />
            </Show>
        </section>
    }
}

/// The file, and what may stand in it.
#[component]
fn FileField(
    /// The import.
    job: Job,
) -> impl IntoView {
    let i18n = use_i18n();
    let chosen = move |event: web_sys::Event| {
        let input = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
        if let Some(file) = input.as_ref().and_then(|input| input.files()).and_then(|files| files.get(0)) {
            job.choose(file);
        }
        // So that the same file, corrected, can be chosen again.
        input.into_iter().for_each(|input| input.set_value(""));
    };
    view! {
        <div class="field">
            <label for="import-file">{t!(i18n, import.file)}</label>
            <input
                id="import-file"
                type="file"
                name="file"
                accept=".csv,.txt,.tsv,.xlsx,text/csv,text/plain,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
                aria-describedby="import-file-notes"
                disabled=move || job.busy()
                on:change=chosen
            />
            <div id="import-file-notes" class="notes">
                <p class="hint">{t!(i18n, import.columns)}</p>
                <p class="hint">{t!(i18n, import.adds)}</p>
            </div>
        </div>
    }
}
