//! Every statement of the product is understood by both engines: a misspelt column is found here.

use crate::world::on_both_engines;

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
