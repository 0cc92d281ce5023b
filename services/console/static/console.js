"use strict";
// Shows the overview as the server pushes it, and lets ages grow in between.
const overview = document.getElementById("overview");
const link = document.getElementById("link");
let shownAt = performance.now();

function words(seconds) {
  if (seconds < 60) return `${seconds} giây`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} phút`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} giờ`;
  return `${Math.floor(seconds / 86400)} ngày`;
}

function grow() {
  const passed = performance.now() - shownAt;
  for (const age of overview.querySelectorAll("[data-since]")) {
    age.textContent = words(Math.max(0, Math.floor((Number(age.dataset.since) + passed) / 1000)));
  }
}

function say(state) {
  link.textContent = link.dataset[state];
  link.className = `link ${state}`;
}

function show(event) {
  const focused = document.activeElement?.getAttribute("href");
  overview.innerHTML = event.data;
  shownAt = performance.now();
  if (focused) overview.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  say("live");
}

const events = new EventSource("/events");
events.addEventListener("overview", show);
events.addEventListener("open", () => say("live"));
events.addEventListener("error", () => say("lost"));
setInterval(grow, 1000);
