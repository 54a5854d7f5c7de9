//! Exports the filtered rows of a list as CSV or JSON, streamed with bounded memory.

use crate::{
    auth::{StreamGuard, stream_guard::OnRevocation},
    csv_cell,
    db::DbError,
    http::problem::ApiError,
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

pub const EXPORT_CHUNK_ROWS: usize = 500;

/// The format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Comma-separated values (RFC 4180) in UTF-8 with a byte order mark, by which spreadsheets detect the encoding.
    Csv,
    /// A JSON array of the rows, as in the list's response.
    Json,
}

/// How the rows of a list are exported.
#[derive(Clone, Copy, Debug)]
pub struct Sheet<T> {
    /// The file name, without date and extension.
    pub name: &'static str,
    /// The header of the CSV file.
    pub columns: &'static [&'static str],
    /// The cells of a row, in the order of the columns.
    pub cells: fn(&T) -> Vec<String>,
}

/// Some rows, and the cursor of the next ones; `None` after the last.
pub type Chunk<T, C> = (Vec<T>, Option<C>);

impl<T: Serialize + Send + 'static> Sheet<T> {
    /// Streams all rows. `read` gets the cursor and returns the next chunk. The first chunk is read before the response
    /// starts, so that a failure is reported as a problem document. A later failure, or the revocation of the
    /// credential, aborts the response, so that clients notice that it is incomplete.
    ///
    /// # Errors
    /// Returns an error if the first chunk cannot be read.
    pub async fn send<C, F, R>(
        self,
        guard: StreamGuard,
        format: Format,
        now: DateTime<Utc>,
        read: F,
    ) -> Result<Response, ApiError>
    where
        C: Send + 'static,
        F: Fn(Option<C>) -> R + Send + 'static,
        R: Future<Output = Result<Chunk<T, C>, DbError>> + Send,
    {
        let first = read(None).await?;
        let (content_type, extension) = match format {
            Format::Csv => ("text/csv; charset=utf-8; header=present", "csv"),
            Format::Json => ("application/json", "json"),
        };
        let name = format!("attachment; filename=\"{}-{}.{extension}\"", self.name, now.format("%Y%m%d-%H%M%S"));
        let start =
            ExportState { writer: RowWriter { sheet: self, format, is_empty: true }, read, next: Next::Chunk(first) };
        let body = stream::try_unfold(start, async |state| state.step().await);
        let mut response = guard.body(body, OnRevocation::Abort).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Ok(name) = HeaderValue::from_str(&name) {
            response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
        }
        Ok(response)
    }
}

/// What to send next.
enum Next<T, C> {
    Chunk(Chunk<T, C>),
    After(C),
    End,
}

struct ExportState<T, C, F> {
    writer: RowWriter<T>,
    read: F,
    next: Next<T, C>,
}

impl<T: Serialize, C, F, R> ExportState<T, C, F>
where
    F: Fn(Option<C>) -> R,
    R: Future<Output = Result<Chunk<T, C>, DbError>>,
{
    async fn step(mut self) -> Result<Option<(Bytes, Self)>, DbError> {
        let (rows, next) = match self.next {
            Next::End => return Ok(None),
            Next::Chunk(chunk) => chunk,
            Next::After(place) => (self.read)(Some(place)).await.inspect_err(|error| {
                tracing::error!(%error, "export aborted: database read failed");
            })?,
        };
        let text = self.writer.write(&rows, next.is_none());
        self.next = next.map_or(Next::End, Next::After);
        Ok(Some((text, self)))
    }
}

struct RowWriter<T> {
    sheet: Sheet<T>,
    format: Format,
    is_empty: bool,
}

impl<T: Serialize> RowWriter<T> {
    fn write(&mut self, rows: &[T], last: bool) -> Bytes {
        let mut out = Vec::new();
        match self.format {
            Format::Csv => self.write_csv(&mut out, rows),
            Format::Json => self.write_json(&mut out, rows, last),
        }
        out.into()
    }

    fn write_csv(&mut self, out: &mut Vec<u8>, rows: &[T]) {
        if std::mem::take(&mut self.is_empty) {
            out.extend("\u{feff}".as_bytes());
            write_csv_line(out, self.sheet.columns);
        }
        for row in rows {
            write_csv_line(out, &(self.sheet.cells)(row));
        }
    }

    fn write_json(&mut self, out: &mut Vec<u8>, rows: &[T], last: bool) {
        for row in rows {
            out.extend(if std::mem::take(&mut self.is_empty) { &b"[\n"[..] } else { b",\n" });
            // Cannot fail: wire types serialize to JSON.
            serde_json::to_writer(&mut *out, row).unwrap_or_default();
        }
        if last {
            out.extend(if self.is_empty { &b"[]\n"[..] } else { b"\n]\n" });
        }
    }
}

/// Writes one line of CSV, with formulas escaped.
fn write_csv_line(out: &mut Vec<u8>, cells: &[impl AsRef<str>]) {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    // Cannot fail: writes to memory.
    let written = writer.write_record(cells.iter().map(|cell| csv_cell::escape_formula(cell.as_ref()).into_owned()));
    drop(written.and_then(|()| Ok(writer.flush()?)));
}

#[cfg(test)]
mod tests {
    use super::{Format, RowWriter, Sheet};

    const SHEET: Sheet<[String; 2]> = Sheet { name: "test", columns: &["a", "b"], cells: |row| row.to_vec() };

    fn written(format: Format, chunks: &[&[[&str; 2]]]) -> String {
        let mut writer = RowWriter { sheet: SHEET, format, is_empty: true };
        let mut all = Vec::new();
        for (at, chunk) in chunks.iter().enumerate() {
            let rows: Vec<_> = chunk.iter().map(|row| row.map(str::to_owned)).collect();
            all.extend(writer.write(&rows, at + 1 == chunks.len()));
        }
        String::from_utf8(all).expect("text")
    }

    #[test]
    fn cells_that_look_like_formulas_are_escaped() {
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
    fn an_empty_export_is_complete() {
        assert_eq!(written(Format::Csv, &[&[]]), "\u{feff}a,b\r\n");
        assert_eq!(written(Format::Json, &[&[]]), "[]\n");
        assert_eq!(
            written(Format::Json, &[&[["1", "2"]], &[["3", "4"]], &[]]),
            "[\n[\"1\",\"2\"],\n[\"3\",\"4\"]\n]\n"
        );
    }
}
