//! Caddy.

use super::{ProxyServer, application, find_program, story, substitute};
use crate::harness::on_both_engines;

const RECIPE: &str = include_str!("../../../examples/gate/Caddyfile");

on_both_engines! {
    async fn the_caddy_recipe_works_unchanged(world: World) {
        let app = application::start().await;
        let program = find_program("SEATKEEPER_TEST_CADDY", "caddy", "on Debian: apt-get install caddy");
        let caddy = ProxyServer::start(program, &world.url, &app, |command, folder, addresses| {
            let recipe = substitute(
                RECIPE,
                &[
                    ("127.0.0.1:8080", addresses.seatkeeper.clone()),
                    ("127.0.0.1:3000", addresses.app.clone()),
                    ("\napp.example.org {", format!("\nhttp://127.0.0.1:{} {{", addresses.port)),
                ],
            );
            let file = folder.path().join("Caddyfile");
            std::fs::write(&file, format!("{{\n\tadmin off\n\tauto_https off\n}}\n{recipe}"))
                .expect("it can be written");
            command.args(["run", "--adapter", "caddyfile", "--config"]).arg(&file);
        });
        story::check_proxy(&world, &caddy.await).await;
    }
}
