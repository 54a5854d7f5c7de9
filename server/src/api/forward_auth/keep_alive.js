// Keeps the user's seat while this page is open, also if the page only uses a WebSocket or a stream.
//
//   <script src="https://seats.example.org/gate/PRODUCT/keep-alive.js" async></script>
//
// Each response is dispatched to the window as a `seatkeeper` event. Its `detail.state` is `kept`, `lost` (with the reason in
// `detail.code`) or `unreachable`. With data-on-lost="reload", the page is reloaded when the seat is lost, which leads to the
// waiting page.
(function () {
  "use strict";
  var script = document.currentScript;
  if (!script || !script.src) return;
  var url = new URL("keep-alive", script.src);
  var reloads = script.dataset.onLost === "reload";
  var intervalSeconds = 15;
  var active = true;
  var pinging = false;
  var timer;

  function notify(state, code) {
    window.dispatchEvent(new CustomEvent("seatkeeper", { detail: { state: state, code: code || null } }));
    if (state === "lost" && reloads) window.location.reload();
  }

  async function ping() {
    if (pinging) return;
    pinging = true;
    clearTimeout(timer);
    var wasActive = active;
    active = false;
    url.searchParams.set("active", String(wasActive));
    try {
      var response = await fetch(url, { credentials: "include", cache: "no-store" });
      var body = await response.json().catch(function () { return {}; });
      if (response.ok) {
        intervalSeconds = body.next_in_seconds || intervalSeconds;
        notify("kept");
      } else {
        active = active || wasActive;
        notify(response.status < 500 ? "lost" : "unreachable", body.code);
      }
    } catch (error) {
      // Report the activity with the next ping.
      active = active || wasActive;
      notify("unreachable");
    }
    pinging = false;
    timer = setTimeout(ping, intervalSeconds * 1000);
  }

  ["pointerdown", "keydown", "wheel", "touchstart"].forEach(function (name) {
    window.addEventListener(name, function () { active = true; }, { passive: true, capture: true });
  });
  // Timers are throttled in hidden and frozen pages.
  document.addEventListener("visibilitychange", function () { if (!document.hidden) ping(); });
  window.addEventListener("pageshow", function (event) { if (event.persisted) ping(); });
  ping();
})();
