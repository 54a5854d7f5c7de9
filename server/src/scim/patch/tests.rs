use super::*;
use proptest::prelude::*;
use serde_json::json;

fn anja() -> Attributes {
    let sent = json!({
        "userName": "anja@example.org", "externalId": "A-1", "displayName": "Anja Krüger", "active": true,
        "name": { "givenName": "Anja", "familyName": "Krüger" },
        "emails": [
            { "value": "anja@example.org", "type": "work", "primary": true },
            { "value": "a@home.example", "type": "home" },
        ],
        ENTERPRISE_SCHEMA: { "employeeNumber": "1", "department": "Support" },
    });
    schema::canonicalize(sent.as_object().expect("an object")).expect("valid attributes")
}

/// The attributes of Anja after these operations.
fn after(sent: Value) -> Result<Attributes, ScimError> {
    let mut attributes = anja();
    apply_to_user(&mut attributes, &parse_operations(&json!({ "Operations": sent }), MAX_USER_OPERATIONS)?)?;
    schema::canonicalize(&attributes)
}

fn ok(sent: Value) -> Attributes {
    after(sent.clone()).unwrap_or_else(|error| panic!("{sent}: {error:?}"))
}

fn refused(sent: Value) -> ScimType {
    after(sent.clone()).expect_err(&sent.to_string()).scim_type.expect("a type")
}

#[test]
fn deactivation_is_accepted_in_every_variant() {
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
    assert_eq!(refused(json!([{ "op": "replace", "path": "active", "value": "maybe" }])), ScimType::InvalidValue);
    assert_eq!(refused(json!([{ "op": "replace", "path": "active", "value": 0 }])), ScimType::InvalidValue);
}

#[test]
fn dotted_and_full_names_work_without_a_path() {
    let attributes = ok(json!([{ "op": "replace", "value": {
        "name.givenName": "Anna", "emails[type eq \"work\"].value": "anna@example.org",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber": 7,
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager": "26118915",
        "displayName": "Anna Krüger",
    } }]));
    assert_eq!(attributes["name"], json!({ "givenName": "Anna", "familyName": "Krüger" }));
    assert_eq!(attributes["emails"][0], json!({ "value": "anna@example.org", "type": "work", "primary": true }));
    assert_eq!(attributes["emails"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        attributes[ENTERPRISE_SCHEMA],
        json!({ "employeeNumber": "7", "department": "Support", "manager": { "value": "26118915" } })
    );
    assert_eq!(attributes["displayName"], "Anna Krüger");
    let whole = ok(json!([{ "op": "Add", "path": ENTERPRISE_SCHEMA, "value": { "costCenter": "C1" } }]));
    assert_eq!(whole[ENTERPRISE_SCHEMA]["costCenter"], "C1");
    assert_eq!(whole[ENTERPRISE_SCHEMA]["department"], "Support");
    assert!(!ok(json!([{ "op": "Remove", "path": ENTERPRISE_SCHEMA }])).contains_key(ENTERPRISE_SCHEMA));
}

#[test]
fn an_absent_value_is_created_as_the_path_describes() {
    for op in ["Add", "Replace"] {
        let attributes = ok(json!([{ "op": op, "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+49 1" }]));
        assert_eq!(attributes["phoneNumbers"], json!([{ "type": "mobile", "value": "+49 1" }]), "{op}");
        let attributes = ok(json!([{ "op": op, "path": "name.middleName", "value": "M" }]));
        assert_eq!(attributes["name"]["middleName"], "M");
        let attributes = ok(json!([{ "op": op, "path": "title", "value": "Chief" }]));
        assert_eq!(attributes["title"], "Chief");
    }
    assert_eq!(
        refused(json!([
            { "op": "replace", "path": "emails[type pr].value", "value": "x" },
            { "op": "remove", "path": "emails" },
            { "op": "replace", "path": "emails[type pr].value", "value": "x" },
        ])),
        ScimType::NoTarget
    );
}

#[test]
fn remove_affects_only_what_the_path_selects() {
    let attributes = ok(json!([{ "op": "Remove", "path": "emails[type eq \"home\"]" }]));
    assert_eq!(attributes["emails"].as_array().map(Vec::len), Some(1));
    let attributes = ok(json!([{ "op": "Remove", "path": "emails", "value": [{ "value": "a@home.example" }] }]));
    assert_eq!(attributes["emails"][0]["type"], "work");
    assert!(!ok(json!([{ "op": "Remove", "path": "emails" }])).contains_key("emails"));
    assert!(
        ok(json!([{ "op": "Remove", "path": "title" }])).contains_key("userName"),
        "removing an absent attribute succeeds"
    );
    assert_eq!(ok(json!([{ "op": "Remove", "path": "name.givenName" }]))["name"], json!({ "familyName": "Krüger" }));
    assert_eq!(refused(json!([{ "op": "remove", "path": "userName" }])), ScimType::Mutability);
    assert_eq!(refused(json!([{ "op": "remove" }])), ScimType::NoTarget);
}

#[test]
fn adding_a_value_twice_adds_it_once_and_one_address_is_primary() {
    let twice = json!({
        "op": "add", "path": "emails", "value": [{ "value": "c@example.org", "type": "other", "primary": true }],
    });
    let attributes = ok(json!([twice, twice]));
    let emails = attributes["emails"].as_array().expect("emails");
    assert_eq!(emails.len(), 3);
    assert_eq!(emails.iter().filter(|email| email["primary"] == true).count(), 1);
    assert_eq!(emails[2]["primary"], true);
}

/// The type of each value of an attribute, and whether it is the primary one.
fn primary(attributes: &Attributes, attribute: &str) -> Vec<(String, bool)> {
    let values = attributes[attribute].as_array().expect("values");
    values.iter().map(|one| (one["type"].as_str().unwrap_or("").to_owned(), one["primary"] == true)).collect()
}

#[test]
fn there_is_at_most_one_primary_value() {
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
        let existing = json!({ "value": "a@home.example", "type": "home", "primary": truth });
        let existing = json!({ "op": "add", "path": "emails", "value": existing });
        assert_eq!(primary(&ok(json!([existing])), "emails"), home, "it exists already: {existing}");
        let new = json!({ "value": "n@example.org", "type": "new", "primary": truth });
        let new = json!({ "op": "add", "path": "emails", "value": [new] });
        let attributes =
            ok(json!([new, { "op": "add", "path": "emails", "value": [{ "value": "o@example.org", "type": "old" }] }]));
        assert_eq!(primary(&attributes, "emails").iter().position(|(_, primary)| *primary), Some(2));
    }
    for attribute in ["phoneNumbers", "ims", "photos", "addresses", "entitlements", "roles", "x509Certificates"] {
        let part = if attribute == "addresses" { "formatted" } else { "value" };
        let add = |kind: &str| {
            let value = json!({ part: kind, "type": kind, "primary": true });
            json!({ "op": "add", "path": attribute, "value": [value] })
        };
        let first = json!({ "op": "replace", "path": format!("{attribute}[type eq \"a\"].primary"), "value": true });
        let attributes = ok(json!([add("a"), add("b"), first]));
        assert_eq!(primary(&attributes, attribute), [("a".to_owned(), true), ("b".to_owned(), false)], "{attribute}");
    }
    let none = ok(json!([{ "op": "replace", "path": "emails[type eq \"work\"].primary", "value": false }]));
    assert_eq!(
        primary(&none, "emails").iter().filter(|(_, primary)| *primary).count(),
        0,
        "no value needs to be primary"
    );
}

#[test]
fn a_list_of_one_is_accepted_for_a_single_value() {
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
            let attributes = ok(json!([{ "op": op, "path": path, "value": value }]));
            match path.split(['.', '[']).next().expect("a name") {
                "emails" => {
                    assert_eq!(attributes["emails"][1], json!({ "value": "x@example.org", "type": "home" }), "{path}")
                }
                name => assert_eq!(attributes[name], there, "{op} {path} {value}"),
            }
            let dotted = ok(json!([{ "op": op, "value": { path: value } }]));
            assert_eq!(dotted, attributes, "{op} {path} without a path");
        }
    }
    let whole = json!({ "userName": ["x"], "active": [{ "value": "False" }], "displayName": [{ "value": "X" }],
        "name": [{ "givenName": ["G"] }],
        ENTERPRISE_SCHEMA: { "department": [{ "value": "D" }], "manager": [{ "value": "M" }] } });
    let whole = schema::canonicalize(whole.as_object().expect("an object")).expect("valid attributes");
    assert_eq!(
        Value::Object(whole),
        json!({ "userName": "x", "active": false, "displayName": "X", "name": { "givenName": "G" },
        ENTERPRISE_SCHEMA: { "department": "D", "manager": { "value": "M" } } })
    );
    for value in [json!([]), json!(["X", "Y"]), json!({}), json!([{ "display": "X" }])] {
        assert_eq!(
            refused(json!([{ "op": "replace", "path": "displayName", "value": value }])),
            ScimType::InvalidValue,
            "{value}"
        );
    }
}

/// The steps that these operations take, and whether they succeed.
fn work(sent: Value) -> (u64, bool) {
    let (mut attributes, budget) = (anja(), StepBudget::at_most(MAX_PATCH_STEPS));
    let operations = parse_operations(&json!({ "Operations": sent }), 10_000).expect("operations");
    let done = apply_all(&mut attributes, &operations, &budget);
    (budget.spent(), done.is_ok())
}

/// Each operation walks over the values. Both numbers are limited, and so is the work: it stops at the budget.
#[test]
fn the_steps_of_a_patch_grow_linearly_and_are_limited() {
    let one = |n: usize, to: usize| {
        let path = format!("emails[type eq \"a{}\"].value", n % to);
        json!({ "op": "add", "path": path, "value": "x" })
    };
    let long = |n: usize| format!("{n}{}", "x".repeat(60_000));
    let removed = json!({ "op": "remove", "path": "emails", "value": vec![json!({ "value": "y" }); 500] });
    let last = json!({ "op": "replace", "path": "title", "value": "x" });
    let of = |number: usize| work((0..number).map(|n| one(n, 100)).collect());
    assert!(of(400).1 && of(800).1);
    assert!(of(800).0 as f64 <= 2.2 * of(400).0 as f64, "{} {}", of(400).0, of(800).0);
    for sent in [
        (0..10_000).map(|n| one(n, 10_000)).collect::<Value>(),
        (0..10_000).map(|n| json!({ "op": "add", "path": "emails", "value": [{ "value": format!("{n}") }] })).collect(),
        // Long values cost more steps than short ones.
        (0..1_000).map(|n| json!({ "op": "replace", "path": "emails[type pr].value", "value": long(n) })).collect(),
        (0..1_000).map(|_| removed.clone()).chain([last]).collect(),
    ] {
        let (steps, done) = work(sent);
        assert!(steps <= MAX_PATCH_STEPS + 1_000_000, "{steps}");
        assert!(!done || steps <= MAX_PATCH_STEPS);
    }
    let (steps, done) = work((0..10_000).map(|n| one(n, 10_000)).collect());
    assert!(!done && steps < 300_000, "it stops at the first value above the limit: {steps}");
}

#[test]
fn invalid_operations_are_refused_with_their_type() {
    for (sent, kind) in [
        (json!([]), ScimType::InvalidSyntax),
        (json!("x"), ScimType::InvalidSyntax),
        (json!([1]), ScimType::InvalidSyntax),
        (json!([{ "op": "move", "path": "title" }]), ScimType::InvalidSyntax),
        (json!([{ "op": "add", "path": "title[", "value": "x" }]), ScimType::InvalidPath),
        (json!([{ "op": "add", "path": 7, "value": "x" }]), ScimType::InvalidPath),
        (json!([{ "op": "add", "path": "shoeSize", "value": "x" }]), ScimType::InvalidPath),
        (json!([{ "op": "add", "path": "emails.shoe", "value": "x" }]), ScimType::InvalidPath),
        (json!([{ "op": "add", "path": "title[value eq \"x\"]", "value": "x" }]), ScimType::InvalidPath),
        (json!([{ "op": "replace", "path": "id", "value": "x" }]), ScimType::Mutability),
        (json!([{ "op": "replace", "path": "groups", "value": [] }]), ScimType::Mutability),
        (json!([{ "op": "replace", "value": "x" }]), ScimType::InvalidValue),
        (json!([{ "op": "replace", "path": "title", "value": {} }]), ScimType::InvalidValue),
        (json!([{ "op": "replace", "path": "name", "value": "Anja" }]), ScimType::InvalidValue),
    ] {
        assert_eq!(refused(sent.clone()), kind, "{sent}");
    }
    assert!(parse_operations(&json!({}), 1).is_err());
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
    let known_names = [
        "value",
        "type",
        "primary",
        "active",
        "userName",
        "emails",
        "name",
        "name.givenName",
        "manager",
        ENTERPRISE_SCHEMA,
    ];
    prop_oneof![proptest::sample::select(known_names.map(str::to_owned).to_vec()), "[a-z]{1,4}"]
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
    fn no_patch_panics_and_the_result_is_canonical(
        sent in proptest::collection::vec(
            (proptest::sample::select(vec!["add", "Replace", "remove"]), any_path(), any_json()),
            1..4,
        ),
    ) {
        let operation = |(op, path, value)| json!({ "op": op, "path": path, "value": value });
        let sent: Vec<_> = sent.into_iter().map(operation).collect();
        if let Ok(attributes) = after(json!(sent)) {
            prop_assert_eq!(schema::canonicalize(&attributes).expect("canonical attributes"), attributes);
        }
    }
}
