//! Parses the facts of an event and formats their values in the user's language.

use crate::{
    format::{Format, Texts},
    i18n::*,
    labels,
    pages::settings::directory::{email_link_label, findings},
    ui::query::Query,
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    license::{GroupLimit, Model, Price, SeatRule, SecondDevice},
    people::{Permission, Role, UserStatus},
    problem::Code,
    session::{EndReason, Mode, Platform},
    wire::{
        account::SecondFactorRule,
        groups::GroupView,
        imports::ImportState,
        providers::{EmailLinking, Finding, FindingCode},
    },
};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A fact of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A changed field.
    Changed { field: String, before: Value, after: Value },
    /// A field with a single value.
    Value { field: String, value: Value },
}

/// Parses the facts. Null values are left out.
pub fn parse_facts(facts: &Value) -> Vec<Fact> {
    let mut parsed = Vec::new();
    for (field, value) in facts.as_object().into_iter().flatten() {
        match value {
            Value::Null => {}
            Value::Object(changes) if field == "changes" => parsed.extend(changes.iter().map(changed_fact)),
            // A price is a single value, although it is an object.
            Value::Object(_) if field == "price_per_seat" => parsed.push(value_fact(field, value)),
            Value::Object(nested) => parsed.extend(nested.iter().map(|(field, value)| value_fact(field, value))),
            value => parsed.push(value_fact(field, value)),
        }
    }
    parsed
}

fn changed_fact((field, pair): (&String, &Value)) -> Fact {
    Fact::Changed { field: field.clone(), before: pair[0].clone(), after: pair[1].clone() }
}

fn value_fact(field: &str, value: &Value) -> Fact {
    Fact::Value { field: field.to_owned(), value: value.clone() }
}

/// Formats values in the user's language.
#[derive(Clone, Copy)]
pub struct FactFormatter {
    pub i18n: Texts,
    pub format: Format,
    /// For the names of groups.
    pub groups: Query<Vec<GroupView>>,
}

impl FactFormatter {
    /// Formats the value of a field. Unknown values are shown unchanged.
    pub fn value(self, field: &str, value: &Value) -> String {
        let i18n = self.i18n;
        match value {
            Value::Null => t_string!(i18n, common.dash).to_owned(),
            Value::Bool(true) => t_string!(i18n, audit.yes).to_owned(),
            Value::Bool(false) => t_string!(i18n, audit.no).to_owned(),
            Value::Number(number) => self.number(field, number.as_i64().unwrap_or_default()),
            Value::Array(all) if all.is_empty() => t_string!(i18n, common.dash).to_owned(),
            Value::Array(all) => {
                let all: Vec<_> = all.iter().map(|one| self.single_value(field, one)).collect();
                all.join(t_string!(i18n, common.listed))
            }
            one => self.single_value(field, one),
        }
    }

    fn number(self, field: &str, number: i64) -> String {
        if field.ends_with("_seconds") {
            return self.format.duration(TimeDelta::seconds(number));
        }
        if field.ends_with("_minutes") {
            return self.format.duration(TimeDelta::minutes(number));
        }
        self.format.number(number)
    }

    fn single_value(self, field: &str, value: &Value) -> String {
        let text = match field {
            "limits" => read(value).map(|limit| self.limit(&limit)),
            "reason" => self.reason(value),
            "finding" => {
                read::<FindingCode>(value).map(|code| findings::finding_text(self.i18n, &Finding::new(code, None)))
            }
            "code" => read::<Code>(value).map(|code| labels::problem(self.i18n, code).to_owned()),
            "price_per_seat" => read::<Price>(value).map(|price| self.format.money(&price)),
            "state" => self.state(value),
            "until" | "before" => self.time(value),
            field if field.ends_with("_at") => self.time(value),
            _ => self.word(field, value).map(str::to_owned),
        };
        text.unwrap_or_else(|| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }

    fn time(self, value: &Value) -> Option<String> {
        read::<DateTime<Utc>>(value).map(|at| self.format.date_time(at))
    }

    fn word(self, field: &str, value: &Value) -> Option<&'static str> {
        let i18n = self.i18n;
        match field {
            "role" => read::<Role>(value).map(|role| labels::role(i18n, role)),
            "permissions" => read::<Permission>(value).map(|one| labels::permission(i18n, one)),
            "status" => read::<UserStatus>(value).map(|status| labels::user_status(i18n, status)),
            "model" => read::<Model>(value).map(|model| labels::model_short(i18n, model)),
            "mode" => read::<Mode>(value).map(|mode| labels::mode(i18n, mode)),
            "platform" => read::<Platform>(value).map(|platform| labels::platform(i18n, platform)),
            "seat_rule" => read::<SeatRule>(value).map(|rule| labels::seat_rule(i18n, rule)),
            "second_device" => read::<SecondDevice>(value).map(|rule| labels::second_device(i18n, rule)),
            "link_by_email" => read::<EmailLinking>(value).map(|link| email_link_label(i18n, link)),
            "second_factor" => read::<SecondFactorRule>(value).map(|rule| labels::second_factor_rule(i18n, rule)),
            "by" => match value.as_str()? {
                "code" => Some(t_string!(i18n, audit.by_code)),
                "recovery_code" => Some(t_string!(i18n, audit.by_recovery_code)),
                "passkey" => Some(t_string!(i18n, audit.by_passkey)),
                _ => None,
            },
            "locale" => match value.as_str()? {
                "de" => Some(t_string!(i18n, audit.german)),
                "en" => Some(t_string!(i18n, audit.english)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Why a session or ticket ended, or a sign-in was refused.
    fn reason(self, value: &Value) -> Option<String> {
        let i18n = self.i18n;
        let text = match value.as_str()? {
            "wrong_passkey" => t_string!(i18n, audit.wrong_passkey),
            "wrong_code" => t_string!(i18n, audit.wrong_code),
            "wrong_password" => t_string!(i18n, audit.wrong_password),
            "unknown_email" => t_string!(i18n, audit.unknown_email),
            "suspended" => t_string!(i18n, audit.suspended),
            "passwords_off" => t_string!(i18n, audit.passwords_off),
            "expired" => t_string!(i18n, audit.sso_expired),
            "refused" => t_string!(i18n, audit.sso_refused),
            "unreachable" => t_string!(i18n, audit.sso_unreachable),
            "failed" => t_string!(i18n, audit.sso_failed),
            "no_email" => t_string!(i18n, audit.sso_no_email),
            "email_unverified" => t_string!(i18n, audit.sso_email_unverified),
            "unknown" => t_string!(i18n, audit.sso_unknown),
            "not_linked" => t_string!(i18n, audit.sso_not_linked),
            "seated" => t_string!(i18n, audit.end_seated),
            "declined" => t_string!(i18n, audit.end_declined),
            "missed" => t_string!(i18n, audit.end_missed),
            "withdrawn" => t_string!(i18n, audit.end_withdrawn),
            "lapsed" => t_string!(i18n, audit.end_lapsed),
            "dropped" => t_string!(i18n, audit.end_dropped),
            _ => labels::end_reason(i18n, read::<EndReason>(value)?),
        };
        Some(text.to_owned())
    }

    /// Result of an import.
    fn state(self, value: &Value) -> Option<String> {
        let i18n = self.i18n;
        let text = match read::<ImportState>(value)? {
            ImportState::Running => return None,
            ImportState::Done => t_string!(i18n, audit.import_done),
            ImportState::Cancelled => t_string!(i18n, audit.import_cancelled),
            ImportState::Failed => t_string!(i18n, audit.import_failed),
        };
        Some(text.to_owned())
    }

    fn limit(self, limit: &GroupLimit) -> String {
        let i18n = self.i18n;
        let name = |groups: &Vec<GroupView>| {
            groups.iter().find(|group| group.id == limit.group_id).map(|group| group.name.clone())
        };
        let group = self.groups.with(name).flatten().unwrap_or_else(|| t_string!(i18n, audit.some_group).to_owned());
        let floor = self.format.number(limit.floor);
        match limit.cap {
            None => t_string!(i18n, audit.limit, group = group, floor = floor),
            Some(cap) => {
                t_string!(i18n, audit.limit_capped, group = group, floor = floor, cap = self.format.number(cap))
            }
        }
    }
}

fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn changes_have_two_values_and_other_facts_one() {
        let facts = json!({
            "changes": { "name": ["A", "B"] },
            "reason": "idle",
            "message": null,
            "rules": { "overdraft": 1 },
        });
        let changed = Fact::Changed { field: "name".to_owned(), before: json!("A"), after: json!("B") };
        assert_eq!(
            parse_facts(&facts),
            [changed, value_fact("reason", &json!("idle")), value_fact("overdraft", &json!(1))]
        );
    }

    #[wasm_bindgen_test]
    fn facts_that_are_not_an_object_are_ignored() {
        for facts in [json!(null), json!([1]), json!("x"), json!({})] {
            assert_eq!(parse_facts(&facts), []);
        }
    }
}
