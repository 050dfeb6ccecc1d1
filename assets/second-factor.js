// The second factor of a sign-in, on the page of the first.

import { showErrors, showStep, started } from "/identity.js";
import { passkeysWork } from "/passkeys.js";

/** What the one field asks for, by the method. */
const CODES = {
  totp: {
    label: "Six-digit code",
    help: "From your authenticator app. It changes every 30 seconds.",
    instead: "Use your authenticator app instead",
    autocomplete: "one-time-code",
    inputmode: "numeric",
  },
  backup: {
    label: "Backup code",
    help: "One of the ten that you kept when you set up two-factor sign-in. Each works once.",
    instead: "Use a backup code instead",
    autocomplete: "off",
    inputmode: "text",
  },
};

let methods = [];
let asked = "";

const part = (selector) => document.querySelector(`[data-step=second] ${selector}`);

/** Show the step for it, with the methods that this account has. */
export function ask(data) {
  started.challenge = data.challenge;
  methods = data.methods;
  const byPasskey = methods.includes("passkey");
  part("[data-passkey]").hidden = !byPasskey;
  showStep("second");
  const codes = Object.keys(CODES).filter((name) => methods.includes(name));
  part("form").hidden = !codes.length;
  choose(codes[0] ?? "backup");
  // Who has no authenticator uses the passkey, and a backup code when that is lost.
  if (byPasskey && passkeysWork() && !methods.includes("totp")) part("[data-passkey]").focus();
}

function choose(name) {
  asked = name;
  const { label, help, autocomplete, inputmode } = CODES[name];
  const form = part("form");
  const control = part("input");
  showErrors(form, null);
  form.reset();
  part("label").textContent = label;
  part("#code_help").textContent = help;
  control.autocomplete = autocomplete;
  control.inputMode = inputmode;
  const other = name === "totp" ? "backup" : "totp";
  const button = part("[data-other-code]");
  button.textContent = CODES[other].instead;
  button.hidden = !methods.includes(other);
  control.focus();
}

/** Back to e-mail and password, perhaps with the reason. */
export function startAgain(error = null) {
  started.challenge = "";
  const form = showStep("first").querySelector("form");
  const password = form.elements.namedItem("password");
  password.value = "";
  password.focus();
  showErrors(form, error);
}

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-other-code]")) choose(asked === "totp" ? "backup" : "totp");
  if (event.target.closest?.("[data-start-again]")) startAgain();
});

/** Six digits are sent as soon as they are there, however they were typed or pasted ("123 456"). */
part("input").addEventListener("input", ({ target }) => {
  if (asked !== "totp" || !/^[\d\s-]*$/.test(target.value)) return;
  const digits = target.value.replace(/\D/g, "").slice(0, 6);
  if (target.value !== digits) target.value = digits;
  if (digits.length === 6) target.form.requestSubmit();
});
