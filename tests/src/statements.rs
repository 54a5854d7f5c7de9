//! Every statement of the product is understood by both engines: a misspelt column is found here.

use crate::world::{Engine, World, on_both_engines};

on_both_engines! {
    async fn both_engines_understand_every_statement(world: World) {
        let all = seatkeeper::store::statements();
        assert!(all.len() > 60, "{} statements", all.len());
        for (name, sql) in all {
            if let Err(error) = world.app.db.prepare(sql).await {
                panic!("{name}: {error}");
            }
        }
    }
}

/// For a list of three or more in a condition, SQLite makes a table of its own at each row that it checks.
#[tokio::test]
async fn what_is_written_for_each_seat_is_checked_without_tables_of_its_own() {
    let world = World::start(Engine::Sqlite).await;
    for table in ["sessions", "tickets", "events"] {
        let columns = format!("INSERT INTO {table} DEFAULT VALUES");
        let steps = world.database.steps(&columns).await;
        assert!(
            steps.contains(&"OpenWrite".to_owned()) && !steps.contains(&"OpenEphemeral".to_owned()),
            "{table}: {steps:?}"
        );
    }
}
