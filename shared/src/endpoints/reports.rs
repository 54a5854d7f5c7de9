//! Reports and the overview.

use super::Endpoint;
use crate::ids::{LicenseId, UserId};
use crate::wire::reports::{
    Overview, RefusalReport, SeatTimeReport, SizingDemand, SizingReport, UnusedSeatException, UnusedSeats, UsageMoment,
    UsageReport,
};

/// What needs action now.
pub fn overview() -> Endpoint<Overview> {
    Endpoint::get("/overview")
}

/// The usage of a `license` or a `product` between `from` and `to`.
pub fn usage() -> Endpoint<UsageReport> {
    Endpoint::get("/reports/usage")
}

/// Who held seats of a `license` or a `product` at the time `at`.
pub fn moment() -> Endpoint<UsageMoment> {
    Endpoint::get("/reports/moment")
}

/// The refused requests for a `license` or a `product` between `from` and `to`.
pub fn refusals() -> Endpoint<RefusalReport> {
    Endpoint::get("/reports/refusals")
}

/// Who used the seats of a `license`, a `product`, or all, between `from` and `to`.
pub fn seat_time() -> Endpoint<SeatTimeReport> {
    Endpoint::get("/reports/seat-time")
}

/// What would have happened with other numbers of seats of a `license` between `from` and `to`.
pub fn sizing() -> Endpoint<SizingReport> {
    Endpoint::get("/reports/sizing")
}

/// The same as a stream that says how far it is: for an `EventSource`.
pub fn sizing_progress() -> Endpoint<SizingReport> {
    Endpoint::get("/reports/sizing/progress")
}

/// What was asked of a `license` between `from` and `to`, for a replay.
pub fn sizing_demand() -> Endpoint<SizingDemand> {
    Endpoint::get("/reports/sizing/demand")
}

/// The named seats that were not used for some `days`.
pub fn unused_seats() -> Endpoint<UnusedSeats> {
    Endpoint::get("/reports/unused-seats")
}

/// Keeps a named seat although it is not used.
pub fn keep_unused_seat(license: LicenseId, user: UserId, exception: &UnusedSeatException) -> Endpoint<()> {
    Endpoint::put(format!("/reports/unused-seats/{license}/{user}/exception"), exception)
}

/// Removes the exception of a named seat.
pub fn remove_unused_seat_exception(license: LicenseId, user: UserId) -> Endpoint<()> {
    Endpoint::delete(format!("/reports/unused-seats/{license}/{user}/exception"))
}
