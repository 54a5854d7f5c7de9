use super::*;
use crate::scim::patch;
use proptest::prelude::*;
use serde_json::json;

const ID: &str = "019a0000-0000-7000-8000-000000000001";

/// Valid bodies as directories send them.
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
    from_operations(ID, &patch::parse_operations(body, patch::MAX_GROUP_OPERATIONS).ok()?).ok()
}

#[test]
fn operations_of_known_directories_are_accepted() {
    for text in sent() {
        let body = serde_json::from_str(&text).expect("JSON");
        assert_eq!(changes_of(&body).map(|all| all.is_empty()), Some(false), "{text}");
    }
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    for one in ["(", "not (", "a[", "members["] {
        let path = one.repeat(100_000);
        assert_eq!(changes_of(&json!({ "Operations": [{ "op": "remove", "path": path }] })), None, "{one}");
    }
}

#[test]
fn a_user_named_repeatedly_is_added_or_removed_once() {
    let user = |n: u128| UserId(Uuid::from_u128(n));
    let changes = |number: usize| {
        let each = (0..number).flat_map(|n| {
            [Change::AddMembers(vec![user(n as u128)]), Change::RemoveMembers(vec![user(n as u128 / 2)])]
        });
        GroupChanges::from_changes(each.collect(), &[]).expect("changes")
    };
    let few = changes(1_000);
    assert_eq!(few.added.len() + few.removed.len(), 1_000, "each user once, however many operations");
    assert_eq!(changes(2_000).added.len() + changes(2_000).removed.len(), 2_000);
    let members = [(user(1), "Anja".to_owned()), (user(2), "Ben".to_owned())];
    let matching = |text: &str| Change::RemoveMatching(crate::scim::filter::parse_filter(text).expect("a filter"));
    let all = GroupChanges::from_changes(
        vec![matching("display eq \"anja\""), Change::AddMembers(vec![user(1)]), matching("display sw \"b\"")],
        &members,
    );
    let all = all.expect("changes");
    assert_eq!(
        (all.added.into_iter().collect::<Vec<_>>(), all.removed.into_iter().collect::<Vec<_>>()),
        (vec![user(1)], vec![user(2)])
    );
    let many: Vec<_> = (0..20_000).map(|n| (user(n), format!("User {n}"))).collect();
    let terms = vec!["display eq \"x\""; 150].join(" or ");
    let error = GroupChanges::from_changes(vec![matching(&terms)], &many).expect_err("too much");
    assert_eq!(error.scim_type, Some(ScimType::TooMany));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    /// Bytes of a valid body are removed, doubled or replaced.
    #[test]
    fn no_damaged_body_causes_a_panic(
        which in 0_usize..5,
        breaks in proptest::collection::vec(
            (any::<prop::sample::Index>(), 0_u8..3, prop::sample::select(b"\"[]{}:,. ()0aeq\\".to_vec())),
            1..4,
        ),
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
            drop(from_resource(&body));
        }
    }

    #[test]
    fn a_remove_without_a_valid_id_removes_no_member(
        value in prop_oneof![
            Just(json!([])),
            Just(json!([{}])),
            Just(json!([null])),
            Just(json!({})),
            "[a-z]{0,9}".prop_map(Value::from),
        ],
    ) {
        let changes = changes_of(&json!({ "Operations": [{ "op": "remove", "path": "members", "value": value }] }));
        prop_assert!(changes.is_none_or(|all| all.iter().all(|one| *one == Change::RemoveMembers(Vec::new()))));
    }
}
