//! An agent who finds every seat taken gives up one of their own sessions, by keyboard.

use super::{browser::Browser, page_checks::check_pages, world};
use crate::harness::email_of;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_own_session_is_ended_for_a_new_one() {
    let world = world().await;
    let (license, agents) = world.pool_with_terms(json!({ "seat_rule": "session", "seats": 2 }), 2).await;
    let others = agents[1].seated_at("PC-7").await;
    let agent = Browser::open(&world.url, "en").await;
    agent.sign_in(&email_of("Agent 0")).await;
    agent.go("/console").await;
    agent.enter("Start session").await;
    agent.sees(".session .key").await;
    agent.enter("Start another session").await;
    agent.enter("End one of my sessions for it …").await;
    agent.reads("Which session do you want to end?").await;
    assert_eq!(agent.violations().await, Vec::<String>::new());
    agent.screenshot("exchange").await;
    let before = agents[0].get("/sessions?state=live").await.ok();
    agent.enter_at("dialog[open] button[type=submit]").await;
    agent.reads("The new session has started.").await;
    agent.holds("document.querySelectorAll('.session').length === 1").await;
    let own = before["items"][0]["id"].as_str().expect("the session");
    let ended = agents[0].get(&format!("/sessions/{own}")).await.ok();
    assert_eq!(ended["ended"]["reason"], "given_up");
    let usage = world.usage(license).await;
    assert_eq!((&usage["occupied"], &usage["sessions"]), (&json!(2), &json!(2)));
    agents[1].post_action(&others, "heartbeat").await.ok();
    check_pages(&agent, "agent-en", &[("/console", "exchanged")]).await;
    // A heartbeat may have been under way when its session ended.
    let is_expected = |message: &String| message.contains("/heartbeat") && message.contains("410");
    let mut messages = agent.console_messages().await;
    messages.retain(|message| !is_expected(message));
    assert_eq!(messages, Vec::<String>::new());
}
