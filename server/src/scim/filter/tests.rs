use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn anja() -> Value {
    json!({
        "id": "2819c223", "externalId": "A-1", "userName": "Anja@Example.org", "displayName": "Anja Krüger",
        "active": true,
        "name": { "familyName": "Krüger" }, "title": "",
        "emails": [
            { "value": "anja@example.org", "type": "work", "primary": true },
            { "value": "a@home.example", "type": "home" },
        ],
        "meta": { "lastModified": "2026-03-02T09:00:00Z" },
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "employeeNumber": "701984", "manager": { "value": "26118915" },
        },
    })
}

fn holds(text: &str) -> bool {
    parse_filter(text).unwrap_or_else(|error| panic!("{text}: {error}")).matches(&anja(), &StepBudget::at_most(1_000))
}

#[test]
fn filters_match_as_the_standard_defines() {
    for yes in [
        r#"userName eq "anja@example.org""#,
        r#"USERNAME EQ "ANJA@EXAMPLE.ORG""#,
        r#"externalId eq "A-1""#,
        r#"name.familyName co "rüg""#,
        r#"userName sw "ANJA" and emails.value ew ".example""#,
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "a""#,
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq "701984""#,
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "26118915""#,
        "name pr and not (title pr)",
        r#"title eq null and userName ne null"#,
        r#"meta.lastModified gt "2026-03-02T09:59:59+01:00""#,
        r#"meta.lastModified le "2026-03-02T10:00:00+01:00""#,
        r#"emails[type eq "work" and value co "@example.org"]"#,
        r#"emails[primary eq true]"#,
        r#"emails eq "A@home.example""#,
        r#"active eq true"#,
        r#"active eq "True""#,
        "active eq True",
        r#"nickName ne "x""#,
        r#"userName eq "x" or userName sw "anja" and active eq true"#,
        r#"(userName eq "x" or userName sw "anja") and (active eq true)"#,
        r#"not(userName eq "x")"#,
        // Microsoft's documentation shows unquoted values.
        "externalId eq A-1",
        "id eq 2819c223",
    ] {
        assert!(holds(yes), "{yes}");
    }
    for no in [
        r#"externalId eq "a-1""#,
        r#"userName eq "anja""#,
        r#"emails[type eq "home" and primary eq true]"#,
        r#"active eq false"#,
        "title pr",
        r#"nickName eq "x""#,
        r#"nickName gt "x""#,
        r#"userName eq 5"#,
        r#"urn:example:unknown:userName sw "a""#,
        r#"userName sw "anja" and active eq false or userName eq "x""#,
    ] {
        assert!(!holds(no), "{no}");
    }
}

#[test]
fn an_invalid_filter_is_refused_with_its_position() {
    for (text, at) in [
        ("", 1),
        ("userName", 9),
        ("userName xx \"a\"", 10),
        ("userName eq", 12),
        ("userName eq \"a", 13),
        ("userName eq \"a\" foo", 17),
        ("(userName eq \"a\"", 17),
        ("emails[type eq \"work\"", 22),
        ("5 eq 5", 1),
        ("a.b.c eq 5", 1),
        ("active gt true", 15),
        ("ü eq 1", 1),
    ] {
        let error = parse_filter(text).expect_err(text);
        assert_eq!(error.at, at, "{text}: {error}");
    }
    assert!(parse_filter(&format!("{}a pr{}", "(".repeat(33), ")".repeat(33))).is_err(), "too deep");
    assert!(
        parse_filter(&format!("{}a pr{}", "not (".repeat(5_000), ")".repeat(5_000))).is_err(),
        "too deep or too long"
    );
    assert!(parse_filter(&format!("a eq \"{}\"", "x".repeat(9_000))).is_err(), "too long");
}

#[test]
fn paths_are_parsed_into_attribute_filter_and_sub_attribute() {
    let read = |text: &str| parse_path(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let work = read(r#"emails[type eq "work"].value"#);
    assert_eq!((work.attr.name.as_str(), work.sub.as_deref()), ("emails", Some("value")));
    let family = read("name.familyName");
    assert_eq!((family.attr.name.as_str(), family.attr.sub.as_deref()), ("name", Some("familyName")));
    let number = read("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber");
    assert_eq!(number.attr.name, "employeeNumber");
    assert_eq!(read(schema::ENTERPRISE_SCHEMA).attr.name, "", "the extension as a whole");
    assert_eq!(read("urn:ietf:params:scim:schemas:core:2.0:User:active").attr.name, "active");
    for bad in ["", "a b", "members[", "members[]", "members[value eq \"x\"]y", "a[b pr].", "[a pr]"] {
        assert!(parse_path(bad).is_err(), "{bad}");
    }
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let name = || {
        "[a-zA-Z][a-zA-Z0-9_-]{0,8}"
            .prop_filter("a word of the grammar", |name| !["not", "pr"].contains(&name.as_str()))
    };
    let schema = prop_oneof![
        Just(None),
        Just(Some(schema::ENTERPRISE_SCHEMA.to_owned())),
        Just(Some("urn:example:x".to_owned()))
    ];
    let attr =
        (schema, name(), proptest::option::of(name())).prop_map(|(schema, name, sub)| AttrPath { schema, name, sub });
    let literal = prop_oneof![
        any::<String>().prop_map(Literal::Text),
        any::<i64>().prop_map(|number| Literal::Number(number.into())),
        Just(Literal::Null),
    ];
    let op = (0..Op::ALL.len()).prop_map(|at| Op::ALL[at].0);
    let leaf = prop_oneof![
        (attr.clone(), op, literal).prop_map(|(attr, op, literal)| Filter::Compare(attr, op, literal)),
        attr.clone().prop_map(Filter::Present),
    ];
    leaf.prop_recursive(5, 32, 2, move |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Filter::And(Box::new(a), Box::new(b))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Filter::Or(Box::new(a), Box::new(b))),
            inner.clone().prop_map(|one| Filter::Not(Box::new(one))),
            (attr.clone(), inner).prop_map(|(attr, one)| Filter::ValuePath(attr, Box::new(one))),
        ]
    })
}

use crate::scim::schema;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_filter_survives_formatting_and_parsing(wanted in any_filter()) {
        prop_assert_eq!(parse_filter(&wanted.to_string()), Ok(wanted));
    }

    #[test]
    fn no_input_makes_the_parser_panic(
        text in ".{0,200}",
        like in "[ ()\\[\\]\"a-c.:\\\\0-9]{0,80}( (eq|and|or|not|pr|co) ?[()\\[\\]\"a-z0-9.]{0,12}){0,6}",
    ) {
        for text in [text, like] {
            if let Ok(found) = parse_filter(&text) {
                found.matches(&anja(), &StepBudget::at_most(1_000_000));
            }
            drop(parse_path(&text));
        }
    }
}
