//! How SQLite reads the pages that are asked for most: not through all sessions.

use super::*;
use crate::monotonic::MonotonicClock;
use uuid::Uuid;

fn window(sort: SessionSort) -> Window<'static> {
    Window { sort, down: true, after: None, limit: 101 }
}

fn criteria(filter: &SessionFilter, users: Option<Vec<UserId>>) -> Criteria<'_> {
    Criteria { filter, users, are_searched: false, starts_live: true }
}

#[tokio::test]
async fn pages_start_from_few_sessions() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("db");
    let db = Db::open(&format!("sqlite:{}", file.display()), &MonotonicClock::default()).await.expect("a database");
    let connection =
        rusqlite::Connection::open_with_flags(&file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).expect("it opens");
    let plan = |sort: SessionSort, state: Option<StateFilter>, users: Option<Vec<UserId>>| {
        let filter = SessionFilter { state, ..SessionFilter::default() };
        let criteria = criteria(&filter, users);
        let sql = sql(sort, true, criteria.users(state).is_some());
        let text = sql.on_sqlite_with(criteria.args(state, Some(window(sort))));
        let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {text}")).expect("a statement");
        let steps = explain.raw_query().mapped(|step| step.get("detail")).collect::<Result<Vec<String>, _>>();
        steps.expect("a plan").join("\n")
    };
    let one = || Some(vec![UserId(Uuid::nil())]);
    let by_id = "SEARCH seat USING PRIMARY KEY (id=?)";
    for (sort, state, users, from) in [
        (SessionSort::Created, None, None, "SCAN seat USING INDEX sessions_created"),
        (SessionSort::Created, Some(StateFilter::Ended), None, "SCAN seat USING INDEX sessions_created"),
        (SessionSort::Created, Some(StateFilter::Live), None, by_id),
        (SessionSort::State, Some(StateFilter::Waiting), None, by_id),
        (SessionSort::State, Some(StateFilter::Ended), None, "SCAN seat\n"),
        (SessionSort::UserName, Some(StateFilter::Connected), None, by_id),
        (SessionSort::UserName, None, one(), by_id),
        (SessionSort::Created, None, one(), by_id),
        (SessionSort::LastSeen, Some(StateFilter::Ended), one(), by_id),
    ] {
        let plan = plan(sort, state, users);
        assert!(plan.contains(from), "{sort:?} of {state:?}: {plan}");
        let is_sorted = plan.contains("FOR ORDER BY");
        assert!(!is_sorted || from == by_id, "{sort:?} of {state:?} sorts all sessions: {plan}");
    }
    db.close().await;
}
