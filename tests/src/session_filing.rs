//! SQLite: the sessions of each user are filed in runs while the server runs, and found wherever they are.

use crate::harness::{Engine, World, eventually};
use serde_json::json;

/// As many as make up a run.
const SESSIONS: usize = 8_192;

#[tokio::test]
async fn a_full_run_is_filed_and_its_sessions_are_still_listed() {
    let world = World::start(Engine::Sqlite).await;
    let (license, people) = world.pool(5, 2).await;
    let insert = format!(
        "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {SESSIONS})
         INSERT INTO sessions (id, license_id, user_id, device, state, mode, created_at, last_seen_at, lease_until,
                               ended_at, end_reason, remote_device)
         SELECT unhex(printf('%08x000040008000000000000000', n)), x'{}',
                CASE n % 2 WHEN 0 THEN x'{}' ELSE x'{}' END, 'NB-1', 'ended', 'unattended',
                n * 1000000, 86400000000, 86400000000, 86400000000, 'finished', CASE n WHEN 8 THEN 'SRV-8' END
         FROM number",
        license.0.simple(),
        people[0].id.0.simple(),
        people[1].id.0.simple()
    );
    world.database.sqlite().execute_batch(&insert).expect("sessions");
    let runs = async || world.database.first_column("SELECT CAST(run AS TEXT) FROM session_runs ORDER BY run").await;
    assert_eq!(runs().await, ["-1"], "nothing is filed before a session is created");
    let latest = people[0].request_seat().await.created();
    eventually("a run is filed", async || runs().await == ["-1", "8191"]).await;
    let list = world.admin.get(&format!("/sessions?user={}&limit=3", people[0].id)).await.ok();
    assert_eq!(list["total"], SESSIONS / 2 + 1);
    assert_eq!(list["items"][0]["id"], latest["id"], "not filed yet");
    assert_eq!(list["items"][1]["id"], "00002000-0000-4000-8000-000000000000");
    let oldest = world.admin.get(&format!("/sessions?user={}&sort=created_at&limit=1", people[1].id)).await.ok();
    assert_eq!(oldest["items"][0]["id"], "00000001-0000-4000-8000-000000000000");
    assert_eq!(people[0].get("/me/remote-devices").await.ok(), json!(["SRV-8"]));
    assert_eq!(world.admin.get("/sessions?limit=1").await.ok()["total"], SESSIONS + 1);
}
