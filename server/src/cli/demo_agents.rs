//! stub
#[derive(Debug, clap::Args)]
pub struct DemoAgents {}
pub async fn run(_: DemoAgents) -> anyhow::Result<()> {
    Ok(())
}
