//! A page that the browser translates: each text node is replaced, and the numbers stay right.

use super::{browser::Browser, world};

/// Replaces each text node by a translation in two FONT elements, as the translators of browsers do.
const TRANSLATE: &str = "(() => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const all = [];
    while (texts.nextNode()) {
        const text = texts.currentNode;
        if (text.data.trim() && !text.parentElement.closest('script, style, font')) all.push(text);
    }
    for (const text of all) {
        const [outer, inner] = [document.createElement('font'), document.createElement('font')];
        inner.textContent = '«' + text.data + '»';
        outer.append(inner);
        text.replaceWith(outer);
    }
    return true;
})()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_translated_page_shows_the_right_numbers_for_ever() {
    let world = world().await;
    let (_, agents) = world.pool(5, 3).await;
    let admin = Browser::open(&world.url, "en").await;
    admin.sign_in("anja.krueger@example.org").await;
    admin.go("/sessions").await;
    admin.reads("0 active sessions").await;
    admin.holds(TRANSLATE).await;
    admin.reads("«0 active sessions»").await;
    for (count, agent) in (1..).zip(&agents) {
        agent.request_seat().await.created();
        let unit = if count == 1 { "session" } else { "sessions" };
        admin.reads(&format!("{count} active {unit}")).await;
        admin.holds("!/\\b0 active/.test(document.body.innerText)").await;
        admin.reads(&format!("Agent {}", count - 1)).await;
        // Chrome translates what is new.
        admin.holds(TRANSLATE).await;
        admin.reads(&format!("«{count} active {unit}»")).await;
    }
    // The nodes that were replaced are also removed and moved: by navigation and by the language.
    admin.click("Groups").await;
    admin.holds("location.pathname === '/groups'").await;
    admin.holds(TRANSLATE).await;
    admin.click("Shared sessions").await;
    admin.reads("3 active sessions").await;
    admin.holds(TRANSLATE).await;
    admin.click("DE").await;
    admin.reads("3 aktive Sitzungen").await;
    admin.holds("!document.body.innerText.includes('«3 active')").await;
    assert_eq!(admin.console_messages().await, Vec::<String>::new());
}
