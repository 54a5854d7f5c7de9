//! Both engines prepare every statement of the product, which finds misspelt columns.

use crate::harness::{Engine, World, on_both_engines};

on_both_engines! {
    async fn both_engines_prepare_every_statement(world: World) {
        let all = seatkeeper::store::statements();
        assert!(all.len() > 60, "{} statements", all.len());
        for (name, sql) in all {
            if let Err(error) = world.app.db.prepare(sql).await {
                panic!("{name}: {error}");
            }
        }
    }
}

/// For a list of three or more values in a CHECK constraint, SQLite opens an ephemeral table for each row.
#[tokio::test]
async fn writes_of_each_seat_need_no_ephemeral_tables_for_their_checks() {
    let world = World::start(Engine::Sqlite).await;
    for table in ["sessions", "tickets", "events"] {
        let columns = format!("INSERT INTO {table} DEFAULT VALUES");
        let steps = world.database.sqlite_opcodes(&columns).await;
        assert!(
            steps.contains(&"OpenWrite".to_owned()) && !steps.contains(&"OpenEphemeral".to_owned()),
            "{table}: {steps:?}"
        );
    }
}
