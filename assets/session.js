// What every page does outside of Reflex: asking the API, keeping the session alive, signing out, and two keyboard
// shortcuts. Loaded once, deferred, from our own origin. It fetches identity.js, which uses its functions, when needed.
"use strict";

const API = "/api/v1";
const UNREACHABLE = "The server cannot be reached. Check your connection and try again.";
const BROKEN = "Something went wrong on our side. Try again in a moment.";
const PATIENCE = 30_000;
const PATIENCE_WITH_FILES = 180_000;

/** `keepalive` lets an answer arrive after the page is left, and keeps the page out of the browser's memory for "back". */
function post(url, body, keepalive) {
  const isFile = body instanceof Blob;
  return fetch(url, {
    method: "POST",
    credentials: "include",
    keepalive,
    signal: AbortSignal.timeout(isFile ? PATIENCE_WITH_FILES : PATIENCE),
    headers: { "Content-Type": isFile ? body.type : "application/json", Accept: "application/json" },
    body: isFile ? body : JSON.stringify(body),
  });
}

const isJson = (response) => (response.headers.get("Content-Type") ?? "").startsWith("application/json");

/** Under `make dev` pages and backend have two ports; Reflex's env.json says which the backend's is. */
async function developmentBackend() {
  const response = await fetch("/env.json");
  const { port } = new URL((await response.json()).PING);
  return `${location.protocol}//${location.hostname}:${port}`;
}

/** How long a refusal with 429 lasts, in words. */
function tooMany(seconds) {
  if (!(seconds > 0)) return "Too many attempts. Wait a moment and try again.";
  const minutes = Math.ceil(seconds / 60);
  return `Too many attempts. Try again in ${seconds <= 90 ? `${seconds} seconds` : `${minutes} minutes`}.`;
}

/** The answer of the API to a POST of an object or a file: { data } or { error: { message, code, status, fields, … } }. */
async function send(path, body, keepalive = false) {
  let response;
  try {
    response = await post(API + path, body, keepalive);
    if (!isJson(response)) response = await post((await developmentBackend()) + API + path, body, keepalive);
  } catch {
    return { error: { message: UNREACHABLE } };
  }
  const { status } = response;
  try {
    const answer = await response.json();
    if (response.ok) return { data: answer.data };
    const error = { message: BROKEN, ...answer.error, status, broken: status >= 500 };
    if (status === 429) error.message = tooMany(Number(response.headers.get("Retry-After")));
    return { error };
  } catch {
    return { error: { message: BROKEN, status } };
  }
}

/** Reflex keeps its state under this key of the tab; another person must not find it. */
function forgetTab() {
  sessionStorage.removeItem("token");
}

// ---- Renewal: the access token lasts an hour, so one of the open tabs fetches the next one a little before ----------

const RENEWED = "mewayz-renewed";
const RENEW_AFTER = 50 * 60_000;
const LOOK_EVERY = 30_000;
const OUTSIDE = /^\/(login|register|resend|verify|forgot|reset|invitation|setup)(\/|$)/;

function noteRenewal() {
  localStorage.setItem(RENEWED, String(Date.now()));
}

/** Whether it is time; a clock that was set back counts as well. */
function isDue() {
  if (OUTSIDE.test(location.pathname)) return false;
  return Math.abs(Date.now() - Number(localStorage.getItem(RENEWED))) >= RENEW_AFTER;
}

async function renew() {
  if (!isDue()) return; // another tab was faster
  // Who leaves the page meanwhile must not lose the new cookies.
  const { error } = await send("/auth/refresh", {}, true);
  // 409: somebody else has just renewed it. Whatever else went wrong is tried again at the next look.
  if (!error || error.status === 409) noteRenewal();
  else if (error.status === 401 && !OUTSIDE.test(location.pathname)) {
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search + location.hash)}&ended=1`);
  }
}

/** Looks at the time rather than waiting for it: a timer stands still while a laptop sleeps. */
function keepAlive() {
  if (!isDue()) return;
  if (navigator.locks) void navigator.locks.request(RENEWED, { ifAvailable: true }, (lock) => (lock ? renew() : null));
  else void renew();
}

if (localStorage.getItem(RENEWED) === null) noteRenewal();
keepAlive();
setInterval(keepAlive, LOOK_EVERY);
window.addEventListener("online", keepAlive);
window.addEventListener("focus", keepAlive);
document.addEventListener("visibilitychange", keepAlive);

// ---- Signing out -----------------------------------------------------------------------------------------------------

const SIGNED_OUT = "mewayz-signed-out";
const loadedAt = Date.now();

/** "Back" may bring a page out of the browser's memory as it was; after signing out it must not show anything. */
function hideAfterSignOut(event) {
  if (!event.persisted || Number(localStorage.getItem(SIGNED_OUT)) < loadedAt) return;
  document.documentElement.hidden = true;
  location.reload();
}

async function signOut() {
  const { error } = await send("/auth/logout", {});
  // An expired session is as good as signed out; an unreachable server is not.
  if (error?.message === UNREACHABLE) {
    window.alert(UNREACHABLE);
    return;
  }
  forgetTab();
  localStorage.setItem(SIGNED_OUT, String(Date.now()));
  location.assign("/login");
}

window.addEventListener("pageshow", hideAfterSignOut);

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-session=logout]")) void signOut();
});

// ---- Forms of sign-in, new passwords, passkeys: fetched when somebody first touches one ---------------------------------

const IDENTITY = "form[data-session], form:has([data-strength]), [data-passkey], [data-reveal], [data-back]";

// A passkey belongs to a name; an address of numbers is none (and a name never ends in one).
const nameless = /^\[|\.?\d+$/.test(location.hostname);
if (typeof PublicKeyCredential !== "function" || nameless) document.documentElement.dataset.noPasskeys = "";

for (const kind of ["focusin", "input", "click", "submit"]) {
  document.addEventListener(
    kind,
    (event) => {
      const { target } = event;
      if (!target.closest?.(IDENTITY)) return;
      const ours = kind === "submit" && target.matches("[data-session]");
      if (ours) event.preventDefault();
      import("/identity.js").then((identity) => identity.on(kind, target)).catch(() => ours && window.alert(UNREACHABLE));
    },
    true,
  );
}

// ---- Files -------------------------------------------------------------------------------------------------------------

document.addEventListener("change", (event) => {
  const { target } = event;
  if (target.matches?.("input[type=file][data-import]")) {
    import("/import.js").then(({ bring }) => bring(target, send)).catch(() => window.alert(UNREACHABLE));
    return;
  }
  if (!target.matches?.("input[type=file][data-upload]")) return;
  import("/upload.js").then(({ upload }) => upload(target, send)).catch(() => window.alert(UNREACHABLE));
});

// ---- Tables: their script comes once the page stands ---------------------------------------------------------------------

if (!OUTSIDE.test(location.pathname)) void import("/table.js").catch(() => {});

// ---- Shortcuts -------------------------------------------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
    const buttons = [...document.querySelectorAll("[data-shortcut=k]")];
    const button = buttons.find((found) => found.offsetParent !== null) ?? buttons[0];
    if (!button) return;
    event.preventDefault();
    if (button.getAttribute("aria-expanded") !== "true") button.click();
    return;
  }
  const typing = event.target.closest?.("input, textarea, select, [contenteditable], [role=menu], [role=dialog]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector("[role=search] input[type=search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
  }
});
