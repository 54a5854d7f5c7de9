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
         SELECT printf('%08x-0000-4000-8000-000000000000', n), '{license}',
                CASE n % 2 WHEN 0 THEN '{}' ELSE '{}' END, 'NB-1', 'ended', 'unattended',
                printf('2020-01-01T%02d:%02d:%02d.000000Z', n / 3600, n / 60 % 60, n % 60),
                '2020-01-02T00:00:00.000000Z', '2020-01-02T00:00:00.000000Z', '2020-01-02T00:00:00.000000Z',
                'finished', CASE n WHEN 8 THEN 'SRV-8' END
         FROM number",
        people[0].id, people[1].id
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
