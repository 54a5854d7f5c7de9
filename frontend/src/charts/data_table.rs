//! The table behind a chart: everything that the chart shows, in words and numbers.

use crate::{format::Format, i18n::*, text::Text, ui::show::Show};
use leptos::prelude::*;

/// The most rows that are shown; the export has all of them.
const MAX_ROWS: usize = 500;

/// A table that is shown on demand: "As a table".
#[component]
pub fn DataTable(
    /// What the table shows.
    #[prop(into)]
    caption: Text,
    /// The titles of the columns; the first one names the rows.
    columns: Signal<Vec<String>>,
    /// The cells of each row; computed while the table is shown.
    rows: Signal<Vec<Vec<String>>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let open = RwSignal::new(false);
    let toggled = move |event: web_sys::Event| {
        let details = event_target::<web_sys::HtmlDetailsElement>(&event);
        open.set(details.open());
    };
    let head = move || columns.get().into_iter().map(|title| view! { <th scope="col">{title}</th> }).collect_view();
    let body = move || rows.get().into_iter().take(MAX_ROWS).map(row).collect_view();
    let omitted = move || rows.with(Vec::len).saturating_sub(MAX_ROWS);
    view! {
        <details class="data-table" on:toggle=toggled>
            <summary>{t!(i18n, charts.as_table)}</summary>
            <Show when=move || open.get()>
                <div class="scroll" tabindex="0" role="region" aria-label=move || caption.get(i18n)>
                    <table>
                        <caption class="vh">{move || caption.get(i18n)}</caption>
                        <thead>
                            <tr>
                                {head}
                            </tr>
                        </thead>
                        <tbody>{body}</tbody>
                    </table>
                </div>
                <Show when=move || omitted() != 0>
                    <p class="muted">
                        {move || {
                            let n = omitted();
                            t_string!(i18n, charts.more_rows, count = n, n = format.number(n))
                        }}
                    </p>
                </Show>
            </Show>
        </details>
    }
}

fn row(cells: Vec<String>) -> AnyView {
    let cell = |(index, text): (usize, String)| {
        if index == 0 {
            view! { <th scope="row">{text}</th> }.into_any()
        } else {
            view! { <td class="num">{text}</td> }.into_any()
        }
    };
    view! { <tr>{cells.into_iter().enumerate().map(cell).collect_view()}</tr> }.into_any()
}
