//! Importing users: choose a file, match its columns, dry run, import, result.

mod columns;
mod job;
mod matching;
mod result;

use crate::ui::show::Show;
use crate::{
    i18n::*,
    shell::RequirePermission,
    text::text,
    ui::{breadcrumbs::Breadcrumbs, error_message::ErrorMessage, page_head::PageHead},
};
use job::ImportJob;
use leptos::prelude::*;
use matching::{EncodingChoice, Matching, needs_encoding};
use result::{ImportResult, file_error_text};
use seatkeeper_shared::permissions::Action;
use wasm_bindgen::JsCast as _;

/// The file types offered by the browser's file dialog.
const ACCEPTED_FILES: &str = ".csv,.txt,.tsv,.xlsx,text/csv,text/plain,\
                              application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

#[component]
pub fn ImportPage() -> impl IntoView {
    view! {
        <div class="page import-page">
            <RequirePermission action=Action::ManageUsers>
                <Import />
            </RequirePermission>
        </div>
    }
    .into_any()
}

#[component]
fn Import() -> impl IntoView {
    let i18n = use_i18n();
    let job = ImportJob::new();
    let wrong = move || file_error_text(i18n, job.failure());
    view! {
        <PageHead
            title=text!(import.title)
            above=|| view! { <Breadcrumbs href="/users" above=text!(nav.users) here=text!(import.title) /> }
        />
        <section class="list import" aria-label=move || t_string!(i18n, import.title)>
            <FileField job />
            <ErrorMessage text=Signal::derive(wrong) />
            <Show when=move || needs_encoding(job)>
                <EncodingChoice job />
            </Show>
            <Show when=move || job.is_matching()>
                <Matching job />
            </Show>
            <Show when=move || job.is_known()>
                <ImportResult job />
            </Show>
        </section>
    }
}

/// The choice of the file, with hints on its format.
#[component]
fn FileField(
    /// The import of the page.
    job: ImportJob,
) -> impl IntoView {
    let i18n = use_i18n();
    let chosen = move |event: web_sys::Event| {
        let input = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
        if let Some(file) = input.as_ref().and_then(|input| input.files()).and_then(|files| files.get(0)) {
            job.choose(file);
        }
        // So that the same file can be chosen again after it was corrected.
        input.into_iter().for_each(|input| input.set_value(""));
    };
    view! {
        <div class="field">
            <label for="import-file">{t!(i18n, import.file)}</label>
            <input
                id="import-file"
                type="file"
                name="file"
                accept=ACCEPTED_FILES
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
