//! Matching the columns of a file with the fields of users, before the dry run.

use super::job::ImportJob;
use crate::ui::show::Show;
use crate::{
    format::{Format, Texts},
    i18n::*,
    labels,
    text::text,
    ui::select::{Select, SelectOption},
};
use leptos::prelude::*;
use seatkeeper_shared::{
    validate::FieldError,
    wire::imports::{ImportColumn, ImportField, ImportSource},
};

/// The columns of the file, each with sample values and its meaning.
#[component]
pub fn Matching(
    /// The import of the page.
    job: ImportJob,
) -> impl IntoView {
    let i18n = use_i18n();
    let columns = move || {
        let columns = job.preview.with(|preview| preview.as_ref().map(|preview| preview.columns.clone()));
        columns.unwrap_or_default().into_iter().map(|column| view! { <Column job column /> }).collect_view()
    };
    view! {
        <section class="import-matching" aria-labelledby="import-matching">
            <h2 id="import-matching" tabindex="-1">
                {t!(i18n, import.matching)}
            </h2>
            <FileSummary job />
            <p class="hint">{t!(i18n, import.matching_hint)}</p>
            <table class="import-columns">
                <caption class="vh">{t!(i18n, import.matching)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t!(i18n, import.heading)}</th>
                        <th scope="col">{t!(i18n, import.values)}</th>
                        <th scope="col">{t!(i18n, import.meaning)}</th>
                    </tr>
                </thead>
                <tbody>{columns}</tbody>
            </table>
            <DryRunButton job />
        </section>
    }
}

/// How the file was read: detected source, number of rows, sheet and encoding.
#[component]
fn FileSummary(
    /// The import of the page.
    job: ImportJob,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let summary = move || {
        job.preview.with(|preview| {
            let preview = preview.as_ref()?;
            let (file, rows, source) = (job.name.get(), format.number(preview.rows), source(i18n, preview.source));
            Some(t_string!(i18n, import.read, count = preview.rows, file = file, rows = rows, source = source))
        })
    };
    let sheets = Memo::new(move |_| {
        job.preview.with(|preview| preview.as_ref().map(|preview| preview.sheets.clone())).unwrap_or_default()
    });
    let sheet = move || {
        job.preview.with(|preview| preview.as_ref().and_then(|preview| preview.sheet.clone())).unwrap_or_default()
    };
    let options =
        move || sheets.get().into_iter().map(|name| SelectOption::new(name.clone(), name)).collect::<Vec<_>>();
    let choose = move |name: String| {
        job.sheet.set(name);
        job.load_preview();
    };
    view! {
        <p role="status">{summary}</p>
        <Show when=move || { sheets.with(|sheets| sheets.len() > 1) }>
            <Select
                label=text!(import.sheet)
                name="sheet"
                options=Signal::derive(options)
                value=Signal::derive(sheet)
                choose=Callback::new(choose)
            />
        </Show>
        <Show when=move || sheets.with(Vec::is_empty)>
            <EncodingChoice job />
        </Show>
    }
}

/// The choice of the encoding of a text file, if it was not detected correctly.
#[component]
pub fn EncodingChoice(
    /// The import of the page.
    job: ImportJob,
) -> impl IntoView {
    let i18n = use_i18n();
    let found = move || {
        let found = job.preview.with(|preview| preview.as_ref().and_then(|preview| preview.encoding.clone()));
        match found {
            Some(encoding) => t_string!(i18n, import.encoding_found, encoding = encoding),
            None => t_string!(i18n, import.encoding_unknown).to_owned(),
        }
    };
    let options = move || {
        let all = [
            ("windows-1252", "Windows-1252"),
            ("utf-8", "UTF-8"),
            ("utf-16le", "UTF-16 LE"),
            ("macintosh", "Mac Roman"),
        ];
        let named = all.map(|(value, text)| SelectOption::new(value, text));
        std::iter::once(SelectOption::new("", found())).chain(named).collect::<Vec<_>>()
    };
    let choose = move |name: String| {
        job.encoding.set(name);
        job.load_preview();
    };
    view! {
        <Select
            label=text!(import.encoding)
            name="encoding"
            options=Signal::derive(options)
            value=job.encoding
            choose=Callback::new(choose)
        />
    }
}

/// A column: heading, sample values and meaning.
#[component]
fn Column(
    /// The import of the page.
    job: ImportJob,
    column: ImportColumn,
) -> impl IntoView {
    let i18n = use_i18n();
    let heading = if column.heading.is_empty() { column.key.clone() } else { column.heading.clone() };
    let values = column.values.iter().filter(|value| !value.is_empty()).cloned().collect::<Vec<_>>().join(" · ");
    let label = {
        let heading = heading.clone();
        move || t_string!(i18n, import.meaning_of, heading = heading.clone())
    };
    let chosen = {
        let key = column.key.clone();
        Memo::new(move |_| job.columns.with(|columns| columns.field(&key)))
    };
    let choose = move |event: web_sys::Event| {
        let field = event_target_value(&event).parse::<ImportField>().ok();
        job.columns.update(|columns| columns.choose(&column.key, field));
    };
    let options = move || {
        let one = |of: ImportField| {
            view! {
                <option value=of.as_str() prop:selected=move || chosen.get() == Some(of)>
                    {field(i18n, of)}
                </option>
            }
        };
        ImportField::ALL.iter().copied().map(one).collect_view()
    };
    view! {
        <tr>
            <th scope="row">{heading}</th>
            <td class="import-values">{values}</td>
            <td>
                <select aria-label=label on:change=choose>
                    <option value="" prop:selected=move || chosen.get().is_none()>
                        {t!(i18n, import.ignored)}
                    </option>
                    {options}
                </select>
            </td>
        </tr>
    }
}

/// The button that starts the dry run, once a column contains e-mail addresses.
#[component]
fn DryRunButton(
    /// The import of the page.
    job: ImportJob,
) -> impl IntoView {
    let i18n = use_i18n();
    let is_ready = Memo::new(move |_| job.columns.with(|columns| columns.has(ImportField::Email)));
    view! {
        <div class="import-acts">
            <button
                type="button"
                class="button primary"
                aria-disabled=move || (job.busy() || !is_ready.get()).to_string()
                on:click=move |_| {
                    if is_ready.get_untracked() {
                        job.dry_run();
                    }
                }
            >
                {t!(i18n, import.check)}
            </button>
        </div>
        <div role="status">
            <Show when=move || !is_ready.get()>
                <p class="hint">{t!(i18n, import.map_email)}</p>
            </Show>
        </div>
    }
}

/// Whether the file was rejected because its encoding could not be detected.
pub fn needs_encoding(job: ImportJob) -> bool {
    let failure = job.failure();
    let mut problems = failure.iter().flat_map(crate::api::Failure::fields);
    problems.any(|problem| matches!(problem.error, FieldError::NotEncoded { .. }))
}

fn source(i18n: Texts, source: ImportSource) -> &'static str {
    match source {
        ImportSource::Microsoft365 => "Microsoft 365",
        ImportSource::Entra => "Microsoft Entra",
        ImportSource::Google => "Google Workspace",
        ImportSource::Okta => "Okta",
        ImportSource::ActiveDirectory | ImportSource::Csvde => "Active Directory",
        ImportSource::JumpCloud => "JumpCloud",
        ImportSource::Datev => "DATEV",
        ImportSource::Other => t_string!(i18n, import.source_unknown),
    }
}

/// The name of a column's meaning.
pub fn field(i18n: Texts, field: ImportField) -> &'static str {
    match field {
        ImportField::Email => t_string!(i18n, import.email),
        ImportField::Name => t_string!(i18n, import.column_name),
        ImportField::FirstName => t_string!(i18n, import.column_first_name),
        ImportField::LastName => t_string!(i18n, import.column_last_name),
        ImportField::Role => t_string!(i18n, import.column_role),
        ImportField::Permissions => t_string!(i18n, import.column_permissions),
        ImportField::Status => t_string!(i18n, import.column_status),
        ImportField::Enabled => t_string!(i18n, import.column_enabled),
        ImportField::Blocked => t_string!(i18n, import.column_blocked),
        ImportField::AccountControl => t_string!(i18n, import.column_account_control),
        ImportField::ObjectClass => t_string!(i18n, import.column_object_class),
        ImportField::Licenses => t_string!(i18n, import.column_licenses),
        ImportField::Groups => t_string!(i18n, import.column_groups),
        ImportField::LimitedToGroups => t_string!(i18n, import.column_limited),
        ImportField::Manages => t_string!(i18n, import.column_manages),
    }
}

/// The name of a field in a problem of the server.
pub fn column_name(i18n: Texts, name: &str) -> String {
    match name.parse::<ImportField>() {
        Ok(of) => field(i18n, of).to_owned(),
        Err(_) if name == "rows" => t_string!(i18n, import.rows).to_owned(),
        Err(_) if name == "file" => t_string!(i18n, import.the_file).to_owned(),
        Err(_) if name == "encoding" => t_string!(i18n, import.encoding).to_owned(),
        Err(_) if name == "sheet" => t_string!(i18n, import.sheet).to_owned(),
        Err(_) => t_string!(i18n, import.matching).to_owned(),
    }
}

/// A problem of a field: "Rolle „king“: Diesen Wert kennen wir nicht."
pub fn field_problem_text(i18n: Texts, name: &str, error: &FieldError) -> String {
    t_string!(i18n, import.why, column = column_name(i18n, name), why = labels::field_error(i18n, error))
}
