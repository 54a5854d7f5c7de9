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
    user(&mut form, &operations(&json!({ "Operations": sent }), MAX_USER_OPERATIONS)?)?;
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

/// The values of an attribute, by what says where they belong, and which is the primary one.
fn primary(form: &Form, attribute: &str) -> Vec<(String, bool)> {
    let values = form[attribute].as_array().expect("values");
    values.iter().map(|one| (one["type"].as_str().unwrap_or("").to_owned(), one["primary"] == true)).collect()
}

#[test]
fn whatever_is_made_the_primary_value_is_the_only_one() {
    let before = [("work", true), ("home", false)].map(|(kind, primary)| (kind.to_owned(), primary)).to_vec();
    let home = [("work", false), ("home", true)].map(|(kind, primary)| (kind.to_owned(), primary)).to_vec();
    assert_eq!(primary(&anja(), "emails"), before);
    for truth in [json!(true), json!("True"), json!([true]), json!([{ "value": "true" }])] {
        for op in ["add", "Replace"] {
            let path = json!({ "op": op, "path": "emails[type eq \"home\"].primary", "value": truth });
            assert_eq!(primary(&ok(json!([path])), "emails"), home, "{path}");
            let back = json!({ "op": op, "path": "emails[type eq \"work\"].primary", "value": truth });
            assert_eq!(primary(&ok(json!([path, back])), "emails"), before, "and the first one again: {path}");
            let whole = json!({ "op": op, "path": "emails[type eq \"home\"]", "value": { "primary": truth } });
            assert_eq!(primary(&ok(json!([whole])), "emails"), home, "{whole}");
            let dotted = json!({ "op": op, "value": { "emails[type eq \"home\"].primary": truth } });
            assert_eq!(primary(&ok(json!([dotted])), "emails"), home, "{dotted}");
        }
        let there = json!({ "op": "add", "path": "emails", "value": { "value": "a@home.example", "type": "home", "primary": truth } });
        assert_eq!(primary(&ok(json!([there])), "emails"), home, "it was there: {there}");
        let new = json!({ "op": "add", "path": "emails", "value": [{ "value": "n@example.org", "type": "new", "primary": truth }] });
        let form =
            ok(json!([new, { "op": "add", "path": "emails", "value": [{ "value": "o@example.org", "type": "old" }] }]));
        assert_eq!(primary(&form, "emails").iter().position(|(_, primary)| *primary), Some(2));
    }
    for attribute in ["phoneNumbers", "ims", "photos", "addresses", "entitlements", "roles", "x509Certificates"] {
        let part = if attribute == "addresses" { "formatted" } else { "value" };
        let add = |kind: &str| json!({ "op": "add", "path": attribute, "value": [{ part: kind, "type": kind, "primary": true }] });
        let first = json!({ "op": "replace", "path": format!("{attribute}[type eq \"a\"].primary"), "value": true });
        let form = ok(json!([add("a"), add("b"), first]));
        assert_eq!(primary(&form, attribute), [("a".to_owned(), true), ("b".to_owned(), false)], "{attribute}");
    }
    let none = ok(json!([{ "op": "replace", "path": "emails[type eq \"work\"].primary", "value": false }]));
    assert_eq!(primary(&none, "emails").iter().filter(|(_, primary)| *primary).count(), 0, "none has to be");
}

#[test]
fn a_list_of_one_is_taken_as_its_value_where_there_is_only_one() {
    for (path, value, there) in [
        ("active", json!([false]), json!(false)),
        ("active", json!([{ "value": "False" }]), json!(false)),
        ("displayName", json!([{ "value": "X" }]), json!("X")),
        ("displayName", json!(["X"]), json!("X")),
        ("displayName", json!({ "value": "X" }), json!("X")),
        ("externalId", json!([{ "value": 7 }]), json!("7")),
        ("userName", json!([{ "value": "x" }]), json!("x")),
        ("name", json!([{ "givenName": "X" }]), json!({ "givenName": "X", "familyName": "Krüger" })),
        ("name.givenName", json!([{ "value": "X" }]), json!({ "givenName": "X", "familyName": "Krüger" })),
        ("emails[type eq \"home\"].value", json!([{ "value": "x@example.org" }]), json!(null)),
        ("emails[type eq \"home\"]", json!([{ "value": "x@example.org" }]), json!(null)),
    ] {
        for op in ["Add", "replace"] {
            let form = ok(json!([{ "op": op, "path": path, "value": value }]));
            match path.split(['.', '[']).next().expect("a name") {
                "emails" => {
                    assert_eq!(form["emails"][1], json!({ "value": "x@example.org", "type": "home" }), "{path}")
                }
                name => assert_eq!(form[name], there, "{op} {path} {value}"),
            }
            let dotted = ok(json!([{ "op": op, "value": { path: value } }]));
            assert_eq!(dotted, form, "{op} {path} without a path");
        }
    }
    let whole = json!({ "userName": ["x"], "active": [{ "value": "False" }], "displayName": [{ "value": "X" }], "name": [{ "givenName": ["G"] }],
        ENTERPRISE: { "department": [{ "value": "D" }], "manager": [{ "value": "M" }] } });
    let whole = schema::formed(whole.as_object().expect("an object")).expect("a form");
    assert_eq!(
        Value::Object(whole),
        json!({ "userName": "x", "active": false, "displayName": "X", "name": { "givenName": "G" },
        ENTERPRISE: { "department": "D", "manager": { "value": "M" } } })
    );
    for value in [json!([]), json!(["X", "Y"]), json!({}), json!([{ "display": "X" }])] {
        assert_eq!(
            refused(json!([{ "op": "replace", "path": "displayName", "value": value }])),
            Type::InvalidValue,
            "{value}"
        );
    }
}

/// What these operations look at, and whether they are done.
fn work(sent: Value) -> (u64, bool) {
    let (mut form, steps) = (anja(), Steps::at_most(MAX_PATCH_STEPS));
    let operations = operations(&json!({ "Operations": sent }), 10_000).expect("operations");
    let done = counted(&mut form, &operations, &steps);
    (steps.taken(), done.is_ok())
}

/// Each operation is a walk over the values: both are few, so the work is. It never goes on beyond what is allowed.
#[test]
fn the_work_of_a_patch_grows_with_its_operations_and_has_an_end() {
    let one = |n: usize, to: usize| json!({ "op": "add", "path": format!("emails[type eq \"a{}\"].value", n % to), "value": "x" });
    let of = |number: usize| work((0..number).map(|n| one(n, 100)).collect());
    assert!(of(400).1 && of(800).1);
    assert!(of(800).0 as f64 <= 2.2 * of(400).0 as f64, "{} {}", of(400).0, of(800).0);
    for sent in [
        (0..10_000).map(|n| one(n, 10_000)).collect::<Value>(),
        (0..10_000).map(|n| json!({ "op": "add", "path": "emails", "value": [{ "value": format!("{n}") }] })).collect(),
        // Long values are more work than short ones.
        (0..1_000).map(|n| json!({ "op": "replace", "path": "emails[type pr].value", "value": format!("{n}{}", "x".repeat(60_000)) })).collect(),
        (0..1_000).map(|_| json!({ "op": "remove", "path": "emails", "value": vec![json!({ "value": "y" }); 500] })).chain([json!({ "op": "replace", "path": "title", "value": "x" })]).collect(),
    ] {
        let (steps, done) = work(sent);
        assert!(steps <= MAX_PATCH_STEPS + 1_000_000, "{steps}");
        assert!(!done || steps <= MAX_PATCH_STEPS);
    }
    let (steps, done) = work((0..10_000).map(|n| one(n, 10_000)).collect());
    assert!(!done && steps < 300_000, "it ends at the first value too many: {steps}");
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
    assert!(operations(&json!({}), 1).is_err());
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
