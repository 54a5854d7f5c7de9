// Keeps the seat of the person who has this page open, also while the page only listens to a WebSocket or a stream.
//
//   <script src="https://seats.example.org/gate/PRODUCT/keep-alive.js" async></script>
//
// Each answer is told to the page as an event `seatkeeper` of the window. Its `detail.state` is `kept`, `lost` (then
// `detail.code` says why) or `unreachable`. With data-on-lost="reload" the page is loaded again when the seat is lost, which
// leads to the waiting page.
(function () {
  "use strict";
  var script = document.currentScript;
  if (!script || !script.src) return;
  var address = new URL("keep-alive", script.src);
  var reloads = script.dataset.onLost === "reload";
  var pause = 15;
  var active = true;
  var asking = false;
  var timer;

  function tell(state, code) {
    window.dispatchEvent(new CustomEvent("seatkeeper", { detail: { state: state, code: code || null } }));
    if (state === "lost" && reloads) window.location.reload();
  }

  async function ask() {
    if (asking) return;
    asking = true;
    clearTimeout(timer);
    var told = active;
    active = false;
    address.searchParams.set("active", String(told));
    try {
      var answer = await fetch(address, { credentials: "include", cache: "no-store" });
      var body = await answer.json().catch(function () { return {}; });
      if (answer.ok) {
        pause = body.next_in_seconds || pause;
        tell("kept");
      } else {
        active = active || told;
        tell(answer.status < 500 ? "lost" : "unreachable", body.code);
      }
    } catch (error) {
      // Whether the agent was active is told the next time.
      active = active || told;
      tell("unreachable");
    }
    asking = false;
    timer = setTimeout(ask, pause * 1000);
  }

  ["pointerdown", "keydown", "wheel", "touchstart"].forEach(function (name) {
    window.addEventListener(name, function () { active = true; }, { passive: true, capture: true });
  });
  // Timers of hidden and frozen pages are late.
  document.addEventListener("visibilitychange", function () { if (!document.hidden) ask(); });
  window.addEventListener("pageshow", function (event) { if (event.persisted) ask(); });
  ask();
})();
