//! How far a report is, told while it is computed.

use crate::pool::replay;
use seatkeeper_shared::wire::reports::{SizingPhase, SizingProgress};
use std::{cell::Cell, ops::ControlFlow};
use tokio::sync::watch;

/// Where a report tells how far it is.
#[derive(Debug)]
pub struct ProgressReporter(watch::Sender<SizingProgress>);

impl ProgressReporter {
    /// A reporter, and where its latest report is read.
    pub fn new() -> (Self, watch::Receiver<SizingProgress>) {
        let begin = SizingProgress { phase: SizingPhase::Waiting, done: 0, total: 0, share: 0.0 };
        let (sender, receiver) = watch::channel(begin);
        (Self(sender), receiver)
    }

    /// A reporter to whom nobody listens.
    pub fn silent() -> Self {
        Self::new().0
    }

    /// Tells that so much of a phase is done, and this part of the next step.
    pub(super) fn tell(&self, phase: SizingPhase, (done, total): (i64, i64), part: f64) {
        let of_phase = if total == 0 { 0.0 } else { ((done as f64 + part) / total as f64).clamp(0.0, 1.0) };
        let (begin, end) = share_of(phase);
        self.0.send_modify(|last| {
            let share = (begin + (end - begin) * of_phase).max(last.share);
            *last = SizingProgress { phase, done, total, share };
        });
    }
}

/// The shares of the work at which a phase begins and ends, about.
fn share_of(phase: SizingPhase) -> (f64, f64) {
    match phase {
        SizingPhase::Waiting => (0.0, 0.0),
        SizingPhase::Reading => (0.0, 0.2),
        SizingPhase::Replaying => (0.2, 0.9),
        SizingPhase::Advising => (0.9, 1.0),
    }
}

/// Replays that are done one after the other.
pub struct Course<'a> {
    reporter: &'a ProgressReporter,
    is_cancelled: &'a dyn Fn() -> bool,
    phase: Cell<SizingPhase>,
    done: Cell<i64>,
    total: Cell<i64>,
}

impl<'a> Course<'a> {
    /// `is_cancelled` is asked from time to time.
    pub fn new(reporter: &'a ProgressReporter, is_cancelled: &'a dyn Fn() -> bool) -> Self {
        let (phase, done, total) = (Cell::new(SizingPhase::Replaying), Cell::new(0), Cell::new(0));
        Self { reporter, is_cancelled, phase, done, total }
    }

    /// Begins a phase of at most so many replays.
    pub fn begin(&self, phase: SizingPhase, replays: usize) {
        self.phase.set(phase);
        self.done.set(0);
        self.total.set(i64::try_from(replays).unwrap_or(i64::MAX));
        self.tell(0.0);
    }

    /// Notes the progress of the present replay.
    pub fn note(&self, replay::Progress { requests, of }: replay::Progress) -> ControlFlow<()> {
        self.tell(requests as f64 / of.max(1) as f64);
        if (self.is_cancelled)() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Notes that a replay is finished.
    pub fn finish_one(&self) {
        self.done.set(self.done.get() + 1);
        self.tell(0.0);
    }

    fn tell(&self, part: f64) {
        self.reporter.tell(self.phase.get(), (self.done.get(), self.total.get()), part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_never_decreases() {
        let (reporter, latest) = ProgressReporter::new();
        let course = Course::new(&reporter, &|| false);
        let share = || latest.borrow().share;
        reporter.tell(SizingPhase::Reading, (1, 2), 0.0);
        assert!((share() - 0.1).abs() < 1e-9);
        course.begin(SizingPhase::Replaying, 2);
        assert_eq!(course.note(replay::Progress { requests: 1, of: 2 }), ControlFlow::Continue(()));
        assert!((share() - 0.375).abs() < 1e-9, "a quarter of the replays");
        course.finish_one();
        let told = *latest.borrow();
        assert_eq!((told.phase, told.done, told.total), (SizingPhase::Replaying, 1, 2));
        course.begin(SizingPhase::Replaying, 10);
        assert!((share() - 0.55).abs() < 1e-9);
        course.begin(SizingPhase::Advising, 0);
        assert!((share() - 0.9).abs() < 1e-9);
    }

    #[test]
    fn a_cancelled_course_stops_its_replay() {
        let (reporter, _) = ProgressReporter::new();
        let course = Course::new(&reporter, &|| true);
        assert_eq!(course.note(replay::Progress { requests: 0, of: 0 }), ControlFlow::Break(()));
    }
}
