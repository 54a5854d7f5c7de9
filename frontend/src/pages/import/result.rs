//! The progress and result of an import, and the next steps.

use super::{
    job::ImportJob,
    matching::{column_name, field_problem_text},
};
use crate::ui::show::Show;
use crate::{
    api::{Failure, address},
    format::{Format, Texts},
    i18n::*,
    labels,
    text::text,
    ui::{error_message::failure_text, export::Export, list_foot::ListFoot, query::Loaded},
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    problem::{Code, FieldProblem},
    validate::FieldError,
    wire::imports::{ImportFailure, ImportProblem, ImportRow, ImportState, ImportView, RowOutcome},
};

/// The running or finished import.
#[component]
pub fn ImportResult(
    /// The import of the page.
    job: ImportJob,
) -> impl IntoView {
    // The dry run is shown until the state of the import itself is there.
    let import =
        Memo::new(move |before: Option<&Option<ImportView>>| job.import.get().or_else(|| before.cloned().flatten()));
    let over = move || import.with(|import| import.as_ref().is_some_and(|i| i.state != ImportState::Running));
    view! {
        <Progress job import />
        <Counts import />
        <Show when=over>
            <NextSteps job import />
            <Rows job />
        </Show>
    }
}

/// The progress as a bar and as text.
#[component]
fn Progress(
    /// The import of the page.
    job: ImportJob,
    /// The latest state of the import.
    import: Memo<Option<ImportView>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let text = move || import.with(|import| import.as_ref().map(|import| status_text(i18n, format, import)));
    let of = move |field: fn(&ImportView) -> i64| import.with(|import| import.as_ref().map(field)).unwrap_or_default();
    view! {
        <div class="import-progress">
            <div>
                <p class="import-file">{move || job.name.get()}</p>
                <p id="import-status" role="status" tabindex="-1">
                    {text}
                </p>
            </div>
            <Show when=move || job.is_running()>
                <button type="button" class="button" on:click=move |_| job.cancel()>
                    {t!(i18n, common.cancel)}
                </button>
            </Show>
            <progress
                aria-label=move || t_string!(i18n, import.progress)
                max=move || of(|import| import.rows.max(1))
                value=move || of(|import| import.done)
            ></progress>
        </div>
    }
}

fn status_text(i18n: Texts, format: Format, import: &ImportView) -> String {
    let (done, rows) = (format.number(import.done), format.number(import.rows));
    match (import.state, import.dry_run) {
        (ImportState::Running, true) => t_string!(i18n, import.checking, count = import.rows, done = done, rows = rows),
        (ImportState::Running, false) => {
            t_string!(i18n, import.importing, count = import.rows, done = done, rows = rows)
        }
        (ImportState::Done, true) => t_string!(i18n, import.checked).to_owned(),
        (ImportState::Done, false) => t_string!(i18n, import.done).to_owned(),
        (ImportState::Cancelled, true) => t_string!(i18n, import.check_cancelled).to_owned(),
        (ImportState::Cancelled, false) => {
            t_string!(i18n, import.cancelled, count = import.rows, done = done, rows = rows)
        }
        (ImportState::Failed, _) => match import.failure {
            Some(ImportFailure::Database) => {
                t_string!(i18n, import.failed_database, count = import.rows, done = done, rows = rows)
            }
            Some(ImportFailure::Internal) => {
                t_string!(i18n, import.failed_internal, count = import.rows, done = done, rows = rows)
            }
            Some(ImportFailure::Interrupted) | None => {
                t_string!(i18n, import.failed, count = import.rows, done = done, rows = rows)
            }
        },
    }
}

/// The number of rows per outcome.
#[component]
fn Counts(
    /// The latest state of the import.
    import: Memo<Option<ImportView>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let one = move |word: &'static str, count: i64, warns: bool| {
        view! {
            <div class:warns={warns && count > 0}>
                <dt>{word}</dt>
                <dd>{format.number(count)}</dd>
            </div>
        }
    };
    let all = move || {
        let import = import.get()?;
        Some(view! {
            <dl class="facts">
                {one(outcome(i18n, RowOutcome::Created), import.created, false)}
                {one(outcome(i18n, RowOutcome::Changed), import.changed, false)}
                {one(outcome(i18n, RowOutcome::Unchanged), import.unchanged, false)}
                {one(outcome(i18n, RowOutcome::Refused), import.refused, true)}
                {one(t_string!(i18n, import.with_problems), import.with_problems, true)}
            </dl>
        })
    };
    view! { <div>{all}</div> }
}

fn outcome(i18n: Texts, outcome: RowOutcome) -> &'static str {
    match outcome {
        RowOutcome::Created => t_string!(i18n, import.created),
        RowOutcome::Changed => t_string!(i18n, import.changed),
        RowOutcome::Unchanged => t_string!(i18n, import.unchanged),
        RowOutcome::Refused => t_string!(i18n, import.refused),
    }
}

/// The buttons to import after a dry run, to match again, and to export the result.
#[component]
fn NextSteps(
    /// The import of the page.
    job: ImportJob,
    /// The latest state of the import.
    import: Memo<Option<ImportView>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let writes = move |import: &ImportView| {
        let some = import.dry_run && import.state == ImportState::Done;
        (import.created + import.changed, some && import.created + import.changed > 0)
    };
    let count = Memo::new(move |_| import.with(|import| import.as_ref().map(writes)).unwrap_or_default());
    let address = move || job.id.get().map(|id| address(endpoints::imports::export(id))).unwrap_or_default();
    view! {
        <div class="import-acts">
            <Show when=move || count.get().1 && job.has_file()>
                <button
                    type="button"
                    class="button primary"
                    aria-disabled=move || job.busy().to_string()
                    on:click=move |_| job.import()
                >
                    {move || {
                        let count = count.get().0;
                        t_string!(i18n, import.start, count = count, n = format.number(count))
                    }}
                </button>
            </Show>
            <Show when=move || import.with(|import| import.as_ref().is_some_and(|i| i.dry_run)) && job.has_file()>
                <button type="button" class="button" on:click=move |_| job.load_preview()>
                    {t!(i18n, import.match_again)}
                </button>
            </Show>
            <Export address=Signal::derive(address) />
        </div>
    }
}

/// The rows, those with problems first.
#[component]
fn Rows(
    /// The import of the page.
    job: ImportJob,
) -> impl IntoView {
    let format = Format::get();
    let rows = job.rows;
    let count = move || i64::try_from(rows.items().with(Vec::len)).unwrap_or(i64::MAX);
    let shown = text!(
        import.shown,
        count = rows.total().unwrap_or_default(),
        shown = format.number(count()),
        total = format.number(rows.total().unwrap_or_default())
    );
    view! {
        <Loaded status=rows.status()>
            <div>
                <RowTable job />
                <ListFoot paging=rows.paging() shown more=text!(import.more) />
            </div>
        </Loaded>
    }
}

#[component]
fn RowTable(
    /// The import of the page.
    job: ImportJob,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let one = move |row: ImportRow| {
        let problems =
            row.problems.iter().map(|problem| view! { <li>{problem_text(i18n, problem)}</li> }).collect_view();
        let notices = row.notices.iter().map(|notice| view! { <li>{notice_text(i18n, notice)}</li> }).collect_view();
        view! {
            <tr class:bad=!row.problems.is_empty()>
                <td class="num">{format.number(row.line)}</td>
                <td>{row.name}</td>
                <td>{row.email}</td>
                <td>{outcome(i18n, row.outcome)}</td>
                <td>
                    <ul>{problems} {notices}</ul>
                </td>
            </tr>
        }
    };
    view! {
        <div class="import-rows" tabindex="0" role="region" aria-label=move || t_string!(i18n, import.rows)>
            <table>
                <caption class="vh">{t!(i18n, import.rows)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t!(i18n, import.line)}</th>
                        <th scope="col">{t!(i18n, import.column_name)}</th>
                        <th scope="col">{t!(i18n, import.email)}</th>
                        <th scope="col">{t!(i18n, import.outcome)}</th>
                        <th scope="col">{t!(i18n, import.problems)}</th>
                    </tr>
                </thead>
                <tbody>{move || job.rows.items().get().into_iter().map(one).collect_view()}</tbody>
            </table>
        </div>
    }
}

/// Why the file was rejected as a whole, if it was.
pub fn file_error_text(i18n: Texts, failure: Option<Failure>) -> Option<String> {
    let text = |problem: &FieldProblem| match (problem.field.as_str(), &problem.error) {
        ("email", FieldError::Required) => t_string!(i18n, import.no_emails).to_owned(),
        ("rows", FieldError::Required) => t_string!(i18n, import.no_rows).to_owned(),
        ("file", FieldError::Required) => t_string!(i18n, import.file_empty).to_owned(),
        ("file", error) => labels::field_error(i18n, error),
        (field, error) => field_problem_text(i18n, field, error),
    };
    let fields: Vec<_> = failure.iter().flat_map(Failure::fields).map(text).collect();
    if fields.is_empty() { failure_text(i18n, failure) } else { Some(fields.join(" ")) }
}

/// The heading in the file, or the name of the column's meaning.
fn column(i18n: Texts, problem: &ImportProblem) -> String {
    problem.heading.clone().unwrap_or_else(|| column_name(i18n, &problem.column))
}

/// A notice about a value: "Block credential „True“: Der Benutzer ist gesperrt."
fn notice_text(i18n: Texts, notice: &ImportProblem) -> String {
    let why = t_string!(i18n, import.suspended);
    t_string!(i18n, import.why_value, column = column(i18n, notice), value = notice.value.clone(), why = why)
}

/// A problem of a row: "Rolle „king“: Diesen Wert kennen wir nicht."
fn problem_text(i18n: Texts, problem: &ImportProblem) -> String {
    let column = column(i18n, problem);
    let why = problem.error.as_ref().map_or_else(
        || match problem.code {
            Code::AlreadyExists => t_string!(i18n, import.twice).to_owned(),
            code => labels::problem(i18n, code).to_owned(),
        },
        |error| labels::field_error(i18n, error),
    );
    if problem.value.is_empty() {
        t_string!(i18n, import.why, column = column, why = why)
    } else {
        t_string!(i18n, import.why_value, column = column, value = problem.value.clone(), why = why)
    }
}
