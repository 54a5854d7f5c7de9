//! Filter and sort order of the session table, read from and written to the URL query.

use super::row_order::{SortKey, SortValue};
use crate::{live::state::LastContacts, normalize::search_key, ui::sortable_header::SortOrder};
use leptos_router::params::ParamsMap;
use seatkeeper_shared::{
    endpoints::{self, Endpoint, live::LiveRows},
    ids::LicenseId,
    license::Model,
    session::{Platform, SessionState},
    wire::{
        Page,
        sessions::{LiveSessionFilter, SessionSort, SessionView, StateFilter},
    },
};
use std::str::FromStr;

/// The licenses whose sessions are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LicenseScope {
    /// All concurrent licenses.
    #[default]
    Shared,
    /// All licenses.
    Everything,
    /// A single license.
    One(LicenseId),
}

/// A column by which the table can be sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The agent's name.
    Agent,
    /// Waiting or connected.
    State,
    /// The platform of the customer or remote device.
    Platform,
    /// The agent's device.
    Device,
    /// Age of the session.
    Since,
    /// Time since the last contact.
    Contact,
}

impl Column {
    pub const ALL: [Self; 6] = [Self::Agent, Self::State, Self::Platform, Self::Device, Self::Since, Self::Contact];

    /// Its name in the query.
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

/// The default order: the longest-held seat first.
const DEFAULT_ORDER: SortOrder<Column> = (Column::Since, true);

/// Filter and sort order of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    pub scope: LicenseScope,
    pub state: Option<SessionState>,
    pub platform: Option<Platform>,
    /// Text searched for in names and e-mail addresses.
    pub q: String,
    pub order: SortOrder<Column>,
}

impl Default for Filter {
    fn default() -> Self {
        Self { scope: LicenseScope::Shared, state: None, platform: None, q: String::new(), order: DEFAULT_ORDER }
    }
}

impl Filter {
    /// Parses the URL query, in the user's usual order if it names none. Values that are not valid are ignored.
    pub fn read(query: &ParamsMap, usual: SortOrder<Column>) -> Self {
        let text = |name| query.get_str(name).unwrap_or_default();
        Self {
            scope: match text("license") {
                "all" => LicenseScope::Everything,
                id => id.parse().map_or(LicenseScope::Shared, LicenseScope::One),
            },
            state: parsed(text("state")),
            platform: parsed(text("platform")),
            q: text("q").to_owned(),
            order: parse_order(text("sort")).unwrap_or(usual),
        }
    }

    /// The URL query, including the `?`; empty for the default filter. Users whose usual order is another one get the
    /// order named, so that the link shows others the same.
    pub fn query(&self, usual: SortOrder<Column>) -> String {
        let mut query = ParamsMap::new();
        match self.scope {
            LicenseScope::Shared => {}
            LicenseScope::Everything => query.replace("license", "all".to_owned()),
            LicenseScope::One(id) => query.replace("license", id.to_string()),
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
        if (self.order, usual) != (DEFAULT_ORDER, DEFAULT_ORDER) {
            query.replace("sort", order_text(self.order));
        }
        query.to_query_string()
    }

    /// URL of the CSV export with the same filter.
    pub fn export(&self) -> String {
        let mut query = ParamsMap::new();
        match self.scope {
            LicenseScope::Shared => query.replace("model", Model::Concurrent.to_string()),
            LicenseScope::Everything => {}
            LicenseScope::One(id) => query.replace("license", id.to_string()),
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

    /// The rows as the server reads them; `None` if it cannot sort by the column.
    pub fn rows(&self) -> Option<LiveRows> {
        Some(self.rows_in(server_order(self.order)?))
    }

    /// The request for the rows, which the page sends if there are very many. If the server cannot sort by the column,
    /// the longest-held seat comes first.
    pub fn request(&self) -> Endpoint<Page<SessionView>> {
        endpoints::live::rows(&self.rows_in(server_order(self.order).unwrap_or((SessionSort::Created, false))))
    }

    fn rows_in(&self, order: SortOrder<SessionSort>) -> LiveRows {
        LiveRows {
            license: if let LicenseScope::One(id) = self.scope { Some(id) } else { None },
            model: (self.scope == LicenseScope::Shared).then_some(Model::Concurrent),
            state: match self.state {
                Some(SessionState::Waiting) => StateFilter::Waiting,
                Some(SessionState::Connected) => StateFilter::Connected,
                Some(SessionState::Ended) | None => StateFilter::Live,
            },
            platform: self.platform,
            q: Some(self.q.trim().to_owned()).filter(|q| !q.is_empty()),
            order,
        }
    }

    /// The sessions that match, whether this browser knows them or not.
    pub fn live_sessions(&self) -> LiveSessionFilter {
        let rows = self.rows_in((SessionSort::Created, false));
        let LiveRows { license, model, state, platform, q, .. } = rows;
        LiveSessionFilter { license, product: None, model, user: None, state: Some(state), platform, q }
    }

    /// Whether it shows all sessions of its licenses.
    pub fn shows_whole_scope(&self) -> bool {
        *self == Self { scope: self.scope, order: self.order, ..Self::default() }
    }

    /// Whether both show the same sessions, in whatever order.
    pub fn shows_same(&self, other: &Self) -> bool {
        *self == Self { order: self.order, ..other.clone() }
    }

    /// Whether it hides more than the sessions of named licenses.
    pub fn is_narrowed(&self) -> bool {
        !self.shows_whole_scope() || matches!(self.scope, LicenseScope::One(_))
    }

    /// Whether a session on a license is in the scope of the filter.
    pub fn includes(&self, license: LicenseId, model: Model) -> bool {
        match self.scope {
            LicenseScope::Shared => model == Model::Concurrent,
            LicenseScope::Everything => true,
            LicenseScope::One(id) => license == id,
        }
    }

    /// Where a session stands in the table; `None` if the filter hides it.
    pub fn sort_key(&self, session: &SessionView, contacts: &LastContacts) -> Option<SortKey> {
        self.matches(session).then(|| {
            let value = match self.order.0 {
                Column::Agent => SortValue::Text(search_key(&session.user_name)),
                Column::Device => SortValue::Text(search_key(&session.device)),
                Column::State => SortValue::Number(i64::from(session.state == SessionState::Connected)),
                Column::Platform => SortValue::Number(platform_rank(session.platform)),
                Column::Since => SortValue::Number(-session.created_at.timestamp_micros()),
                Column::Contact => SortValue::Number(-contacts.of(session).last_seen_at.timestamp_micros()),
            };
            SortKey::new(value, session)
        })
    }

    fn matches(&self, session: &SessionView) -> bool {
        // A session that has just ended stays in the list for a moment.
        let state = self.state.is_none_or(|state| session.state == state || session.state == SessionState::Ended);
        self.includes(session.license_id, session.model)
            && state
            && self.platform.is_none_or(|platform| session.platform == Some(platform))
            && self.finds(session)
    }

    /// Whether the name or the e-mail address contains the text searched for.
    fn finds(&self, session: &SessionView) -> bool {
        if self.q.is_empty() {
            return true;
        }
        let q = search_key(&self.q);
        search_key(&session.user_name).contains(&q) || search_key(&session.user_email).contains(&q)
    }
}

/// The order as the server knows it; `None` if it cannot sort by the column.
fn server_order((column, descending): SortOrder<Column>) -> Option<SortOrder<SessionSort>> {
    match column {
        Column::Agent => Some((SessionSort::UserName, descending)),
        // The age grows while the time of creation falls.
        Column::Since => Some((SessionSort::Created, !descending)),
        Column::State | Column::Platform | Column::Device | Column::Contact => None,
    }
}

/// Unknown platforms first, then in the order of the list of all.
fn platform_rank(platform: Option<Platform>) -> i64 {
    let rank = Platform::ALL.iter().position(|one| Some(*one) == platform);
    rank.and_then(|rank| i64::try_from(rank).ok()).unwrap_or(-1)
}

fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// The order as it stands in the query.
pub fn order_text((column, descending): SortOrder<Column>) -> String {
    format!("{}{}", if descending { "-" } else { "" }, column.as_str())
}

/// The order that the user has kept, or the default.
pub fn usual_order(kept: Option<&str>) -> SortOrder<Column> {
    kept.and_then(parse_order).unwrap_or(DEFAULT_ORDER)
}

fn parse_order(text: &str) -> Option<SortOrder<Column>> {
    let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
    Column::ALL.into_iter().find(|column| column.as_str() == name).map(|column| (column, descending))
}

#[cfg(test)]
mod tests {
    use super::{super::row_order::RowOrder, *};
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
        let keys = all.iter().filter_map(|session| filter.sort_key(session, &LastContacts::default()));
        let order = RowOrder::new(filter.order.1, keys);
        order.ids().filter_map(|id| all.iter().find(|s| s.id == id)).map(|s| s.user_name.clone()).collect()
    }

    #[wasm_bindgen_test]
    fn the_query_holds_the_whole_filter() {
        let mut filter = Filter { q: "a & b".to_owned(), order: (Column::Agent, false), ..Filter::default() };
        filter.scope = LicenseScope::One(session(1).license_id);
        filter.state = Some(SessionState::Waiting);
        filter.platform = Some(Platform::Ios);
        let address = filter.query(DEFAULT_ORDER);
        let mut read = ParamsMap::new();
        for pair in address.trim_start_matches('?').split('&') {
            let (name, value) = pair.split_once('=').unwrap();
            let value = js_sys::decode_uri_component(&value.replace('+', " ")).unwrap();
            read.replace(name.to_owned(), String::from(value));
        }
        assert_eq!(Filter::read(&read, DEFAULT_ORDER), filter, "{address}");
        assert_eq!(Filter::default().query(DEFAULT_ORDER), "");
    }

    #[wasm_bindgen_test]
    fn the_usual_order_is_used_unless_the_link_names_one() {
        let usual = usual_order(Some("agent"));
        assert_eq!(Filter::read(&ParamsMap::new(), usual).order, (Column::Agent, false));
        assert_eq!(Filter::default().query(usual), "?sort=-since", "a link shows others the same");
        assert_eq!(usual_order(Some("dragons")), DEFAULT_ORDER);
        assert_eq!(order_text(usual), "agent");
    }

    #[wasm_bindgen_test]
    fn only_sessions_of_concurrent_licenses_are_shown_by_default() {
        assert_eq!(shown(&Filter::default()), ["Mehmet Yılmaz", "Agent 2", "Älva"], "longest first");
        assert_eq!(shown(&Filter { scope: LicenseScope::Everything, ..Filter::default() }).len(), 4);
    }

    #[wasm_bindgen_test]
    fn a_search_a_state_and_a_platform_hide_the_others() {
        assert_eq!(shown(&Filter { q: "yilm".to_owned(), ..Filter::default() }), ["Mehmet Yılmaz"]);
        assert_eq!(shown(&Filter { q: "AGENT2@".to_owned(), ..Filter::default() }), ["Agent 2"]);
        let mac = Filter { platform: Some(Platform::Mac), state: Some(SessionState::Connected), ..Filter::default() };
        assert_eq!(shown(&mac), ["Agent 2"]);
        assert!(mac.is_narrowed() && !Filter::default().is_narrowed());
    }

    #[wasm_bindgen_test]
    fn the_server_reads_the_same_rows_in_the_same_order() {
        let longest_first = Filter::default().rows().unwrap();
        assert_eq!(longest_first.order, (SessionSort::Created, false));
        assert_eq!((longest_first.model, longest_first.state), (Some(Model::Concurrent), StateFilter::Live));
        let filter = Filter {
            scope: LicenseScope::One(session(1).license_id),
            state: Some(SessionState::Waiting),
            q: " yil ".to_owned(),
            order: (Column::Agent, true),
            ..Filter::default()
        };
        let rows = filter.rows().unwrap();
        assert_eq!((rows.license, rows.model), (Some(session(1).license_id), None));
        assert_eq!((rows.state, rows.q.as_deref()), (StateFilter::Waiting, Some("yil")));
        assert_eq!(rows.order, (SessionSort::UserName, true));
        let ended = filter.live_sessions();
        assert_eq!((ended.license, ended.model), (rows.license, rows.model), "what is ended is what is shown");
        assert_eq!((ended.state, ended.q), (Some(StateFilter::Waiting), Some("yil".to_owned())));
        let path = filter.request().into_request().path;
        assert_eq!(path, endpoints::live::rows(&rows).into_request().path, "the request that is copied");
        let by_contact = Filter { order: (Column::Contact, true), ..Filter::default() };
        assert!(by_contact.rows().is_none());
        assert_eq!(by_contact.request(), Filter::default().request());
    }

    #[wasm_bindgen_test]
    fn names_are_sorted_ignoring_accents() {
        let by_name = Filter { order: (Column::Agent, false), ..Filter::default() };
        assert_eq!(shown(&by_name), ["Agent 2", "Älva", "Mehmet Yılmaz"]);
    }
}
