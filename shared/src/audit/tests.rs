//! The log is sealed by its bytes, and programs read its exports: what each kind of event writes must not change, and
//! what older and newer servers wrote must be readable.

mod examples;

use super::{
    changes::{AccountState, RulesChanges, RulesState, SignInRulesChanges, SignInRulesState},
    data::fields,
    value::{FieldShape, Reader, Shape},
    *,
};
use crate::{
    license::Rules,
    people::{Locale, Role},
    session::{EndReason, Mode},
    ticket::TicketEnd,
    wire::{account::AccountView, providers::SignInRules},
};
use examples::examples;
use serde_json::{Value, json};

const ID: &str = "00000000-0000-0000-0000-000000000007";
const AT: &str = "2026-01-02T03:04:05.000006Z";

fn text(text: &str) -> String {
    text.to_owned()
}

/// What the log has of an event.
fn written(data: &EventData) -> String {
    data.facts().to_string()
}

#[test]
fn each_kind_writes_what_it_always_wrote() {
    for (data, facts) in examples() {
        assert_eq!(written(&data), facts.replace("ID", ID).replace("AT", AT), "{}", data.kind());
    }
}

#[test]
fn there_is_an_example_of_each_kind() {
    let examples = examples();
    for kind in Kind::ALL {
        assert!(examples.iter().any(|(data, _)| data.kind() == *kind), "{kind}");
    }
}

/// Checks that a value is read as what it is, and not only shown as it stands there.
fn assert_readable(fields: &[FieldShape], name: &str, value: &Value) {
    let shape = fields.iter().find(|known| known.field.as_str() == name).map(|known| known.shape);
    let is_read = |reader: Reader, value: &Value| value.is_null() || reader(value).is_some();
    match shape.expect("the field is known") {
        Shape::One(reader) => assert!(is_read(reader, value), "{name}: {value}"),
        Shape::List(reader) => {
            assert!(value.as_array().expect("a list").iter().all(|one| is_read(reader, one)), "{name}: {value}");
        }
        Shape::Nested(fields) => {
            value.as_object().expect("an object").iter().for_each(|(name, value)| assert_readable(fields, name, value));
        }
        Shape::Changes(fields) => {
            for (name, pair) in value.as_object().expect("an object") {
                [0, 1].iter().for_each(|side| assert_readable(fields, name, &pair[*side]));
            }
        }
    }
}

#[test]
fn what_is_written_can_be_read() {
    for (data, _) in examples() {
        let facts = data.facts();
        for (name, value) in facts.as_object().expect("an object") {
            assert_readable(fields(data.kind()), name, value);
        }
    }
}

#[test]
fn all_settings_of_an_account_and_of_a_license_are_compared() {
    let account = AccountView::new(text("Nord"), text("UTC"));
    let state = json!(AccountState::from(account.clone()));
    assert_eq!(state, json!(account));
    let rules = Rules::default();
    assert_eq!(json!(RulesState::from(rules)), json!(rules));
    let (before, after) = (RulesState::from(rules), RulesState::from(Rules { overdraft: 3, ..rules }));
    let overdraft = RulesChanges { overdraft: Some((0, 3)), ..RulesChanges::default() };
    assert_eq!(before.changes(after), overdraft);
    let sign_in = SignInRulesState::from(SignInRules { providers_only: true, emergency: None });
    assert_eq!(sign_in.clone().changes(sign_in), SignInRulesChanges::default());
}

fn known(field: Field, value: FactValue) -> Fact {
    Fact::Value(FieldName::Known(field), value)
}

#[test]
fn facts_are_read_by_their_types() {
    let facts = json!({ "device": "pc", "mode": "attended", "platform": null });
    let expected =
        [known(Field::Device, FactValue::Text(text("pc"))), known(Field::Mode, FactValue::Mode(Mode::Attended))];
    assert_eq!(read_facts(Some(Kind::SessionCreated), &facts), expected);
    // The same name means different things.
    let over = read_facts(Some(Kind::TicketOver), &json!({ "reason": "missed" }));
    assert_eq!(over, [known(Field::Reason, FactValue::TicketEnd(TicketEnd::Missed))]);
    let ended = read_facts(Some(Kind::SessionEnded), &json!({ "reason": "idle" }));
    assert_eq!(ended, [known(Field::Reason, FactValue::SessionEnd(EndReason::Idle))]);
    let nested = read_facts(Some(Kind::LicenseAdded), &json!({ "rules": { "lease_seconds": 60 } }));
    assert_eq!(nested, [known(Field::LeaseSeconds, FactValue::Seconds(60))]);
    let changed = read_facts(Some(Kind::LocaleChanged), &json!({ "changes": { "locale": [null, "de"] } }));
    let values = [FactValue::Nothing, FactValue::Locale(Locale::De)];
    assert_eq!(changed, [Fact::Changed(FieldName::Known(Field::Locale), values)]);
}

#[test]
fn what_other_servers_wrote_is_kept() {
    // A field that this kind no longer has, and values and fields of a newer server.
    let changes = json!({ "colour": ["red", 1.5], "role": ["agent", "owner"] });
    let facts = json!({ "billing_contact": true, "changes": changes, "mood": { "x": 1 }, "tags": [{}] });
    let unknown = |name: &str| FieldName::Unknown(text(name));
    let role = [FactValue::Role(Role::Agent), FactValue::Text(text("owner"))];
    let expected = [
        known(Field::BillingContact, FactValue::Flag(true)),
        Fact::Changed(unknown("colour"), [FactValue::Text(text("red")), FactValue::Unknown(json!(1.5))]),
        Fact::Changed(FieldName::Known(Field::Role), role),
        Fact::Value(unknown("x"), FactValue::Number(1)),
        Fact::Value(unknown("tags"), FactValue::List(vec![FactValue::Unknown(json!({}))])),
    ];
    assert_eq!(read_facts(Some(Kind::UserChanged), &facts), expected);
    // The kind itself is newer.
    let facts = json!({ "changes": { "name": ["A", "B"] }, "place": 3 });
    let changes =
        Fact::Changed(FieldName::Known(Field::Name), [FactValue::Text(text("A")), FactValue::Text(text("B"))]);
    assert_eq!(read_facts(None, &facts), [changes, known(Field::Place, FactValue::Number(3))]);
}

#[test]
fn facts_that_are_no_object_are_no_facts() {
    for facts in [json!(null), json!([1]), json!("x"), json!({})] {
        assert_eq!(read_facts(Some(Kind::UserChanged), &facts), []);
    }
}
