use super::*;
use crate::scim::patch;
use proptest::prelude::*;
use serde_json::json;

const ID: &str = "019a0000-0000-7000-8000-000000000001";

/// What directories send, before something in it is broken.
fn sent() -> Vec<String> {
    let user = "019a0000-0000-7000-8000-000000000002";
    [
        json!([{ "op": "Add", "path": "members", "value": [{ "$ref": null, "value": user }] }]),
        json!([{ "op": "Remove", "path": "members", "value": [{ "value": user }] }]),
        json!([{ "op": "remove", "path": format!("members[value eq \"{user}\" or display co \"a\"]") }]),
        json!([{ "op": "replace", "value": { "id": ID, "displayName": "Nord", "members": [user] } }]),
        json!([{ "op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:Group:externalId", "value": 7 }]),
    ]
    .map(|operations| json!({ "Operations": operations }).to_string())
    .into()
}

fn changes_of(body: &Value) -> Option<Vec<Change>> {
    of(ID, &patch::operations(body, patch::MAX_GROUP_OPERATIONS).ok()?).ok()
}

#[test]
fn what_directories_send_is_understood() {
    for text in sent() {
        let body = serde_json::from_str(&text).expect("JSON");
        assert_eq!(changes_of(&body).map(|all| all.is_empty()), Some(false), "{text}");
    }
}

#[test]
fn however_deep_it_is_nothing_overflows() {
    for one in ["(", "not (", "a[", "members["] {
        let path = one.repeat(100_000);
        assert_eq!(changes_of(&json!({ "Operations": [{ "op": "remove", "path": path }] })), None, "{one}");
    }
}

#[test]
fn whoever_is_named_often_comes_or_goes_once() {
    let user = |n: u128| UserId(Uuid::from_u128(n));
    let changes = |number: usize| {
        let each =
            (0..number).flat_map(|n| [Change::Add(vec![user(n as u128)]), Change::Remove(vec![user(n as u128 / 2)])]);
        Changes::of(each.collect(), &[]).expect("changes")
    };
    let few = changes(1_000);
    assert_eq!(few.come.len() + few.go.len(), 1_000, "each once, however many operations");
    assert_eq!(changes(2_000).come.len() + changes(2_000).go.len(), 2_000);
    let members = [(user(1), "Anja".to_owned()), (user(2), "Ben".to_owned())];
    let such = |text: &str| Change::RemoveSuch(crate::scim::filter::filter(text).expect("a filter"));
    let all =
        Changes::of(vec![such("display eq \"anja\""), Change::Add(vec![user(1)]), such("display sw \"b\"")], &members);
    let all = all.expect("changes");
    assert_eq!(
        (all.come.into_iter().collect::<Vec<_>>(), all.go.into_iter().collect::<Vec<_>>()),
        (vec![user(1)], vec![user(2)])
    );
    let many: Vec<_> = (0..20_000).map(|n| (user(n), format!("User {n}"))).collect();
    let terms = vec!["display eq \"x\""; 150].join(" or ");
    let fail = Changes::of(vec![such(&terms)], &many).expect_err("too much");
    assert_eq!(fail.kind, Some(Type::TooMany));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    /// Bytes of what is sent are left out, doubled, or become others.
    #[test]
    fn nothing_that_is_nearly_right_makes_it_panic(
        which in 0_usize..5,
        breaks in proptest::collection::vec((any::<prop::sample::Index>(), 0_u8..3, prop::sample::select(b"\"[]{}:,. ()0aeq\\".to_vec())), 1..4),
    ) {
        let mut bytes = sent().swap_remove(which).into_bytes();
        for (at, how, other) in breaks {
            let at = at.index(bytes.len());
            match how {
                0 => drop(bytes.remove(at)),
                1 => bytes.insert(at, bytes[at]),
                _ => bytes[at] = other,
            }
        }
        if let Ok(body) = serde_json::from_slice::<Value>(&bytes) {
            drop(changes_of(&body));
            drop(whole(&body));
        }
    }

    /// Whoever names nobody takes nobody out.
    #[test]
    fn what_names_nobody_takes_nobody_out(value in prop_oneof![Just(json!([])), Just(json!([{}])), Just(json!([null])), Just(json!({})), "[a-z]{0,9}".prop_map(Value::from)]) {
        let changes = changes_of(&json!({ "Operations": [{ "op": "remove", "path": "members", "value": value }] }));
        prop_assert!(changes.is_none_or(|all| all.iter().all(|one| *one == Change::Remove(Vec::new()))));
    }
}
