//! List queries and their responses (RFC 7644 §3.4.2), with filtering, sorting and paging in memory.

use super::{
    client::percent_decode,
    error::{ScimError, ScimType},
    filter::{self, Filter, StepBudget},
    projection::Projection,
    response::ScimResponse,
};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::{cmp::Reverse, collections::HashMap};

/// The most resources in one response.
pub const MAX_PAGE_SIZE: usize = 500;
/// The page size if the query has no `count`.
const DEFAULT_PAGE_SIZE: usize = 100;
/// The most comparisons for one list: a filter of fifty terms on each resource.
const MAX_SEARCH_STEPS: u64 = 2_000_000;
/// The most resources scanned where the database cannot filter.
pub const MAX_SCANNED_RESOURCES: usize = 20_000;

/// The query parameters of a request for a list or one resource.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    pub filter: Option<Filter>,
    pub sort_by: Option<filter::AttrPath>,
    /// Sort in descending order.
    pub descending: bool,
    /// The number of resources before the page.
    pub skip: usize,
    /// The most resources on the page.
    pub count: usize,
    /// Which attributes to return.
    pub projection: Projection,
}

impl ListQuery {
    /// Reads the query string of a URL.
    ///
    /// # Errors
    /// Returns an error if the filter is invalid, or a number is not a number.
    pub fn from_query(query: Option<&str>) -> Result<Self, ScimError> {
        let pairs = query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        let given: HashMap<_, _> =
            pairs.map(|(name, value)| (percent_decode(name).to_ascii_lowercase(), percent_decode(value))).collect();
        Self::read(|name| given.get(&name.to_ascii_lowercase()).cloned())
    }

    /// Reads the body of a `.search` request.
    ///
    /// # Errors
    /// Returns an error if the filter is invalid, or a number is not a number.
    pub fn from_body(body: &Value) -> Result<Self, ScimError> {
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Array(words) => Some(words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")),
            _ => None,
        };
        Self::read(|name| body.as_object().and_then(|fields| filter::field(fields, name)).and_then(text))
    }

    fn read(given: impl Fn(&str) -> Option<String>) -> Result<Self, ScimError> {
        let given = |name: &str| given(name).filter(|text| !text.trim().is_empty());
        let number = |name: &str| {
            let read = given(name).map(|text| text.trim().parse::<i64>());
            let invalid = || ScimError::bad_request(ScimType::InvalidValue, format!("{name} must be a number."));
            read.transpose().map_err(|_| invalid())
        };
        let sort_by = given("sortBy").map(|text| filter::parse_path(&text)).transpose()?;
        // A value below the minimum counts as the minimum (RFC 7644 §3.4.2.4).
        let start = usize::try_from(number("startIndex")?.unwrap_or(1).max(1)).unwrap_or(usize::MAX);
        let count = number("count")?.map(|count| usize::try_from(count.max(0)).unwrap_or(usize::MAX));
        Ok(Self {
            filter: given("filter").map(|text| filter::parse_filter(&text)).transpose()?,
            sort_by: sort_by.map(|path| path.attr),
            descending: given("sortOrder").is_some_and(|order| order.eq_ignore_ascii_case("descending")),
            skip: start - 1,
            count: count.unwrap_or(DEFAULT_PAGE_SIZE).min(MAX_PAGE_SIZE),
            projection: Projection::parse(given("attributes").as_deref(), given("excludedAttributes").as_deref()),
        })
    }

    /// Whether the filter or the sort order refers to this attribute.
    pub fn mentions(&self, name: &str) -> bool {
        let sorts = self.sort_by.as_ref().is_some_and(|attr| attr.name.eq_ignore_ascii_case(name));
        sorts || self.filter.as_ref().is_some_and(|filter| mentions(filter, name))
    }

    /// The query for a list appended to another one with `total` resources, of which `returned` are on the page.
    #[must_use]
    pub fn after(&self, total: usize, returned: usize) -> Self {
        let (skip, count) = (self.skip.saturating_sub(total), self.count.saturating_sub(returned));
        Self { skip, count, ..self.clone() }
    }

    /// Reduces a response to the requested attributes.
    pub fn project(&self, response: ScimResponse) -> Result<ScimResponse, ScimError> {
        Ok(ScimResponse { body: self.projection.apply(response.body), ..response })
    }

    /// Filters, sorts and pages the resources; returns the total and the page, each resource with its index in `all`.
    ///
    /// # Errors
    /// Returns `tooMany` if this would take too many comparisons.
    pub fn select_page(&self, all: Vec<Value>) -> Result<(usize, Vec<(usize, Value)>), ScimError> {
        let mut all: Vec<_> = all.into_iter().enumerate().collect();
        if let Some(filter) = &self.filter {
            let budget = StepBudget::at_most(MAX_SEARCH_STEPS);
            all.retain(|(_, resource)| filter.matches(resource, &budget));
            budget.check()?;
        }
        if let Some(attr) = &self.sort_by {
            // Resources without a value come last. The sort is stable: equal ones stay in the order of their ids.
            let key = |(_, resource): &(usize, Value)| {
                let key = filter::look_up(resource, attr).first().map(|value| sort_key(value));
                (key.is_none(), key)
            };
            if self.descending { all.sort_by_cached_key(|one| Reverse(key(one))) } else { all.sort_by_cached_key(key) }
        }
        let total = all.len();
        Ok((total, all.into_iter().skip(self.skip).take(self.count).collect()))
    }

    /// The list response with a page.
    pub fn list_response(&self, total: usize, page: Vec<Value>) -> ScimResponse {
        let page: Vec<_> = page.into_iter().map(|resource| self.projection.apply(resource)).collect();
        ScimResponse::new(
            StatusCode::OK,
            json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
                "totalResults": total, "startIndex": self.skip + 1, "itemsPerPage": page.len(), "Resources": page,
            }),
        )
    }
}

fn sort_key(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_lowercase(),
        Value::Object(parts) => filter::field(parts, "value").map(sort_key).unwrap_or_default(),
        other => other.to_string(),
    }
}

fn mentions(filter: &Filter, name: &str) -> bool {
    match filter {
        Filter::And(a, b) | Filter::Or(a, b) => mentions(a, name) || mentions(b, name),
        Filter::Not(inner) => mentions(inner, name),
        Filter::Compare(attr, ..) | Filter::Present(attr) | Filter::ValuePath(attr, _) => {
            attr.name.eq_ignore_ascii_case(name)
        }
    }
}

/// Checks the number of resources to scan.
///
/// # Errors
/// Returns `tooMany` if it is above [`MAX_SCANNED_RESOURCES`].
pub fn check_scan_size(count: usize) -> Result<(), ScimError> {
    let detail = || format!("More than {MAX_SCANNED_RESOURCES} resources would have to be scanned.");
    if count > MAX_SCANNED_RESOURCES { Err(ScimError::bad_request(ScimType::TooMany, detail())) } else { Ok(()) }
}
