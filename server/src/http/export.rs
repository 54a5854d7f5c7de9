//! Exports of lists: exactly the filtered rows as CSV or JSON, sent while they are read, so that memory stays bounded.

use crate::{
    auth::{StreamGuard, stream_guard::Ending},
    csv_cell,
    db::DbError,
    http::problem::Fail,
};
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use std::future::Future;

/// How many rows are read at once.
pub const PART: usize = 500;

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Comma-separated values (RFC 4180) in UTF-8 with a byte order mark, which spreadsheets look for.
    Csv,
    /// A JSON array of the rows, as the list gives them.
    Json,
}

/// How the rows of a list are written.
#[derive(Clone, Copy, Debug)]
pub struct Sheet<T> {
    /// The name of the file, without its ending.
    pub name: &'static str,
    /// The columns of the CSV form.
    pub columns: &'static [&'static str],
    /// The cells of a row, in the order of the columns.
    pub cells: fn(&T) -> Vec<String>,
}

/// Some rows, and where the next are to be read; nothing after the last.
pub type Part<T, C> = (Vec<T>, Option<C>);

impl<T: Serialize + Send + 'static> Sheet<T> {
    /// Sends all rows: `read` is given where to go on and returns the next part. The first is read before anything is answered,
    /// so that a failure is still a problem; a later one breaks the answer off, and no client takes it for complete. So does the end of the
    /// credential with which it was asked for.
    ///
    /// # Errors
    /// The first part cannot be read.
    pub async fn send<C, F, R>(
        self,
        guard: StreamGuard,
        format: Format,
        now: DateTime<Utc>,
        read: F,
    ) -> Result<Response, Fail>
    where
        C: Send + 'static,
        F: Fn(Option<C>) -> R + Send + 'static,
        R: Future<Output = Result<Part<T, C>, DbError>> + Send,
    {
        let first = read(None).await?;
        let (kind, ending) = match format {
            Format::Csv => ("text/csv; charset=utf-8; header=present", "csv"),
            Format::Json => ("application/json", "json"),
        };
        let name = format!("attachment; filename=\"{}-{}.{ending}\"", self.name, now.format("%Y%m%d-%H%M%S"));
        let start = State { writer: Writer { sheet: self, format, empty: true }, read, next: Next::Part(first) };
        let body = stream::try_unfold(start, async |state| state.step().await);
        let mut response = guard.body(body, Ending::Broken).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        if let Ok(name) = HeaderValue::from_str(&name) {
            response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
        }
        Ok(response)
    }
}

/// What is to be sent next.
enum Next<T, C> {
    Part(Part<T, C>),
    After(C),
    Nothing,
}

struct State<T, C, F> {
    writer: Writer<T>,
    read: F,
    next: Next<T, C>,
}

impl<T: Serialize, C, F, R> State<T, C, F>
where
    F: Fn(Option<C>) -> R,
    R: Future<Output = Result<Part<T, C>, DbError>>,
{
    async fn step(mut self) -> Result<Option<(Bytes, Self)>, DbError> {
        let (rows, next) = match self.next {
            Next::Nothing => return Ok(None),
            Next::Part(part) => part,
            Next::After(place) => (self.read)(Some(place)).await.inspect_err(|error| {
                tracing::error!(%error, "an export breaks off: the database did not do what was asked");
            })?,
        };
        let text = self.writer.write(&rows, next.is_none());
        self.next = next.map_or(Next::Nothing, Next::After);
        Ok(Some((text, self)))
    }
}

struct Writer<T> {
    sheet: Sheet<T>,
    format: Format,
    empty: bool,
}

impl<T: Serialize> Writer<T> {
    fn write(&mut self, rows: &[T], last: bool) -> Bytes {
        let mut out = Vec::new();
        match self.format {
            Format::Csv => self.csv(&mut out, rows),
            Format::Json => self.json(&mut out, rows, last),
        }
        out.into()
    }

    fn csv(&mut self, out: &mut Vec<u8>, rows: &[T]) {
        if std::mem::take(&mut self.empty) {
            out.extend("\u{feff}".as_bytes());
            line(out, self.sheet.columns);
        }
        for row in rows {
            line(out, &(self.sheet.cells)(row));
        }
    }

    fn json(&mut self, out: &mut Vec<u8>, rows: &[T], last: bool) {
        for row in rows {
            out.extend(if std::mem::take(&mut self.empty) { &b"[\n"[..] } else { b",\n" });
            // A wire type can always be written as JSON.
            serde_json::to_writer(&mut *out, row).unwrap_or_default();
        }
        if last {
            out.extend(if self.empty { &b"[]\n"[..] } else { b"\n]\n" });
        }
    }
}

/// Writes one line of CSV, in which nothing is a formula.
fn line(out: &mut Vec<u8>, cells: &[impl AsRef<str>]) {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    // Writing into memory does not fail.
    let written = writer.write_record(cells.iter().map(|cell| csv_cell::guard(cell.as_ref()).into_owned()));
    drop(written.and_then(|()| Ok(writer.flush()?)));
}

#[cfg(test)]
mod tests {
    use super::{Format, Sheet, Writer};

    const SHEET: Sheet<[String; 2]> = Sheet { name: "test", columns: &["a", "b"], cells: |row| row.to_vec() };

    fn written(format: Format, parts: &[&[[&str; 2]]]) -> String {
        let mut writer = Writer { sheet: SHEET, format, empty: true };
        let mut all = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            let rows: Vec<_> = part.iter().map(|row| row.map(str::to_owned)).collect();
            all.extend(writer.write(&rows, at + 1 == parts.len()));
        }
        String::from_utf8(all).expect("text")
    }

    #[test]
    fn no_cell_begins_like_a_formula() {
        for evil in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "=cmd|'/c calc'!A1"] {
            let text = written(Format::Csv, &[&[[evil, "a=1"]]]);
            let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
            let row = reader.records().next().expect("a row").expect("CSV");
            assert_eq!((row[0].to_owned(), &row[1]), (format!("'{evil}"), "a=1"));
        }
    }

    #[test]
    fn quotes_commas_and_line_breaks_stay_inside_their_cell() {
        let cell = "a \"b\", c;\r\nd";
        let text = written(Format::Csv, &[&[[cell, ""]], &[["2", "ä"]]]);
        assert!(text.starts_with("\u{feff}a,b\r\n\"a \"\"b\"\", c;\r\nd\",\r\n"), "{text:?}");
        assert!(text.ends_with("\r\n2,ä\r\n"), "{text:?}");
    }

    #[test]
    fn what_is_empty_is_complete_too() {
        assert_eq!(written(Format::Csv, &[&[]]), "\u{feff}a,b\r\n");
        assert_eq!(written(Format::Json, &[&[]]), "[]\n");
        assert_eq!(
            written(Format::Json, &[&[["1", "2"]], &[["3", "4"]], &[]]),
            "[\n[\"1\",\"2\"],\n[\"3\",\"4\"]\n]\n"
        );
    }
}
