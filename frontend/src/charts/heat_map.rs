//! A map of the hours of a week: the darker a cell, the higher its value. On narrow screens the days are the columns.

use super::{parts_bar::share, plot_width::plot_width};
use crate::text::Text;
use leptos::{html, prelude::*};

/// The space for the labels of the rows and of the columns, in pixels.
const LEFT: f64 = 38.0;
const TOP: f64 = 20.0;
/// From this width on, the hours are the columns.
const WIDE: f64 = 620.0;
/// The height of a row with the hours as columns, and with the days as columns.
const TALL_ROW: f64 = 26.0;
const FLAT_ROW: f64 = 18.0;

/// An hour of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeatCell {
    /// 0 is Monday.
    pub day: usize,
    /// 0 to 23.
    pub hour: usize,
    /// Decides the color.
    pub value: i64,
    /// The value in words; drawn if there is space.
    pub text: String,
    /// Whether all seats were occupied for some time: shown as a square.
    pub full: bool,
}

/// What a heat map shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeatData {
    /// The hours with a value.
    pub cells: Vec<HeatCell>,
    /// The short names of the days, from Monday.
    pub days: Vec<String>,
}

/// Draws a cell for each hour of a week, as dark as its value is high.
#[component]
pub fn HeatMap(
    /// The main fact, for screen readers.
    #[prop(into)]
    label: Text,
    /// What it shows.
    data: Signal<HeatData>,
) -> impl IntoView {
    let i18n = crate::i18n::use_i18n();
    let node = NodeRef::<html::Div>::new();
    let width = plot_width(node);
    let layout = move || HeatLayout::new(width.get());
    let drawn = move || (width.get() > 0.0).then(|| data.with(|data| layout().draw(data)));
    view! {
        <div class="chart" node_ref=node>
            <svg
                role="img"
                aria-label=move || label.get(i18n)
                viewBox=move || format!("0 0 {:.0} {:.0}", width.get().max(1.0), layout().height())
                width=move || width.get()
                height=move || layout().height()
            >
                {drawn}
            </svg>
        </div>
    }
}

/// Where the cells are, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct HeatLayout {
    /// Whether the hours are the columns.
    is_wide: bool,
    column: f64,
    row: f64,
}

impl HeatLayout {
    fn new(width: f64) -> Self {
        let is_wide = width >= WIDE;
        let (columns, row) = if is_wide { (24.0, TALL_ROW) } else { (7.0, FLAT_ROW) };
        Self { is_wide, column: ((width - LEFT) / columns).max(1.0), row }
    }

    fn height(self) -> f64 {
        TOP + self.row * if self.is_wide { 7.0 } else { 24.0 }
    }

    /// The upper left corner of a cell.
    #[expect(clippy::cast_precision_loss, reason = "hours and days")]
    fn place(self, day: usize, hour: usize) -> (f64, f64) {
        let (column, row) = if self.is_wide { (hour, day) } else { (day, hour) };
        (LEFT + column as f64 * self.column, TOP + row as f64 * self.row)
    }

    fn draw(self, data: &HeatData) -> AnyView {
        let highest = data.cells.iter().map(|cell| cell.value).max().unwrap_or(0);
        let empty = (0..7).flat_map(|day| (0..24).map(move |hour| (day, hour)));
        let empty = empty.map(|(day, hour)| self.rect("heat-empty", day, hour, 1.0)).collect_view();
        let cells = data.cells.iter().map(|cell| self.cell(cell, highest)).collect_view();
        let days = data.days.iter().enumerate().map(|(day, name)| self.day_label(day, name)).collect_view();
        let hours = (0..24).step_by(2).map(|hour| self.hour_label(hour)).collect_view();
        view! { <g>{empty} {cells} {days} {hours}</g> }.into_any()
    }

    fn rect(self, class: &'static str, day: usize, hour: usize, opacity: f64) -> AnyView {
        let (x, y) = self.place(day, hour);
        view! {
            <rect
                class=class
                x=x + 1.0
                y=y + 1.0
                width=(self.column - 2.0).max(1.0)
                height=self.row - 2.0
                rx="3"
                fill-opacity=format!("{opacity:.2}")
            ></rect>
        }
        .into_any()
    }

    fn cell(self, cell: &HeatCell, highest: i64) -> AnyView {
        let share = share(cell.value, highest);
        let rect = (cell.value > 0).then(|| self.rect("heat", cell.day, cell.hour, 0.1 + 0.9 * share));
        let (x, y) = self.place(cell.day, cell.hour);
        let (middle, class) = (x + self.column / 2.0, if share > 0.7 { "heat-text dark" } else { "heat-text" });
        #[expect(clippy::cast_precision_loss, reason = "a short text")]
        let fits = self.column >= cell.text.chars().count() as f64 * 6.5 + 8.0;
        let text = (fits && cell.value > 0).then(|| {
            view! {
                <text class=class x=middle y=y + self.row / 2.0 + 4.0 text-anchor="middle">
                    {cell.text.clone()}
                </text>
            }
        });
        let square = cell.full.then(|| {
            let class = if share > 0.7 { "heat-full dark" } else { "heat-full" };
            view! { <rect class=class x=x + 4.0 y=y + 4.0 width="5" height="5" rx="1.2"></rect> }
        });
        view! {
            {rect}
            {text}
            {square}
        }
        .into_any()
    }

    fn day_label(self, day: usize, name: &str) -> AnyView {
        let (x, y) = self.place(day, 0);
        let (x, y, anchor) = if self.is_wide {
            (LEFT - 8.0, y + self.row / 2.0 + 4.0, "end")
        } else {
            (x + self.column / 2.0, TOP - 7.0, "middle")
        };
        view! {
            <text class="axis" x=x y=y text-anchor=anchor>
                {name.to_owned()}
            </text>
        }
        .into_any()
    }

    fn hour_label(self, hour: usize) -> AnyView {
        let (x, y) = self.place(0, hour);
        let (x, y, anchor) = if self.is_wide {
            (x + self.column / 2.0, TOP - 7.0, "middle")
        } else {
            (LEFT - 8.0, y + self.row / 2.0 + 4.0, "end")
        };
        view! {
            <text class="axis" x=x y=y text-anchor=anchor>
                {hour.to_string()}
            </text>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn hours_are_columns_where_there_is_space_and_rows_on_a_phone() {
        let wide = HeatLayout::new(LEFT + 720.0);
        assert_eq!(wide.place(1, 2), (LEFT + 60.0, TOP + TALL_ROW));
        assert_eq!(wide.height(), TOP + 7.0 * TALL_ROW);
        let narrow = HeatLayout::new(LEFT + 280.0);
        assert_eq!(narrow.place(1, 2), (LEFT + 40.0, TOP + 2.0 * FLAT_ROW));
        assert_eq!(narrow.height(), TOP + 24.0 * FLAT_ROW);
    }
}
