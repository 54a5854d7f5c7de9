//! Reports: how the seats were used, who was turned away, and who used them. Each report is a page of its own with the
//! same head: what it is about, the period, and filters, all in the address.

pub mod costs;
mod exception;
mod export_menu;
mod filter;
mod filter_bar;
mod head;
mod own_period;
pub mod people;
mod period;
mod person_filter;
pub mod refusals;
mod report_body;
mod seat_time;
pub mod sizing;
mod state;
mod subject;
mod unused_seats;
pub mod usage;

use crate::{format::Texts, i18n::*};
use seatkeeper_shared::wire::views::ViewPage;

/// A report, a tab of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReportTab {
    /// How the seats were used.
    Usage,
    /// Who was turned away.
    Refusals,
    /// How many seats are really needed.
    Sizing,
    /// Who used the seats.
    People,
    /// What that costs, and which seats nobody uses.
    Costs,
}

impl ReportTab {
    const ALL: [Self; 5] = [Self::Usage, Self::Refusals, Self::Sizing, Self::People, Self::Costs];

    /// The path of its page.
    const fn path(self) -> &'static str {
        match self {
            Self::Usage => "/reports",
            Self::Refusals => "/reports/refusals",
            Self::Sizing => "/reports/sizing",
            Self::People => "/reports/people",
            Self::Costs => "/reports/costs",
        }
    }

    /// The name of the report.
    fn name(self, i18n: Texts) -> &'static str {
        match self {
            Self::Usage => t_string!(i18n, reports.tab_usage),
            Self::Refusals => t_string!(i18n, reports.tab_refusals),
            Self::Sizing => t_string!(i18n, reports.tab_sizing),
            Self::People => t_string!(i18n, reports.tab_people),
            Self::Costs => t_string!(i18n, reports.tab_costs),
        }
    }

    /// The page of saved views.
    const fn view_page(self) -> ViewPage {
        match self {
            Self::Usage => ViewPage::Usage,
            Self::Refusals => ViewPage::Refusals,
            Self::Sizing => ViewPage::Sizing,
            Self::People => ViewPage::People,
            Self::Costs => ViewPage::Costs,
        }
    }

    /// The name of its export below `/reports`.
    const fn export(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Refusals => "refusals",
            Self::Sizing => "sizing",
            Self::People | Self::Costs => "seat-time",
        }
    }

    /// Whether it can be limited to a group or a user.
    const fn filters_people(self) -> bool {
        matches!(self, Self::Usage | Self::Refusals)
    }

    /// Whether it can be limited to a platform. A refused request never had one.
    const fn filters_platform(self) -> bool {
        matches!(self, Self::Usage)
    }

    /// Whether it may be about all licenses together.
    const fn accepts_all(self) -> bool {
        matches!(self, Self::People | Self::Costs)
    }
}
