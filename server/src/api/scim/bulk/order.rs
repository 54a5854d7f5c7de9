//! The execution order of bulk operations: as sent, except that an operation follows those that create what it refers
//! to.

use crate::scim::filter::field;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, VecDeque};

/// The operations not yet done, by index: a topological order. Each operation and each reference is read once.
#[derive(Debug, Default)]
pub struct OperationOrder {
    ready: VecDeque<usize>,
    /// Operations that depend on others, and the number of those for each.
    waiting: BTreeSet<usize>,
    open_dependencies: Vec<usize>,
    /// For each operation, those that depend on it.
    dependents: Vec<Vec<usize>>,
}

impl OperationOrder {
    /// Computes the dependencies of these operations.
    pub fn new(list: &[Value]) -> Self {
        let created: HashMap<&str, usize> =
            list.iter().enumerate().filter_map(|(index, one)| Some((bulk_id(one)?, index))).collect();
        let mut order = Self {
            open_dependencies: vec![0; list.len()],
            dependents: vec![Vec::new(); list.len()],
            ..Self::default()
        };
        for (index, one) in list.iter().enumerate() {
            let mut names = BTreeSet::new();
            for part in one.as_object().into_iter().flatten().filter(|(name, _)| !name.eq_ignore_ascii_case("bulkId")) {
                collect_references(part.1, &mut names);
            }
            // A reference to an unknown bulkId is not a dependency.
            for other in names.iter().filter_map(|name| created.get(name)).filter(|other| **other != index) {
                order.dependents[*other].push(index);
                order.open_dependencies[index] += 1;
            }
            if order.open_dependencies[index] == 0 {
                order.ready.push_back(index);
            } else {
                order.waiting.insert(index);
            }
        }
        order
    }

    /// The next operation. Operations with circular references run in the order sent, and fail.
    pub fn next(&mut self) -> Option<usize> {
        self.ready.pop_front().or_else(|| self.waiting.pop_first())
    }

    /// Marks an operation as done, which releases its dependents.
    pub fn mark_done(&mut self, index: usize) {
        for dependent in std::mem::take(&mut self.dependents[index]) {
            self.open_dependencies[dependent] -= 1;
            if self.open_dependencies[dependent] == 0 && self.waiting.remove(&dependent) {
                self.ready.push_back(dependent);
            }
        }
    }
}

fn bulk_id(one: &Value) -> Option<&str> {
    field(one.as_object()?, "bulkId")?.as_str()
}

/// Collects the bulk ids that a value refers to.
fn collect_references<'a>(value: &'a Value, names: &mut BTreeSet<&'a str>) {
    match value {
        Value::String(text) => names.extend(text.split("bulkId:").nth(1).map(|name| {
            let end = name.find(['"', '/', ']']).unwrap_or(name.len());
            &name[..end]
        })),
        Value::Array(many) => many.iter().for_each(|one| collect_references(one, names)),
        Value::Object(parts) => parts.values().for_each(|one| collect_references(one, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn order(list: &[Value]) -> (Vec<usize>, usize) {
        let mut order = OperationOrder::new(list);
        let edges = order.dependents.iter().map(Vec::len).sum();
        let mut done = Vec::new();
        while let Some(index) = order.next() {
            done.push(index);
            order.mark_done(index);
        }
        (done, edges)
    }

    #[test]
    fn an_operation_follows_those_it_refers_to() {
        let one = |id: &str, names: &str| json!({ "bulkId": id, "data": { "members": [{ "value": names }] } });
        assert_eq!(order(&[one("a", "bulkId:b"), one("b", "x"), one("c", "y")]).0, [1, 2, 0]);
        assert_eq!(order(&[one("a", "bulkId:b"), one("b", "bulkId:a"), one("c", "bulkId:none")]).0, [2, 0, 1]);
        assert_eq!(order(&[one("a", "bulkId:a")]).0, [0]);
        let path = json!({ "path": "/Users/bulkId:u", "data": {} });
        assert_eq!(order(&[path, one("u", "")]).0, [1, 0]);
    }

    /// Twice as many operations, each depending on the next one, take twice as much work.
    #[test]
    fn the_work_grows_linearly_with_the_operations() {
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
