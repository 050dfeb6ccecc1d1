// What the pages do outside of Reflex: signing in and out by fetch and a full navigation (the websocket reads its
// cookie only when it opens), and two keyboard shortcuts. Loaded once, deferred, from our own origin.
"use strict";

const ENDPOINTS = { login: "/api/v1/auth/login", setup: "/api/v1/setup", logout: "/api/v1/auth/logout" };
const UNREACHABLE = "The server cannot be reached. Check your connection and try again.";
const BROKEN = "Something went wrong on our side. Try again in a moment.";

/** The path of ?next= when it stays on this origin, else the start page. */
function nextPath() {
  const wanted = new URLSearchParams(location.search).get("next");
  if (!wanted || !wanted.startsWith("/")) return "/";
  try {
    const url = new URL(wanted, location.origin);
    return url.origin === location.origin ? url.pathname + url.search + url.hash : "/";
  } catch {
    return "/";
  }
}

/** The named controls of a form as JSON: a checkbox is a boolean, everything else text. */
function entered(form) {
  const body = {};
  for (const control of form.elements) {
    if (!control.name || control.disabled) continue;
    if (control.type === "checkbox") body[control.name] = control.checked;
    else if (control.type !== "radio" || control.checked) body[control.name] = control.value;
  }
  return body;
}

function post(url, body) {
  return fetch(url, {
    method: "POST",
    credentials: "include",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(body),
  });
}

const isJson = (response) => (response.headers.get("Content-Type") ?? "").startsWith("application/json");

/** Under `make dev` pages and backend have two ports; Reflex's env.json says which the backend's is. */
async function developmentBackend() {
  const response = await fetch("/env.json");
  const { port } = new URL((await response.json()).PING);
  return `${location.protocol}//${location.hostname}:${port}`;
}

async function send(kind, body) {
  let response;
  try {
    response = await post(ENDPOINTS[kind], body);
    if (!isJson(response)) response = await post((await developmentBackend()) + ENDPOINTS[kind], body);
  } catch {
    return { error: { message: UNREACHABLE } };
  }
  try {
    const answer = await response.json();
    return response.ok ? { data: answer.data } : { error: { message: BROKEN, ...answer.error, broken: response.status >= 500 } };
  } catch {
    return { error: { message: BROKEN } };
  }
}

/** Reflex keeps its state under this key of the tab; another person must not find it. */
function forgetTab() {
  sessionStorage.removeItem("token");
}

const SIGNED_OUT = "mewayz-signed-out";
const loadedAt = Date.now();

/** "Back" may bring a page out of the browser's memory as it was; after signing out it must not show anything. */
function hideAfterSignOut(event) {
  if (!event.persisted || Number(localStorage.getItem(SIGNED_OUT)) < loadedAt) return;
  document.documentElement.hidden = true;
  location.reload();
}

function showErrors(form, error) {
  const fields = error?.fields ?? {};
  let first = null;
  for (const place of form.querySelectorAll("[data-error-for]")) {
    const name = place.dataset.errorFor;
    const control = form.elements.namedItem(name);
    const message = fields[name] ?? "";
    place.textContent = message;
    place.hidden = !message;
    if (!(control instanceof HTMLElement)) continue;
    control.setAttribute("aria-invalid", message ? "true" : "false");
    if (message) first ??= control;
  }
  const placed = Object.keys(fields).every((name) => form.querySelector(`[data-error-for="${CSS.escape(name)}"]`));
  const alert = form.querySelector("[data-alert]");
  if (alert) {
    const rest = placed ? [] : Object.values(fields);
    // What we did not expect has an id to quote; a wrong password has none.
    const id = error?.broken && error.requestId && !error.message.includes(error.requestId) ? `Request id ${error.requestId}.` : "";
    const text = error ? [error.message, ...rest, id].filter(Boolean).join(" ") : "";
    alert.textContent = text;
    alert.hidden = !text;
  }
  first?.focus();
}

function setBusy(form, busy) {
  const button = form.querySelector("button[type=submit]");
  if (!button) return;
  button.setAttribute("aria-busy", String(busy));
  button.setAttribute("aria-disabled", String(busy));
}

async function submit(form) {
  const button = form.querySelector("button[type=submit]");
  if (button?.getAttribute("aria-disabled") === "true") return;
  setBusy(form, true);
  showErrors(form, null);
  const { error } = await send(form.dataset.session, entered(form));
  if (error) {
    setBusy(form, false);
    showErrors(form, error);
    return;
  }
  forgetTab();
  location.assign(form.dataset.next || nextPath());
}

async function signOut() {
  const { error } = await send("logout", {});
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

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target.closest?.("form[data-session]");
    if (!form) return;
    event.preventDefault();
    void submit(form);
  },
  true,
);

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-session=logout]")) void signOut();
  const reveal = event.target.closest?.("[data-reveal]");
  if (reveal) {
    const control = document.getElementById(reveal.dataset.reveal);
    const shown = control.type === "text";
    control.type = shown ? "password" : "text";
    reveal.setAttribute("aria-pressed", String(!shown));
  }
});

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
