// The forms of sign-in and registration. session.js, whose functions it uses, fetches it when somebody first touches one;
// in the same way it fetches what passkeys, a second factor and the strength of a password need.

const ENDPOINTS = {
  login: "/auth/login",
  challenge: "/auth/2fa/challenge",
  register: "/auth/register",
  verify: "/auth/email/verify",
  resend: "/auth/email/resend",
  forgot: "/auth/password/forgot",
  reset: "/auth/password/reset",
  invitation: "/auth/invitation/accept",
  setup: "/setup",
};

export const load = (name) => import(`/${name}.js`);

/** What a started sign-in has to remember while it waits for its second factor; it is nowhere but here. */
export const started = { challenge: "" };

// ---- Forms: plain HTML, sent as JSON, followed by a full navigation because the websocket reads its cookie only when it opens

/** The path of ?next= when it stays on this origin, else the start page. */
function nextPath() {
  const wanted = new URLSearchParams(location.search).get("next");
  if (!wanted || !wanted.startsWith("/")) return "/";
  try {
    const url = new URL(wanted, location.origin);
    // The whole address: a path may begin with two slashes, which would name another host.
    return url.origin === location.origin ? url.href : "/";
  } catch {
    return "/";
  }
}

/** The named controls of a form as JSON: a checkbox is a boolean, everything else text. */
export function entered(form) {
  const body = {};
  for (const control of form.elements) {
    if (!control.name || control.disabled) continue;
    if (control.type === "checkbox") body[control.name] = control.checked;
    else if (control.type !== "radio" || control.checked) body[control.name] = control.value;
  }
  if (form.dataset.session === "challenge") body.challenge = started.challenge;
  if ("link" in form.dataset) body.token = new URLSearchParams(location.search).get("token") || "missing";
  return body;
}

/** What the server cannot place at one control: a repetition that differs, a box that must be ticked. */
function mistakes(form) {
  const found = {};
  for (const control of form.elements) {
    const { repeats, must } = control.dataset;
    if (repeats && control.value !== form.elements.namedItem(repeats).value) {
      found[control.name] = "The two passwords differ. Type the same one twice.";
    }
    if (must && !control.checked) found[control.name] = must;
  }
  return found;
}

/** What is wrong with a new password says what to do too; the meter's sentence beside it would say the same once more. */
function advise(form, name, message) {
  const meter = form.querySelector(`[data-strength="${CSS.escape(name)}"]`);
  const sentence = meter?.querySelector("[data-advice]");
  if (!sentence) return;
  // What was refused is not good, whatever the meter thinks of it.
  if (message) for (const bar of meter.querySelector("[data-bars]").children) bar.style.backgroundColor = "";
  if (message) sentence.textContent = "";
  else if (!sentence.textContent) sentence.textContent = sentence.dataset.advice;
}

export function showErrors(form, error) {
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
    advise(form, name, message);
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

/** What was wrong with a control that is changed was wrong with what stood there before. */
function settle(form, control) {
  control.setAttribute("aria-invalid", "false");
  const place = form.querySelector(`[data-error-for="${CSS.escape(control.name)}"]`);
  if (place) Object.assign(place, { textContent: "", hidden: true });
}

export function setBusy(button, busy) {
  button?.setAttribute("aria-busy", String(busy));
  button?.setAttribute("aria-disabled", String(busy));
}

export const isBusy = (button) => button?.getAttribute("aria-disabled") === "true";

/** Show one step of a page in place of the others, put texts into it, and go on there. */
export function showStep(name, texts = {}) {
  for (const [key, text] of Object.entries(texts)) {
    for (const place of document.querySelectorAll(`[data-fill="${key}"]`)) {
      if (place instanceof HTMLInputElement) place.value = text;
      else place.textContent = text;
    }
  }
  let shown = null;
  for (const step of document.querySelectorAll("[data-step]")) {
    step.hidden = !step.dataset.step.split(" ").includes(name);
    if (!step.hidden) shown ??= step;
  }
  (shown?.querySelector("[data-focus]") ?? shown?.querySelector("h1"))?.focus();
  return shown;
}

/** Go on where the sign-in leads; whether the page is about to be left. */
export async function arrive(form, data) {
  if (data.twoFactorRequired) {
    (await load("second-factor")).ask(data);
    return false;
  }
  if (!data.token) {
    const done = form.querySelector("[data-done]");
    if (done) done.textContent = done.dataset.done;
    else showStep(form.dataset.after, { email: data.user?.email ?? data.email ?? entered(form).email ?? "" });
    return false;
  }
  const next = form.dataset.next || nextPath();
  forgetTab();
  noteRenewal();
  location.assign(data.enrolmentRequired ? `/enrol?next=${encodeURIComponent(next)}` : next);
  return true;
}

async function refuse(form, error) {
  if (error.code === "auth.link_expired" && form.dataset.expired) {
    showStep(form.dataset.expired);
    return;
  }
  if (error.code === "auth.several_registrations" && form.dataset.several) {
    showStep(form.dataset.several);
    return;
  }
  if (error.code === "auth.challenge_expired" && started.challenge) {
    (await load("second-factor")).startAgain(error);
    return;
  }
  const weak = error.status === 422 && form.querySelector("[data-strength]") ? (await load("strength")).weakness(form) : {};
  const own = error.status === 422 ? { ...weak, ...mistakes(form) } : {};
  if (Object.keys(own).length) {
    const { body, ...fields } = error.fields ?? {};
    error = { ...error, fields: { ...fields, ...own } };
  }
  showErrors(form, error);
  // For everybody alike: the answer does not tell why.
  const hint = error.status === 401 && form.parentElement.querySelector("[data-hint]");
  if (hint) hint.hidden = false;
  if (form.dataset.session === "challenge") form.elements.namedItem("code").select();
}

let refused = ""; // the code that was sent last, with its sign-in, unless it may be sent again

async function submit(form) {
  const button = form.querySelector("button[type=submit]");
  if (isBusy(button)) return;
  const body = entered(form);
  if (form.dataset.session === "challenge") {
    // The sixth digit sends it, and so does the button that is pressed then: one request for each code.
    const code = `${body.challenge} ${body.code}`;
    if (code === refused) return;
    refused = code;
  }
  setBusy(button, true);
  showErrors(form, null);
  const { data, error } = await send(ENDPOINTS[form.dataset.session], body);
  if (error?.status !== 401) refused = "";
  try {
    if (error || !(await arrive(form, data))) setBusy(button, false);
    if (error) await refuse(form, error);
  } catch {
    setBusy(button, false);
    showErrors(form, { message: UNREACHABLE });
  }
}

function reveal(button) {
  const control = document.getElementById(button.dataset.reveal);
  const shown = control.type === "text";
  control.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
}

/** To a step that was left, with what was entered there except passwords. */
function back(name) {
  for (const control of showStep(name)?.querySelectorAll("input[autocomplete$=password]") ?? []) {
    control.value = "";
    control.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** A shop is most likely in the time zone of who sets it up; what somebody has chosen before stays. */
function settleIn(form) {
  const zone = form.elements.namedItem("timezone");
  if ("offered" in zone.dataset) return;
  zone.dataset.offered = "";
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone.options[zone.selectedIndex].defaultSelected && [...zone.options].some(({ value }) => value === here)) zone.value = here;
}

/** Answer an event of one of these forms or buttons. */
export async function on(kind, target) {
  const { form } = target;
  if (form?.dataset.session === "setup") settleIn(form);
  if (kind === "submit") {
    if (target.matches("[data-session]")) await submit(target);
    return;
  }
  if (kind === "click") {
    const passkey = target.closest("[data-passkey]");
    const eye = target.closest("[data-reveal]");
    if (passkey) (await load("passkeys")).use(passkey);
    if (eye) reveal(eye);
    const way = target.closest("[data-back]");
    if (way) back(way.dataset.back);
    return;
  }
  if (kind === "input" && form?.matches("[data-session]") && target.getAttribute("aria-invalid") === "true") settle(form, target);
  if (form?.querySelector("[data-strength]")) (await load("strength")).show(form);
  if (kind === "focusin" && target.matches("[autocomplete~=webauthn]")) (await load("passkeys")).suggest(form);
}
