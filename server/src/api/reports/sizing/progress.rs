//! The sizing report as a stream that says how far it is.

use super::{LicensePeriodQuery, RequestedReport, TrialQuery};
use crate::{
    app::App,
    auth::{StreamGuard, stream_guard::OnRevocation},
    db::DbError,
    http::{extract::ValidQuery, problem::ApiError},
    live::{frame, json},
    sizing::ProgressReporter,
};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{Stream, stream};
use seatkeeper_shared::{
    permissions::Action,
    problem::Problem,
    wire::reports::{PROBLEM_EVENT, PROGRESS_EVENT, REPORT_EVENT, SizingProgress, SizingReport},
};
use std::{pin::Pin, time::Duration};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

/// The time between two events, at least.
const MIN_GAP: Duration = Duration::from_millis(200);
/// The same, about, at most: the connection is seen to work.
const MAX_GAP: Duration = Duration::from_secs(10);

/// Computes the same report as `GET /reports/sizing`, and tells meanwhile how far it is, as server-sent events:
/// `progress`, then `report`, or `problem` if it fails. The report is cancelled when the stream is closed.
#[utoipa::path(
    get, path = "/reports/sizing/progress", tag = "reports",
    params(LicensePeriodQuery, TrialQuery),
    responses(
        (status = 200, description = "These are the data of its events", content(
            (SizingProgress = "text/event-stream"), (Problem = "text/event-stream"),
            (SizingReport = "text/event-stream"))),
    )
)]
pub async fn sizing_progress(
    State(app): State<App>,
    guard: StreamGuard,
    ValidQuery(query): ValidQuery<LicensePeriodQuery>,
    ValidQuery(trial): ValidQuery<TrialQuery>,
) -> Result<Response, ApiError> {
    let caller = guard.caller().clone();
    caller.require(Action::ViewReports)?;
    let requested = RequestedReport::check(&app, &caller, &query, &trial).await?;
    let admitted = app.sizing.admit()?;
    let (reporter, latest) = ProgressReporter::new();
    let work = async move { requested.compute(&app, &caller, admitted, reporter).await };
    let computation = Computation { work: Box::pin(work), latest, has_begun: false };
    let kind = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache, no-transform")];
    let body = guard.body(events(computation), OnRevocation::Abort);
    Ok((kind, [("x-accel-buffering", "no")], body).into_response())
}

/// A report that is being computed while its stream is read.
struct Computation {
    work: Pin<Box<dyn Future<Output = Result<SizingReport, ApiError>> + Send>>,
    latest: watch::Receiver<SizingProgress>,
    has_begun: bool,
}

fn events(computation: Computation) -> impl Stream<Item = Result<Bytes, DbError>> + Send {
    stream::unfold(Some(computation), async |computation| {
        let mut computation = computation?;
        tokio::select! {
            biased;
            result = &mut computation.work => Some((Ok(last_event(result)), None)),
            () = progress_due(&mut computation.latest, computation.has_begun) => {
                computation.has_begun = true;
                let event = frame(PROGRESS_EVENT, None, &json(&*computation.latest.borrow_and_update()));
                Some((Ok(event), Some(computation)))
            }
        }
    })
}

/// Waits until the progress should be told. The first time, that is at once.
async fn progress_due(latest: &mut watch::Receiver<SizingProgress>, has_begun: bool) {
    if has_begun {
        sleep(MIN_GAP).await;
        // It may also be over already: then the report is the next event.
        let _ = timeout(MAX_GAP, latest.changed()).await;
    }
}

fn last_event(result: Result<SizingReport, ApiError>) -> Bytes {
    match result {
        Ok(report) => frame(REPORT_EVENT, None, &json(&report)),
        Err(error) => frame(PROBLEM_EVENT, None, &error.json()),
    }
}
