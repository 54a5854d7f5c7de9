//! How lists are asked for and answered (RFC 7644 §3.4.2), and which attributes are shown (§3.9).

use super::{
    answer::Answer,
    fail::{Fail, Type},
    filter::{self, Filter, Steps},
    project::Shown,
    request::decoded,
};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::{cmp::Reverse, collections::HashMap};

/// The most resources of one answer.
pub const MOST: usize = 500;
/// So many if nobody says how many.
const USUAL: usize = 100;
/// So much is compared at most for one list: each resource with a filter of fifty terms.
const MAX_SEARCH_STEPS: u64 = 2_000_000;
/// So many are looked through at most where the database cannot choose.
pub const LOOKED_THROUGH: usize = 20_000;

/// How a list, or one resource, is asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// What must hold.
    pub filter: Option<Filter>,
    /// By what it is sorted.
    pub sort_by: Option<filter::Attr>,
    /// The other way round.
    pub down: bool,
    /// How many are passed by.
    pub skip: usize,
    /// How many at most.
    pub count: usize,
    /// Which attributes are shown.
    pub shown: Shown,
}

impl Asked {
    /// As the query of an address says it.
    ///
    /// # Errors
    /// The filter is not understood, a number is none.
    pub fn of_query(query: Option<&str>) -> Result<Self, Fail> {
        let pairs = query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        let given: HashMap<_, _> =
            pairs.map(|(name, value)| (decoded(name).to_ascii_lowercase(), decoded(value))).collect();
        Self::read(|name| given.get(&name.to_ascii_lowercase()).cloned())
    }

    /// As the body of a search says it.
    ///
    /// # Errors
    /// The filter is not understood, a number is none.
    pub fn of_body(body: &Value) -> Result<Self, Fail> {
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Array(words) => Some(words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")),
            _ => None,
        };
        Self::read(|name| body.as_object().and_then(|fields| filter::field(fields, name)).and_then(text))
    }

    fn read(given: impl Fn(&str) -> Option<String>) -> Result<Self, Fail> {
        let given = |name: &str| given(name).filter(|text| !text.trim().is_empty());
        let number = |name: &str| {
            let read = given(name).map(|text| text.trim().parse::<i64>());
            read.transpose().map_err(|_| Fail::bad(Type::InvalidValue, format!("{name} must be a number.")))
        };
        let sort_by = given("sortBy").map(|text| filter::path(&text)).transpose()?;
        // What is less than the least counts as that (RFC 7644 §3.4.2.4).
        let start = usize::try_from(number("startIndex")?.unwrap_or(1).max(1)).unwrap_or(usize::MAX);
        let count = number("count")?.map(|count| usize::try_from(count.max(0)).unwrap_or(usize::MAX));
        Ok(Self {
            filter: given("filter").map(|text| filter::filter(&text)).transpose()?,
            sort_by: sort_by.map(|path| path.attr),
            down: given("sortOrder").is_some_and(|order| order.eq_ignore_ascii_case("descending")),
            skip: start - 1,
            count: count.unwrap_or(USUAL).min(MOST),
            shown: Shown::of(given("attributes").as_deref(), given("excludedAttributes").as_deref()),
        })
    }

    /// Whether the filter, or what it is sorted by, speaks of this attribute.
    pub fn speaks_of(&self, name: &str) -> bool {
        let sorts = self.sort_by.as_ref().is_some_and(|attr| attr.name.eq_ignore_ascii_case(name));
        sorts || self.filter.as_ref().is_some_and(|filter| speaks_of(filter, name))
    }

    /// The same of a list that follows one of so many, of which so many are shown.
    #[must_use]
    pub fn after(&self, before: usize, shown: usize) -> Self {
        let (skip, count) = (self.skip.saturating_sub(before), self.count.saturating_sub(shown));
        Self { skip, count, ..self.clone() }
    }

    /// The answer, with those attributes only that are asked for.
    pub fn shown(&self, answer: Answer) -> Result<Answer, Fail> {
        Ok(Answer { body: self.shown.of_resource(answer.body), ..answer })
    }

    /// The page of those resources for which the filter holds, each with its place among all.
    ///
    /// # Errors
    /// Too much would have to be compared.
    pub fn page_of(&self, all: Vec<Value>) -> Result<(usize, Vec<(usize, Value)>), Fail> {
        let mut all: Vec<_> = all.into_iter().enumerate().collect();
        if let Some(filter) = &self.filter {
            let steps = Steps::at_most(MAX_SEARCH_STEPS);
            all.retain(|(_, resource)| filter.matches(resource, &steps));
            steps.must_be_few()?;
        }
        if let Some(by) = &self.sort_by {
            // Whoever has none comes last. Stable: those that are equal stay in the order of their ids.
            let key = |(_, resource): &(usize, Value)| {
                let key = filter::look_up(resource, by).0.first().map(|value| sort_key(value));
                (key.is_none(), key)
            };
            if self.down { all.sort_by_cached_key(|one| Reverse(key(one))) } else { all.sort_by_cached_key(key) }
        }
        let total = all.len();
        Ok((total, all.into_iter().skip(self.skip).take(self.count).collect()))
    }

    /// The answer with a page.
    pub fn answer(&self, total: usize, page: Vec<Value>) -> Answer {
        let page: Vec<_> = page.into_iter().map(|resource| self.shown.of_resource(resource)).collect();
        Answer::new(
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

fn speaks_of(filter: &Filter, name: &str) -> bool {
    match filter {
        Filter::And(a, b) | Filter::Or(a, b) => speaks_of(a, name) || speaks_of(b, name),
        Filter::Not(inner) => speaks_of(inner, name),
        Filter::Compare(attr, ..) | Filter::Present(attr) | Filter::Some(attr, _) => {
            attr.name.eq_ignore_ascii_case(name)
        }
    }
}

/// Refuses to look through more than can be looked through.
///
/// # Errors
/// `tooMany`.
pub fn few_enough(found: usize) -> Result<(), Fail> {
    let many =
        || Fail::bad(Type::TooMany, format!("More than {LOOKED_THROUGH} resources would have to be looked through."));
    if found > LOOKED_THROUGH { Err(many()) } else { Ok(()) }
}
