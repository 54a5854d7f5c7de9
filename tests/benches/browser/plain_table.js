// The table of live sessions in plain JavaScript, with the styles of the app: the least work that the page can be.
// It reads the same feed, sorts the same rows and shows the same cells, but it has no filter, selection or languages.
const ROW = 57, AROUND = 12, STEP = 4;
const sessions = new Map();
const shown = []; // The shared sessions, the oldest first.
const contacts = new Map();

document.head.innerHTML = window.appStyles.map(href => `<link rel="stylesheet" href="${href}">`).join("");
document.body.innerHTML = `
  <div class="shell"><nav class="side"></nav><main id="main"><div class="page sessions-page">
    <section class="list">
      <div class="list-status"><span class="num"></span></div>
      <table class="sessions">
        <thead><tr>
          <th class="pick"></th><th>Agent</th><th class="head-state">State</th><th class="head-license">Product</th>
          <th class="head-platform">Platform</th><th class="head-device">Device</th><th class="head-since">Since</th>
          <th class="head-contact">Last contact</th><th class="head-acts"></th>
        </tr></thead>
        <tbody><tr class="gap"><td></td></tr><tr class="gap"><td></td></tr></tbody>
      </table>
    </section>
  </div></main></div>`;
const [count, body] = [document.querySelector(".list-status span"), document.querySelector("tbody")];
const [above, below] = body.querySelectorAll(".gap td");
const template = document.createElement("template");
template.innerHTML = `<tr tabindex="-1">
  <td class="pick"><input type="checkbox"></td>
  <th class="cell-who"><span class="who"><span class="avatar"></span><span class="who-text"><b></b><small></small></span>
  </span></th>
  <td class="cell-state"><span><span><span class="state-word"></span><small class="num"></small></span></span></td>
  <td class="cell-license"><span></span><small></small></td>
  <td class="cell-platform"><span></span><small></small></td>
  <td class="cell-device mono"></td><td class="cell-since num nowrap"></td><td class="cell-contact num nowrap muted"></td>
  <td class="cell-acts"><button class="icon-button">…</button></td></tr>`;

const rows = new Map(); // The rows in the DOM, by session.
const key = session => session.created_at + session.id;

function place(session) {
  const wanted = key(session);
  let [low, high] = [0, shown.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(shown[middle]) < wanted) low = middle + 1; else high = middle;
  }
  return low;
}

function set(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function age(since) {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(since)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)}:${String(Math.floor(seconds / 60) % 60).padStart(2, "0")} h`;
}

function fill(row, session) {
  const cells = row.cells;
  const initials = session.user_name.split(" ").map(word => word[0]).join("");
  set(cells[1].querySelector(".avatar"), initials);
  set(cells[1].querySelector("b"), session.user_name);
  set(cells[1].querySelector("small"), session.user_email);
  cells[2].firstChild.className = `state ${session.state}`;
  set(cells[2].querySelector(".state-word"), session.state === "connected" ? "Connected" : "Waiting");
  set(cells[2].querySelector("small"), session.mode);
  set(cells[3].firstChild, session.product_name);
  set(cells[3].lastChild, session.model);
  set(cells[4].firstChild, session.platform ?? "–");
  set(cells[4].lastChild, session.remote_device ?? "");
  set(cells[5], session.device);
  times(row, session);
}

function times(row, session) {
  set(row.cells[6], age(session.created_at));
  const seen = contacts.get(session.id) ?? session.last_seen_at;
  set(row.cells[7], Date.now() - Date.parse(seen) < 60000 ? "just now" : `${age(seen)} ago`);
}

function draw() {
  const top = body.getBoundingClientRect().top;
  const first = Math.max(0, Math.floor((Math.floor(-top / ROW) - AROUND) / STEP) * STEP);
  const last = Math.min(shown.length, Math.ceil((Math.ceil((innerHeight - top) / ROW) + AROUND) / STEP) * STEP);
  const wanted = new Set(shown.slice(first, last).map(session => session.id));
  for (const [id, row] of rows) {
    if (!wanted.has(id)) {
      row.remove();
      rows.delete(id);
    }
  }
  let next = body.firstElementChild.nextElementSibling;
  for (const session of shown.slice(first, last)) {
    let row = rows.get(session.id);
    if (!row) {
      row = template.content.firstElementChild.cloneNode(true);
      rows.set(session.id, row);
      fill(row, session);
    }
    if (row === next) next = next.nextElementSibling; else body.insertBefore(row, next);
  }
  above.style.height = `${first * ROW}px`;
  below.style.height = `${(shown.length - Math.max(first, last)) * ROW}px`;
  set(count, `${shown.length} sessions`);
}

let scheduled = false;
function schedule() {
  if (!scheduled) {
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      draw();
    });
  }
}

function apply(session) {
  const known = sessions.get(session.id);
  if (known) shown.splice(place(known), 1);
  sessions.delete(session.id);
  if (session.state !== "ended" && session.model === "concurrent") {
    sessions.set(session.id, session);
    shown.splice(place(session), 0, session);
    const row = rows.get(session.id);
    if (row) fill(row, session);
  }
}

const feed = new EventSource("/api/v1/live");
feed.addEventListener("snapshot", event => {
  for (const session of JSON.parse(event.data).sessions) {
    if (session.model !== "concurrent") continue;
    sessions.set(session.id, session);
    shown.push(session);
  }
  shown.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  schedule();
});
feed.addEventListener("change", event => {
  JSON.parse(event.data).sessions?.forEach(apply);
  schedule();
});
feed.addEventListener("contacts", event => {
  for (const contact of JSON.parse(event.data).contacts) contacts.set(contact.id, contact.last_seen_at);
});
addEventListener("scroll", schedule);
addEventListener("resize", schedule);
setInterval(() => rows.forEach((row, id) => times(row, sessions.get(id))), 1000);
