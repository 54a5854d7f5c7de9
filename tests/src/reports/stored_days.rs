//! Stored days: a report from them is the one from the log, and they are the same whenever they are stored.

use super::at;
use crate::harness::{World, email_of, on_both_engines};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper::usage_history::rollups::store_finished_days;
use seatkeeper_shared::{
    ids::{LicenseId, ProductId},
    license::Model,
    wire::reports::UsageReport,
};
use serde_json::{Value, json};

/// Numbers that look random (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

struct History {
    license: LicenseId,
    product: ProductId,
    last: DateTime<Utc>,
}

/// Three agents start and end sessions, wait and repeat refused requests for some days; two have a second license.
async fn history(world: &World, seed: u64) -> History {
    let (license, people) = world.long_pool(1, 3).await;
    let product = world.admin.get(&format!("/licenses/{license}")).await.ok()["product_id"].clone();
    let product: ProductId = serde_json::from_value(product).expect("an id");
    let other = world.license(product, Model::Concurrent, 1).await;
    world.grant(other, &[people[1].id, people[2].id]).await;
    let mut numbers = Numbers(seed);
    let mut signed_in: Vec<_> = people.iter().map(|agent| (agent.clone(), world.app.clock.now())).collect();
    let mut sessions: Vec<(usize, Value)> = Vec::new();
    for _ in 0..70 {
        // Often a few seconds, sometimes hours.
        let pause = if numbers.below(3) > 0 { numbers.below(14) } else { numbers.below(14_000) };
        world.advance_clock(TimeDelta::seconds(i64::try_from(pause).expect("few")));
        let who = usize::try_from(numbers.below(3)).expect("few");
        let now = world.app.clock.now();
        if now - signed_in[who].1 > TimeDelta::hours(6) {
            signed_in[who] = (people[who].sign_in_again(&email_of(&format!("Agent {who}"))).await, now);
        }
        let agent = signed_in[who].0.clone();
        let own = sessions.iter().position(|(of, _)| *of == who);
        match (numbers.below(4), own) {
            (0, Some(index)) => {
                let id = sessions.remove(index).1["id"].clone();
                // It may have expired.
                agent.post(&format!("/sessions/{}/end", id.as_str().expect("an id")), &json!({})).await;
            }
            (kind, _) => {
                let device = format!("NB-{}", numbers.below(2));
                let wait = kind == 3;
                let body =
                    json!({ "product": "remote-support-v5", "device": device, "mode": "application", "wait": wait });
                let answer = agent.post("/sessions", &body).await;
                if answer.status == 201 {
                    sessions.push((who, answer.body));
                }
            }
        }
    }
    world.advance_clock(TimeDelta::days(2));
    History { license, product, last: world.app.clock.now() }
}

/// Many reports: of whole days and parts of days, with all kinds of peaks.
async fn reports(world: &World, history: &History) -> Vec<UsageReport> {
    let admin = world.admin.sign_in_again("anja.krueger@example.org").await;
    let mut reports = Vec::new();
    let end = history.last - TimeDelta::hours(20);
    let days = ["2026-03-01T23:00:00Z", "2026-03-02T23:00:00Z", "2026-03-03T23:00:00Z", "2026-03-04T10:00:05Z"].map(at);
    for (from, to, peaks) in [
        (days[0], history.last, "day"),
        (days[0] - TimeDelta::days(200), history.last, "week"),
        (days[0] - TimeDelta::days(40), end, "month"),
        (days[0], days[1], "hour"),
        (at("2026-03-02T10:11:12Z"), days[2], "hour"),
        (at("2026-03-02T10:11:12Z"), days[3], "day"),
        (days[1] + TimeDelta::seconds(3), end, "day"),
    ] {
        for scope in [format!("license={}", history.license), format!("product={}", history.product)] {
            let time = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
            let path = format!("/reports/usage?{scope}&from={}&to={}&peaks={peaks}", time(from), time(to));
            reports.push(serde_json::from_value(admin.get(&path).await.ok()).expect("a report"));
        }
    }
    reports
}

/// Everything that is stored, one text for each row.
async fn stored(world: &World) -> Vec<String> {
    let days =
        "SELECT CAST(scope_id AS TEXT) || ' ' || CAST(starts_at AS TEXT) || ' ' || CAST(ends_at AS TEXT) || ' ' ||
                       time_zone || ' ' || CAST(position AS TEXT) || ' ' || users || ' ' || summary || ' ' || state ||
                       ' ' || quarters
                FROM usage_days ORDER BY scope_id, starts_at";
    let users = "SELECT CAST(scope_id AS TEXT) || ' ' || CAST(starts_at AS TEXT) || ' ' || CAST(user_id AS TEXT)
                 FROM usage_day_users ORDER BY scope_id, starts_at, user_id";
    let mut all = world.database.first_column(days).await;
    all.extend(world.database.first_column(users).await);
    all
}

async fn store(world: &World, now: DateTime<Utc>) {
    store_finished_days(&world.app.db, now).await.expect("the days are stored");
}

async fn forget(world: &World) {
    world.execute("DELETE FROM usage_days").await;
    world.execute("DELETE FROM usage_day_users").await;
}

async fn check_history(world: &World, seed: u64) {
    let history = history(world, seed).await;
    assert!(stored(world).await.is_empty());
    let from_log = reports(world, &history).await;
    // Some days are stored earlier than others.
    store(world, history.last - TimeDelta::days(3)).await;
    assert_eq!(reports(world, &history).await, from_log, "seed {seed}, some days stored");
    store(world, history.last).await;
    let days = stored(world).await;
    assert!(days.len() > 10, "{days:#?}");
    assert_eq!(reports(world, &history).await, from_log, "seed {seed}, all days stored");
    // The log says the same at once.
    forget(world).await;
    store(world, history.last).await;
    assert_eq!(stored(world).await, days, "seed {seed}");
    store(world, history.last).await;
    assert_eq!(stored(world).await, days, "twice, seed {seed}");
}

on_both_engines! {
    async fn reports_from_stored_days_are_those_from_the_log(world: World) {
        check_history(&world, 0x5eed_0001).await;
    }

    async fn reports_from_other_stored_days_are_those_from_the_log(world: World) {
        check_history(&world, 0x0dd_b411_5eed).await;
    }

    async fn another_time_zone_has_other_days(world: World) {
        let history = history(&world, 77).await;
        store(&world, history.last).await;
        let admin = world.admin.sign_in_again("anja.krueger@example.org").await;
        admin.patch("/account", &json!({ "time_zone": "Asia/Tokyo" })).await.ok();
        let from_log = reports(&world, &history).await;
        assert_eq!(from_log[0].period.time_zone, "Asia/Tokyo");
        store(&world, history.last).await;
        let zones = "SELECT DISTINCT time_zone FROM usage_days";
        assert_eq!(world.database.first_column(zones).await, ["Asia/Tokyo"]);
        assert_eq!(reports(&world, &history).await, from_log);
    }

    async fn a_day_is_stored_when_it_has_been_over_for_ten_minutes(world: World) {
        world.long_pool(1, 1).await;
        let count = async || world.database.first_column("SELECT COUNT(*) || '' FROM usage_days").await.remove(0);
        store(&world, at("2026-03-02T23:09:59Z")).await;
        assert_eq!(count().await, "0");
        store(&world, at("2026-03-02T23:10:00Z")).await;
        assert_eq!(count().await, "2", "of the license and of the product");
    }
}
