//! Steps as SVG paths: values that apply until the next point, drawn as they are and never smoothed.

use std::fmt::Write as _;

/// A corner in pixels: from `x` on, the line is at `y`.
pub type Corner = (f64, f64);

/// The line of steps, up to the pixel `end`.
pub fn step_path(corners: &[Corner], end: f64) -> String {
    let mut path = String::new();
    if let Some((x, y)) = corners.first() {
        write(&mut path, 'M', &[*x, *y]);
        continue_steps(&mut path, corners, end);
    }
    path
}

/// The area between steps and the line at the pixel `base`.
pub fn area_path(corners: &[Corner], end: f64, base: f64) -> String {
    let Some((first, _)) = corners.first() else { return String::new() };
    let mut path = step_path(corners, end);
    write(&mut path, 'V', &[base]);
    write(&mut path, 'H', &[*first]);
    path.push('Z');
    path
}

/// The area between two lines of steps that have their corners at the same places: each `(x, upper, lower)`.
pub fn band_path(corners: &[(f64, f64, f64)], end: f64) -> String {
    let Some((first, ..)) = corners.first() else { return String::new() };
    let upper: Vec<Corner> = corners.iter().map(|(x, upper, _)| (*x, *upper)).collect();
    let mut path = step_path(&upper, end);
    let mut right = end;
    for (x, _, lower) in corners.iter().rev() {
        write(&mut path, 'V', &[*lower]);
        right = *x;
        write(&mut path, 'H', &[right]);
    }
    debug_assert_eq!(right, *first);
    path.push('Z');
    path
}

/// The index of the point that applies at a time: the last one that is not later.
pub fn point_at(times: &[i64], at: i64) -> Option<usize> {
    times.partition_point(|time| *time <= at).checked_sub(1)
}

/// Joins marks that would cover each other: `(x, count)` in order of `x`, each at least `gap` pixels after the one
/// before.
pub fn join_marks(marks: &[(f64, i64)], gap: f64) -> Vec<(f64, i64)> {
    let mut joined: Vec<(f64, i64)> = Vec::new();
    for (x, count) in marks {
        match joined.last_mut() {
            Some((last, sum)) if x - *last < gap => *sum += count,
            _ => joined.push((*x, *count)),
        }
    }
    joined
}

fn continue_steps(path: &mut String, corners: &[Corner], end: f64) {
    let mut level = corners.first().map(|(_, y)| *y);
    for (x, y) in corners.iter().skip(1) {
        if level != Some(*y) {
            write(path, 'H', &[*x]);
            write(path, 'V', &[*y]);
            level = Some(*y);
        }
    }
    write(path, 'H', &[end]);
}

fn write(path: &mut String, command: char, numbers: &[f64]) {
    path.push(command);
    for (index, number) in numbers.iter().enumerate() {
        let separator = if index == 0 { "" } else { " " };
        // Writing to a string cannot fail.
        let _ = write!(path, "{separator}{number:.1}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_line_goes_along_and_then_up_or_down_but_never_slants() {
        let path = step_path(&[(0.0, 10.0), (5.0, 4.0), (8.0, 4.0), (9.0, 10.0)], 20.0);
        assert_eq!(path, "M0.0 10.0H5.0V4.0H9.0V10.0H20.0");
        assert_eq!(step_path(&[], 20.0), "");
    }

    #[wasm_bindgen_test]
    fn an_area_is_closed_at_its_base() {
        assert_eq!(area_path(&[(2.0, 4.0)], 20.0, 10.0), "M2.0 4.0H20.0V10.0H2.0Z");
        assert_eq!(area_path(&[], 20.0, 10.0), "");
    }

    #[wasm_bindgen_test]
    fn a_band_runs_along_the_most_and_back_along_the_least() {
        let path = band_path(&[(0.0, 2.0, 8.0), (10.0, 4.0, 6.0)], 20.0);
        assert_eq!(path, "M0.0 2.0H10.0V4.0H20.0V6.0H10.0V8.0H0.0Z");
        assert_eq!(band_path(&[], 20.0), "");
    }

    #[wasm_bindgen_test]
    fn the_point_at_a_time_is_the_last_one_that_is_not_later() {
        let times = [10, 20, 20, 30];
        let found = [9, 10, 19, 20, 99].map(|at| point_at(&times, at));
        assert_eq!(found, [None, Some(0), Some(0), Some(2), Some(3)]);
        assert_eq!(point_at(&[], 5), None);
    }

    #[wasm_bindgen_test]
    fn marks_that_would_cover_each_other_are_counted_together() {
        let marks = [(0.0, 1), (3.0, 2), (6.9, 1), (7.0, 1), (20.0, 4)];
        assert_eq!(join_marks(&marks, 7.0), [(0.0, 4), (7.0, 1), (20.0, 4)]);
        assert_eq!(join_marks(&[], 7.0), []);
    }
}
