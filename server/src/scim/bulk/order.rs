//! In which order the requests of one are done: as they stand, but what names something that another adds comes after that.

use crate::scim::filter::field;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, VecDeque};

/// The requests that are not done yet, by their places in the list. Each is read once, and each name that it has once.
#[derive(Debug, Default)]
pub struct Order {
    ready: VecDeque<usize>,
    /// Those that wait, and for how many others.
    waiting: BTreeSet<usize>,
    missing: Vec<usize>,
    /// Who waits for each.
    followers: Vec<Vec<usize>>,
}

impl Order {
    /// The order of these requests.
    pub fn of(list: &[Value]) -> Self {
        let added: HashMap<&str, usize> =
            list.iter().enumerate().filter_map(|(place, one)| Some((bulk_id(one)?, place))).collect();
        let mut order =
            Self { missing: vec![0; list.len()], followers: vec![Vec::new(); list.len()], ..Self::default() };
        for (place, one) in list.iter().enumerate() {
            let mut names = BTreeSet::new();
            for part in one.as_object().into_iter().flatten().filter(|(name, _)| !name.eq_ignore_ascii_case("bulkId")) {
                gather(part.1, &mut names);
            }
            // What nobody adds never comes.
            for other in names.iter().filter_map(|name| added.get(name)).filter(|other| **other != place) {
                order.followers[*other].push(place);
                order.missing[place] += 1;
            }
            if order.missing[place] == 0 {
                order.ready.push_back(place);
            } else {
                order.waiting.insert(place);
            }
        }
        order
    }

    /// The next one. Those that wait for each other are done as they stand, and fail.
    pub fn next(&mut self) -> Option<usize> {
        self.ready.pop_front().or_else(|| self.waiting.pop_first())
    }

    /// This one was done: nobody waits for it any more.
    pub fn is_done(&mut self, place: usize) {
        for follower in std::mem::take(&mut self.followers[place]) {
            self.missing[follower] -= 1;
            if self.missing[follower] == 0 && self.waiting.remove(&follower) {
                self.ready.push_back(follower);
            }
        }
    }
}

fn bulk_id(one: &Value) -> Option<&str> {
    field(one.as_object()?, "bulkId")?.as_str()
}

/// Gathers the names that stand in a value.
fn gather<'a>(value: &'a Value, names: &mut BTreeSet<&'a str>) {
    match value {
        Value::String(text) => names.extend(text.split("bulkId:").nth(1).map(|name| {
            let end = name.find(['"', '/', ']']).unwrap_or(name.len());
            &name[..end]
        })),
        Value::Array(many) => many.iter().for_each(|one| gather(one, names)),
        Value::Object(parts) => parts.values().for_each(|one| gather(one, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn order(list: &[Value]) -> (Vec<usize>, usize) {
        let mut order = Order::of(list);
        let edges = order.followers.iter().map(Vec::len).sum();
        let mut done = Vec::new();
        while let Some(place) = order.next() {
            done.push(place);
            order.is_done(place);
        }
        (done, edges)
    }

    #[test]
    fn what_names_another_comes_after_it_and_each_comes_once() {
        let one = |id: &str, names: &str| json!({ "bulkId": id, "data": { "members": [{ "value": names }] } });
        assert_eq!(order(&[one("a", "bulkId:b"), one("b", "x"), one("c", "y")]).0, [1, 2, 0]);
        assert_eq!(order(&[one("a", "bulkId:b"), one("b", "bulkId:a"), one("c", "bulkId:none")]).0, [2, 0, 1]);
        assert_eq!(order(&[one("a", "bulkId:a")]).0, [0]);
        let path = json!({ "path": "/Users/bulkId:u", "data": {} });
        assert_eq!(order(&[path, one("u", "")]).0, [1, 0]);
    }

    /// Twice as many requests, each of which waits for the next one, are twice as much work.
    #[test]
    fn the_work_grows_with_the_number_of_requests() {
        let work = |number: usize| {
            let one =
                |n: usize| json!({ "bulkId": format!("b{n}"), "data": { "value": format!("bulkId:b{}", n + 1) } });
            let (done, edges) = order(&(0..number).map(one).collect::<Vec<_>>());
            assert_eq!(done, (0..number).rev().collect::<Vec<_>>());
            done.len() + edges
        };
        assert!(work(2_000) <= 2 * work(1_000) + 2);
    }
}
