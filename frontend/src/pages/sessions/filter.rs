//! Which sessions are shown and in what order: as it stands in the address bar, and applied.

use crate::{fold::fold, live::state::Heard, ui::sort::Order};
use leptos_router::params::ParamsMap;
use seatkeeper_shared::{
    ids::{LicenseId, SessionId},
    license::Model,
    session::{Platform, SessionState},
    wire::sessions::SessionView,
};
use std::{cmp::Reverse, str::FromStr};

/// Of which licenses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// All shared ones.
    #[default]
    Shared,
    /// Named ones as well.
    Everything,
    /// This one.
    One(LicenseId),
}

/// A column by which the table can be sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The agent's name.
    Agent,
    /// Waiting or connected.
    State,
    /// What the other side runs on.
    Platform,
    /// The agent's device.
    Device,
    /// For how long the session has lived.
    Since,
    /// How long ago the last contact was.
    Contact,
}

impl Column {
    /// Every column.
    pub const ALL: [Self; 6] = [Self::Agent, Self::State, Self::Platform, Self::Device, Self::Since, Self::Contact];

    /// Its name in the address bar.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::State => "state",
            Self::Platform => "platform",
            Self::Device => "device",
            Self::Since => "since",
            Self::Contact => "contact",
        }
    }
}

/// The order when none is asked for: who has held a seat longest comes first.
const USUAL: Order<Column> = (Column::Since, true);

/// What the address bar asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Of which licenses.
    pub which: Which,
    /// In which state.
    pub state: Option<SessionState>,
    /// On which platform.
    pub platform: Option<Platform>,
    /// With this in name or e-mail address.
    pub q: String,
    /// In which order.
    pub order: Order<Column>,
}

impl Default for Filter {
    fn default() -> Self {
        Self { which: Which::Shared, state: None, platform: None, q: String::new(), order: USUAL }
    }
}

impl Filter {
    /// Reads the address bar; what it does not understand it leaves out.
    pub fn read(query: &ParamsMap) -> Self {
        let text = |name| query.get_str(name).unwrap_or_default();
        Self {
            which: match text("license") {
                "all" => Which::Everything,
                id => id.parse().map_or(Which::Shared, Which::One),
            },
            state: word(text("state")),
            platform: word(text("platform")),
            q: text("q").to_owned(),
            order: order(text("sort")).unwrap_or(USUAL),
        }
    }

    /// What stands in the address bar after the path; nothing for what is usual.
    pub fn query(&self) -> String {
        let mut query = ParamsMap::new();
        match self.which {
            Which::Shared => {}
            Which::Everything => query.replace("license", "all".to_owned()),
            Which::One(id) => query.replace("license", id.to_string()),
        }
        if let Some(state) = self.state {
            query.replace("state", state.to_string());
        }
        if let Some(platform) = self.platform {
            query.replace("platform", platform.to_string());
        }
        if !self.q.is_empty() {
            query.replace("q", self.q.clone());
        }
        if self.order != USUAL {
            let minus = if self.order.1 { "-" } else { "" };
            query.replace("sort", format!("{minus}{}", self.order.0.as_str()));
        }
        query.to_query_string()
    }

    /// The address of the same sessions as a table.
    pub fn export(&self) -> String {
        let mut query = ParamsMap::new();
        match self.which {
            Which::Shared => query.replace("model", Model::Concurrent.to_string()),
            Which::Everything => {}
            Which::One(id) => query.replace("license", id.to_string()),
        }
        let state = self.state.map_or_else(|| "live".to_owned(), |state| state.to_string());
        query.replace("state", state);
        if let Some(platform) = self.platform {
            query.replace("platform", platform.to_string());
        }
        if !self.q.trim().is_empty() {
            query.replace("q", self.q.trim().to_owned());
        }
        format!("/api/v1/sessions/export{}", query.to_query_string())
    }

    /// Whether it leaves anything out beyond the named licenses.
    pub fn narrows(&self) -> bool {
        let all = Self { which: self.which, order: self.order, ..Self::default() };
        *self != all || matches!(self.which, Which::One(_))
    }

    /// The sessions it shows, in its order.
    pub fn apply<'a>(&self, sessions: impl Iterator<Item = &'a SessionView>, heard: &Heard) -> Vec<SessionId> {
        let q = fold(&self.q);
        let mut shown: Vec<_> = sessions.filter(|session| self.shows(session, &q)).collect();
        // The newest first where the order says nothing.
        shown.sort_by_key(|session| (Reverse(session.created_at), session.id));
        let (column, falling) = self.order;
        match column {
            Column::Agent => shown.sort_by_cached_key(|session| fold(&session.user_name)),
            Column::State => shown.sort_by_key(|session| session.state),
            Column::Platform => shown.sort_by_key(|session| session.platform),
            Column::Device => shown.sort_by_cached_key(|session| fold(&session.device)),
            Column::Since => shown.sort_by_key(|session| Reverse(session.created_at)),
            Column::Contact => shown.sort_by_cached_key(|session| Reverse(heard.of(session).last_seen_at)),
        }
        if falling {
            shown.reverse();
        }
        shown.into_iter().map(|session| session.id).collect()
    }

    fn shows(&self, session: &SessionView, q: &str) -> bool {
        let which = match self.which {
            Which::Shared => session.model == Model::Concurrent,
            Which::Everything => true,
            Which::One(id) => session.license_id == id,
        };
        // One that has just ended stays where it was.
        let state = self.state.is_none_or(|state| session.state == state || session.state == SessionState::Ended);
        which
            && state
            && self.platform.is_none_or(|platform| session.platform == Some(platform))
            && (q.is_empty() || fold(&session.user_name).contains(q) || fold(&session.user_email).contains(q))
    }
}

fn word<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn order(text: &str) -> Option<Order<Column>> {
    let (name, falling) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
    Column::ALL.into_iter().find(|column| column.as_str() == name).map(|column| (column, falling))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::session;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn sessions() -> Vec<SessionView> {
        let mut all: Vec<_> = (1..=4).map(session).collect();
        all[0].user_name = "Mehmet Yılmaz".to_owned();
        all[1].state = SessionState::Connected;
        all[1].platform = Some(Platform::Mac);
        all[2].model = Model::Named;
        all[3].user_name = "Älva".to_owned();
        all
    }

    fn shown(filter: &Filter) -> Vec<String> {
        let all = sessions();
        let ids = filter.apply(all.iter(), &Heard::default());
        ids.iter().filter_map(|id| all.iter().find(|s| s.id == *id)).map(|s| s.user_name.clone()).collect()
    }

    #[wasm_bindgen_test]
    fn the_address_bar_holds_the_whole_filter() {
        let mut filter = Filter { q: "a & b".to_owned(), order: (Column::Agent, false), ..Filter::default() };
        filter.which = Which::One(session(1).license_id);
        filter.state = Some(SessionState::Waiting);
        filter.platform = Some(Platform::Ios);
        let address = filter.query();
        let mut read = ParamsMap::new();
        for pair in address.trim_start_matches('?').split('&') {
            let (name, value) = pair.split_once('=').unwrap();
            let value = js_sys::decode_uri_component(&value.replace('+', " ")).unwrap();
            read.replace(name.to_owned(), String::from(value));
        }
        assert_eq!(Filter::read(&read), filter, "{address}");
        assert_eq!(Filter::default().query(), "");
    }

    #[wasm_bindgen_test]
    fn shared_licenses_come_alone_unless_asked_otherwise() {
        assert_eq!(shown(&Filter::default()), ["Mehmet Yılmaz", "Agent 2", "Älva"], "longest first");
        assert_eq!(shown(&Filter { which: Which::Everything, ..Filter::default() }).len(), 4);
    }

    #[wasm_bindgen_test]
    fn search_state_and_platform_narrow() {
        assert_eq!(shown(&Filter { q: "yilm".to_owned(), ..Filter::default() }), ["Mehmet Yılmaz"]);
        assert_eq!(shown(&Filter { q: "AGENT2@".to_owned(), ..Filter::default() }), ["Agent 2"]);
        let mac = Filter { platform: Some(Platform::Mac), state: Some(SessionState::Connected), ..Filter::default() };
        assert_eq!(shown(&mac), ["Agent 2"]);
        assert!(mac.narrows() && !Filter::default().narrows());
    }

    #[wasm_bindgen_test]
    fn names_are_sorted_as_people_do() {
        let by_name = Filter { order: (Column::Agent, false), ..Filter::default() };
        assert_eq!(shown(&by_name), ["Agent 2", "Älva", "Mehmet Yılmaz"]);
    }
}
