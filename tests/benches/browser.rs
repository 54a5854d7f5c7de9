//! The app in a browser: its first load over a slow line, its table of sessions beside the same table in plain
//! JavaScript, and its memory.

mod chromium;

use crate::{
    account::{Account, Agent},
    database::{BenchDatabase, BenchEngine},
    server::Server,
    statistics::mean,
    table::{Limit, Table},
    viewers,
};
use anyhow::Context as _;
use chromium::{PageMemory, THROTTLED_LINE, Window};
use chrono::TimeDelta;
use seatkeeper_shared::license::SeatRule;
use std::time::{Duration, Instant};
use tokio::time::sleep;

const SESSIONS: usize = 5_000;
/// Agents who create and end a session in each cycle, which makes 100 changes per second.
const AGENTS: usize = 50;
const SESSION_CYCLE: Duration = Duration::from_secs(1);
/// How often either page is measured, in turns.
const ROUNDS: usize = 2;
/// Time after a page has appeared, and after the changes have begun, before the measurement.
const WARM_UP: Duration = Duration::from_secs(3);
const MEASURED: Duration = Duration::from_secs(8);
/// Time in which memory may not grow, in the default scenarios and in the long one.
const MEMORY_DURATION: Duration = Duration::from_secs(120);
const LONG_MEMORY_DURATION: Duration = Duration::from_secs(600);

const PLAIN_TABLE: &str = include_str!("browser/plain_table.js");
const HAS_ROWS: &str = "document.querySelectorAll('tbody tr:not(.gap)').length > 10";
/// Scrolls up and down by 300 pixels a frame; the number of frames per second.
const SCROLL: &str = "new Promise(done => {
    const start = performance.now();
    let [frames, step] = [0, 300];
    const next = () => {
        frames += 1;
        if (scrollY + innerHeight + step > document.documentElement.scrollHeight || scrollY + step < 0) step = -step;
        scrollBy({ top: step, behavior: 'instant' });
        const passed = performance.now() - start;
        if (passed < 5000) requestAnimationFrame(next); else done(frames * 1000 / passed);
    };
    requestAnimationFrame(next);
})";
/// The bytes that have been transferred for a page.
const TRANSFERRED: &str = "performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))
    .reduce((sum, entry) => sum + entry.transferSize, 0)";

/// What the main thread of a page does.
#[derive(Clone, Copy, Debug)]
struct TableCost {
    /// Milliseconds per second without changes.
    idle: f64,
    /// Milliseconds per second at 100 changes per second.
    changing: f64,
    /// Frames per second while it is scrolled at 100 changes per second.
    frames: f64,
}

/// A server with 5,000 sessions, and who uses it.
struct Installation {
    server: Server,
    admin: String,
    agents: Vec<Agent>,
    _database: BenchDatabase,
}

/// Measures how long pages take to appear at the first visit.
pub async fn measure_loads(table: &mut Table) -> anyhow::Result<()> {
    let installation = Installation::start().await?;
    table.begin("Browser, first load on Fast 3G");
    for (path, token, has_appeared) in [
        ("/join", None, "!!document.querySelector('input[name=key]')"),
        ("/sign-in", None, "!!document.querySelector('input[name=email]')"),
        ("/console", Some(installation.admin.as_str()), "!!document.querySelector('#main h1')"),
        ("/sessions", Some(installation.admin.as_str()), HAS_ROWS),
    ] {
        installation.add_first_load(table, path, token, has_appeared).await?;
    }
    Ok(())
}

/// Measures the table, and its memory for a short time.
pub async fn measure_table(table: &mut Table) -> anyhow::Result<()> {
    let installation = Installation::start().await?;
    table.begin("Browser, 5,000 sessions, 100 changes per second");
    installation.add_table_costs(table).await?;
    installation.add_memory(table, MEMORY_DURATION).await
}

/// Measures the table's memory for a long time.
pub async fn measure_memory(table: &mut Table) -> anyhow::Result<()> {
    let installation = Installation::start().await?;
    table.begin("Browser, 5,000 sessions, 100 changes per second");
    installation.add_memory(table, LONG_MEMORY_DURATION).await
}

impl Installation {
    async fn start() -> anyhow::Result<Self> {
        let database = BenchDatabase::create(BenchEngine::Sqlite).await?;
        let account = Account::create(&database).await?;
        let pools = account.pools(1, i64::try_from(SESSIONS + AGENTS)?, SeatRule::Agent).await?;
        let people = account.agents(SESSIONS + AGENTS).await?;
        account.assign(people.iter().map(|person| (pools[0].license, person.user))).await?;
        let (holders, agents) = people.split_at(SESSIONS);
        let holders = holders.iter().map(|person| (pools[0].license, person.user));
        account.sessions_for(TimeDelta::days(1), holders).await?;
        let admin = account.admin().await?.token;
        account.close().await?;
        let agents: Vec<_> = agents.iter().map(|person| person.with_product_of(&pools[0])).collect();
        let server = Server::seatkeeper(&database.address).await?;
        // The log must have an event: pages take a feed at position 0 for one that has not begun.
        let changes = viewers::changes(server.address, &agents, SESSION_CYCLE);
        sleep(SESSION_CYCLE).await;
        drop(changes);
        Ok(Self { server, admin, agents, _database: database })
    }

    fn address(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address)
    }

    /// How long a page takes to appear, to the time in which the line moves its bytes.
    async fn add_first_load(
        &self,
        table: &mut Table,
        path: &str,
        token: Option<&str>,
        has_appeared: &str,
    ) -> anyhow::Result<()> {
        let window = Window::open(token).await?;
        window.throttle().await?;
        let start = Instant::now();
        window.go(&self.address(path)).await?;
        window.wait_for(has_appeared).await.with_context(|| format!("{path} does not appear"))?;
        let seconds = start.elapsed().as_secs_f64();
        let bytes = window.value(TRANSFERRED).await?.as_f64().context("no sizes")?;
        let (latency, rate) = THROTTLED_LINE;
        // The page, what it refers to, and what that refers to are requested one after the other.
        let line = bytes / rate + 3.0 * latency / 1_000.0;
        let details = format!("{seconds:.1} s for {:.0} kB, the line alone {line:.1} s", bytes / 1_000.0);
        table.add(format!("{path}, to the line alone"), seconds / line, Limit::AtMost(1.5), details);
        Ok(())
    }

    async fn open_app(&self) -> anyhow::Result<Window> {
        let window = Window::open(Some(&self.admin)).await?;
        window.go(&self.address("/sessions")).await?;
        window.wait_for(HAS_ROWS).await.context("the app shows no sessions")?;
        Ok(window)
    }

    async fn open_plain(&self) -> anyhow::Result<Window> {
        let window = Window::open(Some(&self.admin)).await?;
        // Any document of the server, whose content is replaced.
        window.go(&self.address("/readyz")).await?;
        let styles = "fetch('/sessions').then(page => page.text()).then(text => {
            const page = new DOMParser().parseFromString(text, 'text/html');
            const links = [...page.querySelectorAll('link[rel=stylesheet]')];
            window.appStyles = links.map(link => link.getAttribute('href'));
            return window.appStyles.length > 0;
        })";
        anyhow::ensure!(window.value(styles).await? == true, "the app has no styles");
        window.run(PLAIN_TABLE).await?;
        window.wait_for(HAS_ROWS).await.context("the plain page shows no sessions")?;
        Ok(window)
    }

    async fn cost(&self, window: &Window) -> anyhow::Result<TableCost> {
        sleep(WARM_UP).await;
        let idle = busy(window).await?;
        let mut changes = viewers::changes(self.server.address, &self.agents, SESSION_CYCLE);
        sleep(WARM_UP).await;
        let changing = busy(window).await?;
        let frames = window.value(SCROLL).await?.as_f64().context("the page cannot be scrolled")?;
        if let Some(stopped) = changes.try_join_next() {
            stopped??;
        }
        Ok(TableCost { idle, changing, frames })
    }

    async fn add_table_costs(&self, table: &mut Table) -> anyhow::Result<()> {
        let (mut plain, mut app) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            plain.push(self.cost(&self.open_plain().await?).await?);
            app.push(self.cost(&self.open_app().await?).await?);
        }
        let both = |of: fn(&TableCost) -> f64| (mean(app.iter().map(of)), mean(plain.iter().map(of)));
        let details = |(app, plain): (f64, f64), unit| format!("{app:.1} {unit}, plain JavaScript {plain:.1} {unit}");
        let (changing, idle, frames) = (both(|c| c.changing), both(|c| c.idle), both(|c| c.frames));
        let name = "main thread, to plain JavaScript";
        table.add(name, changing.0 / changing.1, Limit::AtMost(2.0), details(changing, "ms/s"));
        // Both are near zero: what counts is that the page does next to nothing.
        table.add("main thread without changes", idle.0, Limit::Below(15.0, "ms/s"), details(idle, "ms/s"));
        table.add("scrolling, to plain JavaScript", frames.0 / frames.1, Limit::AtLeast(0.8), details(frames, "fps"));
        Ok(())
    }

    async fn add_memory(&self, table: &mut Table, duration: Duration) -> anyhow::Result<()> {
        let window = self.open_app().await?;
        let mut changes = viewers::changes(self.server.address, &self.agents, SESSION_CYCLE);
        // Until the memory of the first minutes has been allocated.
        sleep(duration / 4).await;
        let before = window.memory().await?;
        sleep(duration).await;
        let after = window.memory().await?;
        if let Some(stopped) = changes.try_join_next() {
            stopped??;
        }
        let name = |what: &str| format!("{what} after {} s, to before", duration.as_secs());
        let mut add = |what, of: fn(&PageMemory) -> f64, unit| {
            let (before, after) = (of(&before), of(&after));
            let details = format!("{before:.1} {unit}, then {after:.1} {unit}");
            table.add(name(what), after / before, Limit::AtMost(1.15), details);
        };
        add("memory of the process", |memory| memory.resident, "MB");
        add("memory of JavaScript", |memory| memory.heap, "MB");
        add("nodes", |memory| memory.nodes, "nodes");
        Ok(())
    }
}

/// The milliseconds per second that the main thread of a page is busy.
async fn busy(window: &Window) -> anyhow::Result<f64> {
    let (start, before) = (Instant::now(), window.task_seconds().await?);
    sleep(MEASURED).await;
    let after = window.task_seconds().await?;
    Ok((after - before) / start.elapsed().as_secs_f64() * 1_000.0)
}
