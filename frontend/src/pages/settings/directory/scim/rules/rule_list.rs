//! The rules as entered, in order of priority.

use leptos::prelude::*;
use seatkeeper_shared::{
    ids::{LicenseId, RuleId},
    wire::directory::{RuleInput, RuleView, SetRules},
};

/// Signals of the fields of one rule.
#[derive(Clone, Copy, PartialEq)]
pub struct DirectoryRuleFields {
    /// Key in the rendered list.
    pub key: usize,
    /// Id of the saved rule; `None` for a new one.
    id: Option<RuleId>,
    /// Id of the group.
    pub group: RwSignal<String>,
    /// Licenses that the members get.
    pub licenses: RwSignal<Vec<LicenseId>>,
    /// Role that the members get; empty to leave it unchanged.
    pub role: RwSignal<String>,
}

impl DirectoryRuleFields {
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

    /// The rule to send; `None` while no group is chosen.
    fn rule(self) -> Option<RuleInput> {
        Some(RuleInput {
            id: self.id,
            group_id: self.group.get().parse().ok()?,
            license_ids: self.licenses.get(),
            role: self.role.get().parse().ok(),
        })
    }
}

/// The rules of a directory.
#[derive(Clone, Copy)]
pub struct RuleList(RwSignal<Vec<DirectoryRuleFields>>);

impl RuleList {
    /// The saved rules.
    pub fn of(rules: Vec<RuleView>) -> Self {
        let list = Self(RwSignal::new(Vec::new()));
        list.replace(rules);
        list
    }

    /// Replaces the entered rules with the saved ones.
    pub fn replace(self, rules: Vec<RuleView>) {
        let from = self.next_key();
        self.0
            .set(rules.into_iter().zip(from..).map(|(rule, key)| DirectoryRuleFields::new(key, Some(rule))).collect());
    }

    fn next_key(self) -> usize {
        self.0.with_untracked(|all| all.iter().map(|one| one.key + 1).max().unwrap_or_default())
    }

    pub fn all(self) -> Vec<DirectoryRuleFields> {
        self.0.get()
    }

    /// Whether a rule has no group. Such a rule would not be sent.
    pub fn lacks_group(self) -> bool {
        self.0.with(|all| all.iter().any(|one| one.lacks_group()))
    }

    pub fn is_empty(self) -> bool {
        self.0.with(Vec::is_empty)
    }

    /// Index of a rule.
    pub fn index_of(self, key: usize) -> usize {
        self.0.with(|all| all.iter().position(|one| one.key == key)).unwrap_or_default()
    }

    /// Adds an empty rule.
    pub fn add(self) {
        let key = self.next_key();
        self.0.update(|all| all.push(DirectoryRuleFields::new(key, None)));
    }

    pub fn remove(self, key: usize) {
        self.0.update(|all| all.retain(|one| one.key != key));
    }

    /// Raises the priority of a rule by one.
    pub fn move_up(self, key: usize) {
        self.0.update(|all| {
            if let Some(at) = all.iter().position(|one| one.key == key).filter(|at| *at > 0) {
                all.swap(at, at - 1);
            }
        });
    }

    /// The request to save the rules.
    pub fn request(self) -> SetRules {
        SetRules { rules: self.all().into_iter().filter_map(DirectoryRuleFields::rule).collect() }
    }
}
