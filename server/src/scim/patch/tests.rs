use super::*;
use proptest::prelude::*;
use serde_json::json;

fn anja() -> Form {
    let sent = json!({
        "userName": "anja@example.org", "externalId": "A-1", "displayName": "Anja Krüger", "active": true,
        "name": { "givenName": "Anja", "familyName": "Krüger" },
        "emails": [{ "value": "anja@example.org", "type": "work", "primary": true }, { "value": "a@home.example", "type": "home" }],
        ENTERPRISE: { "employeeNumber": "1", "department": "Support" },
    });
    schema::formed(sent.as_object().expect("an object")).expect("a form")
}

/// Anja after these operations.
fn after(sent: Value) -> Result<Form, Fail> {
    let mut form = anja();
    user(&mut form, &operations(&json!({ "Operations": sent }))?)?;
    schema::formed(&form)
}

fn ok(sent: Value) -> Form {
    after(sent.clone()).unwrap_or_else(|fail| panic!("{sent}: {fail:?}"))
}

fn refused(sent: Value) -> Type {
    after(sent.clone()).expect_err(&sent.to_string()).kind.expect("a type")
}

#[test]
fn disabling_is_understood_in_every_form() {
    for sent in [
        json!([{ "op": "Replace", "path": "active", "value": "False" }]),
        json!([{ "op": "Add", "path": "active", "value": "False" }]),
        json!([{ "op": "replace", "path": "active", "value": false }]),
        json!([{ "op": "replace", "value": { "active": false } }]),
        json!([{ "op": "replace", "value": { "ACTIVE": "false" } }]),
        json!([{ "OP": "REPLACE", "Path": "", "Value": { "active": "False" } }]),
        json!([{ "op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": false }]),
        json!([{ "op": "replace", "value": { "urn:ietf:params:scim:schemas:core:2.0:User:active": "False" } }]),
        json!([{ "op": "replace", "path": null, "value": { "active": false, "unknown": [1] } }]),
    ] {
        assert_eq!(ok(sent.clone())["active"], false, "{sent}");
    }
    assert_eq!(refused(json!([{ "op": "replace", "path": "active", "value": "maybe" }])), Type::InvalidValue);
    assert_eq!(refused(json!([{ "op": "replace", "path": "active", "value": 0 }])), Type::InvalidValue);
}

#[test]
fn dotted_and_full_names_without_a_path_reach_their_attributes() {
    let form = ok(json!([{ "op": "replace", "value": {
        "name.givenName": "Anna", "emails[type eq \"work\"].value": "anna@example.org",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber": 7,
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager": "26118915",
        "displayName": "Anna Krüger",
    } }]));
    assert_eq!(form["name"], json!({ "givenName": "Anna", "familyName": "Krüger" }));
    assert_eq!(form["emails"][0], json!({ "value": "anna@example.org", "type": "work", "primary": true }));
    assert_eq!(form["emails"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        form[ENTERPRISE],
        json!({ "employeeNumber": "7", "department": "Support", "manager": { "value": "26118915" } })
    );
    assert_eq!(form["displayName"], "Anna Krüger");
    let whole = ok(json!([{ "op": "Add", "path": ENTERPRISE, "value": { "costCenter": "C1" } }]));
    assert_eq!(whole[ENTERPRISE]["costCenter"], "C1");
    assert_eq!(whole[ENTERPRISE]["department"], "Support");
    assert!(!ok(json!([{ "op": "Remove", "path": ENTERPRISE }])).contains_key(ENTERPRISE));
}

#[test]
fn a_value_that_is_not_there_yet_is_made_as_the_path_says() {
    for op in ["Add", "Replace"] {
        let form = ok(json!([{ "op": op, "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+49 1" }]));
        assert_eq!(form["phoneNumbers"], json!([{ "type": "mobile", "value": "+49 1" }]), "{op}");
        let form = ok(json!([{ "op": op, "path": "name.middleName", "value": "M" }]));
        assert_eq!(form["name"]["middleName"], "M");
        let form = ok(json!([{ "op": op, "path": "title", "value": "Chief" }]));
        assert_eq!(form["title"], "Chief");
    }
    assert_eq!(
        refused(
            json!([{ "op": "replace", "path": "emails[type pr].value", "value": "x" }, { "op": "remove", "path": "emails" }, { "op": "replace", "path": "emails[type pr].value", "value": "x" }])
        ),
        Type::NoTarget
    );
}

#[test]
fn what_is_removed_is_what_the_path_says_and_nothing_else() {
    let form = ok(json!([{ "op": "Remove", "path": "emails[type eq \"home\"]" }]));
    assert_eq!(form["emails"].as_array().map(Vec::len), Some(1));
    let form = ok(json!([{ "op": "Remove", "path": "emails", "value": [{ "value": "a@home.example" }] }]));
    assert_eq!(form["emails"][0]["type"], "work");
    assert!(!ok(json!([{ "op": "Remove", "path": "emails" }])).contains_key("emails"));
    assert!(ok(json!([{ "op": "Remove", "path": "title" }])).contains_key("userName"), "what is not there can go, too");
    assert_eq!(ok(json!([{ "op": "Remove", "path": "name.givenName" }]))["name"], json!({ "familyName": "Krüger" }));
    assert_eq!(refused(json!([{ "op": "remove", "path": "userName" }])), Type::Mutability);
    assert_eq!(refused(json!([{ "op": "remove" }])), Type::NoTarget);
}

#[test]
fn adding_twice_is_once_and_one_address_is_the_first() {
    let twice = json!({ "op": "add", "path": "emails", "value": [{ "value": "c@example.org", "type": "other", "primary": true }] });
    let form = ok(json!([twice, twice]));
    let emails = form["emails"].as_array().expect("emails");
    assert_eq!(emails.len(), 3);
    assert_eq!(emails.iter().filter(|email| email["primary"] == true).count(), 1);
    assert_eq!(emails[2]["primary"], true);
}

#[test]
fn what_makes_no_sense_is_refused_by_type() {
    for (sent, kind) in [
        (json!([]), Type::InvalidSyntax),
        (json!("x"), Type::InvalidSyntax),
        (json!([1]), Type::InvalidSyntax),
        (json!([{ "op": "move", "path": "title" }]), Type::InvalidSyntax),
        (json!([{ "op": "add", "path": "title[", "value": "x" }]), Type::InvalidPath),
        (json!([{ "op": "add", "path": 7, "value": "x" }]), Type::InvalidPath),
        (json!([{ "op": "add", "path": "shoeSize", "value": "x" }]), Type::InvalidPath),
        (json!([{ "op": "add", "path": "emails.shoe", "value": "x" }]), Type::InvalidPath),
        (json!([{ "op": "add", "path": "title[value eq \"x\"]", "value": "x" }]), Type::InvalidPath),
        (json!([{ "op": "replace", "path": "id", "value": "x" }]), Type::Mutability),
        (json!([{ "op": "replace", "path": "groups", "value": [] }]), Type::Mutability),
        (json!([{ "op": "replace", "value": "x" }]), Type::InvalidValue),
        (json!([{ "op": "replace", "path": "title", "value": {} }]), Type::InvalidValue),
        (json!([{ "op": "replace", "path": "name", "value": "Anja" }]), Type::InvalidValue),
    ] {
        assert_eq!(refused(sent.clone()), kind, "{sent}");
    }
    assert!(operations(&json!({})).is_err());
    assert_eq!(
        ok(json!([{ "op": "replace", "value": { "id": "x", "meta": {}, "displayName": "B" } }]))["displayName"],
        "B"
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        prop_oneof![Just("True".to_owned()), "[a-z@.]{0,8}".prop_map(|text| text)].prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::vec((any_name(), inner), 0..3)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn any_name() -> impl Strategy<Value = String> {
    let known =
        ["value", "type", "primary", "active", "userName", "emails", "name", "name.givenName", "manager", ENTERPRISE];
    prop_oneof![proptest::sample::select(known.map(str::to_owned).to_vec()), "[a-z]{1,4}"]
}

fn any_path() -> impl Strategy<Value = Option<String>> {
    let filter = prop_oneof![
        Just(String::new()),
        Just("[type eq \"work\"]".to_owned()),
        Just("[primary eq true and not (value pr)]".to_owned())
    ];
    let sub = prop_oneof![Just(String::new()), Just(".value".to_owned()), Just(".type".to_owned())];
    proptest::option::of((any_name(), filter, sub).prop_map(|(name, filter, sub)| format!("{name}{filter}{sub}")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn no_patch_makes_it_panic_and_what_comes_out_is_in_form(sent in proptest::collection::vec((proptest::sample::select(vec!["add", "Replace", "remove"]), any_path(), any_json()), 1..4)) {
        let sent: Vec<_> = sent.into_iter().map(|(op, path, value)| json!({ "op": op, "path": path, "value": value })).collect();
        if let Ok(form) = after(json!(sent)) {
            prop_assert_eq!(schema::formed(&form).expect("it was in form"), form);
        }
    }
}
