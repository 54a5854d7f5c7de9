//! Rules as they are entered, in their order.

use leptos::prelude::*;
use seatkeeper_shared::{
    ids::{LicenseId, RuleId},
    wire::directory::{RuleView, SetRules, WantedRule},
};

/// A rule as it is entered.
#[derive(Clone, Copy, PartialEq)]
pub struct Entered {
    /// For the list.
    pub key: usize,
    /// The rule that it was.
    id: Option<RuleId>,
    /// The id of the group.
    pub group: RwSignal<String>,
    /// What its members get.
    pub licenses: RwSignal<Vec<LicenseId>>,
    /// Their role; empty: as it is.
    pub role: RwSignal<String>,
}

impl Entered {
    fn new(key: usize, rule: Option<RuleView>) -> Self {
        let (id, group, licenses, role) = match rule {
            Some(rule) => (Some(rule.id), rule.group_id.to_string(), rule.license_ids, rule.role),
            None => (None, String::new(), Vec::new(), None),
        };
        let role = role.map(|role| role.to_string()).unwrap_or_default();
        Self { key, id, group: RwSignal::new(group), licenses: RwSignal::new(licenses), role: RwSignal::new(role) }
    }

    /// Whether no group is chosen.
    pub fn lacks_group(self) -> bool {
        self.group.with(String::is_empty)
    }

    /// Nothing as long as no group is chosen.
    fn wanted(self) -> Option<WantedRule> {
        Some(WantedRule {
            id: self.id,
            group_id: self.group.get().parse().ok()?,
            license_ids: self.licenses.get(),
            role: self.role.get().parse().ok(),
        })
    }
}

/// All rules of a directory.
#[derive(Clone, Copy)]
pub struct List(RwSignal<Vec<Entered>>);

impl List {
    /// As they are saved.
    pub fn of(rules: Vec<RuleView>) -> Self {
        let list = Self(RwSignal::new(Vec::new()));
        list.put(rules);
        list
    }

    /// Puts those that are saved in the place of those that were entered.
    pub fn put(self, rules: Vec<RuleView>) {
        let from = self.next_key();
        self.0.set(rules.into_iter().zip(from..).map(|(rule, key)| Entered::new(key, Some(rule))).collect());
    }

    fn next_key(self) -> usize {
        self.0.with_untracked(|all| all.iter().map(|one| one.key + 1).max().unwrap_or_default())
    }

    /// All of them.
    pub fn all(self) -> Vec<Entered> {
        self.0.get()
    }

    /// Whether a group is still to be chosen somewhere: without one a rule is not sent.
    pub fn lacks_group(self) -> bool {
        self.0.with(|all| all.iter().any(|one| one.lacks_group()))
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0.with(Vec::is_empty)
    }

    /// At which place this one stands.
    pub fn place(self, key: usize) -> usize {
        self.0.with(|all| all.iter().position(|one| one.key == key)).unwrap_or_default()
    }

    /// Adds an empty one.
    pub fn add(self) {
        let key = self.next_key();
        self.0.update(|all| all.push(Entered::new(key, None)));
    }

    /// Takes one away.
    pub fn remove(self, key: usize) {
        self.0.update(|all| all.retain(|one| one.key != key));
    }

    /// Makes one more important.
    pub fn up(self, key: usize) {
        self.0.update(|all| {
            if let Some(at) = all.iter().position(|one| one.key == key).filter(|at| *at > 0) {
                all.swap(at, at - 1);
            }
        });
    }

    /// What is sent.
    pub fn wanted(self) -> SetRules {
        SetRules { rules: self.all().into_iter().filter_map(Entered::wanted).collect() }
    }
}
