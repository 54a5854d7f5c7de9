//! The rules as entered, in order of priority.

use crate::ui::form::FieldCheck;
use leptos::prelude::*;
use seatkeeper_shared::{
    ids::{LicenseId, RuleId},
    validate::FieldError,
    wire::directory::{RuleInput, RuleView, SetRules},
};
use std::collections::BTreeSet;

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
    pub licenses: RwSignal<BTreeSet<LicenseId>>,
    /// Role that the members get; empty to leave it unchanged.
    pub role: RwSignal<String>,
}

impl DirectoryRuleFields {
    fn new(key: usize, rule: Option<RuleView>) -> Self {
        let (id, group, licenses, role) = match rule {
            Some(rule) => (Some(rule.id), rule.group_id.to_string(), rule.license_ids, rule.role),
            None => (None, String::new(), Vec::new(), None),
        };
        Self {
            key,
            id,
            group: RwSignal::new(group),
            licenses: RwSignal::new(licenses.into_iter().collect()),
            role: RwSignal::new(role.map(|role| role.to_string()).unwrap_or_default()),
        }
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
            license_ids: self.licenses.get().into_iter().collect(),
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
        let rules = rules.into_iter().enumerate();
        Self(RwSignal::new(rules.map(|(key, rule)| DirectoryRuleFields::new(key, Some(rule))).collect()))
    }

    /// The rules in their order; tracked.
    pub fn all(self) -> Vec<DirectoryRuleFields> {
        self.0.get()
    }

    /// The keys of the rules in their order; untracked.
    pub fn keys(self) -> Vec<usize> {
        self.0.with_untracked(|all| all.iter().map(|one| one.key).collect())
    }

    /// Takes over the ids of the rules that were sent and have been saved; the fields stay, and with them the focus.
    pub fn set_ids(self, sent: &[usize], saved: &[RuleView]) {
        self.0.try_update(|all| {
            for (key, rule) in sent.iter().zip(saved) {
                for one in all.iter_mut().filter(|one| one.key == *key) {
                    one.id = Some(rule.id);
                }
            }
        });
    }

    /// Rules without a group would be silently dropped, so they are an error; untracked.
    pub fn check(self) -> FieldCheck {
        let is_missing = untrack(|| self.0.with(|all| all.iter().any(|one| one.lacks_group())));
        ("rule_group", is_missing.then_some(FieldError::Required))
    }

    /// Whether there are no rules; tracked.
    pub fn is_empty(self) -> bool {
        self.0.with(Vec::is_empty)
    }

    /// Index of a rule; tracked.
    pub fn index_of(self, key: usize) -> usize {
        self.0.with(|all| all.iter().position(|one| one.key == key)).unwrap_or_default()
    }

    /// Adds an empty rule.
    pub fn add(self) {
        self.0.update(|all| {
            let key = all.iter().map(|one| one.key + 1).max().unwrap_or_default();
            all.push(DirectoryRuleFields::new(key, None));
        });
    }

    /// Removes a rule.
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

    /// The request to save the rules; tracked.
    pub fn request(self) -> SetRules {
        SetRules { rules: self.all().into_iter().filter_map(DirectoryRuleFields::rule).collect() }
    }
}
