// Passkeys (WebAuthn): to sign in, as second factor, to add one and to prove who one is.

import { arrive, entered, isBusy, load, setBusy, showErrors, started } from "/identity.js";

export const passkeysWork = () => !("noPasskeys" in document.documentElement.dataset) && Boolean(navigator.credentials);

const UNUSED = "The passkey was not used. Try again, or choose another way.";
const NOT_HERE = "This browser cannot use passkeys on this page.";

let autofill = null; // what is suggested while somebody may also type

function fromBase64Url(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

function toBase64Url(buffer) {
  const text = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const known = (list) => (list ?? []).map((one) => ({ ...one, id: fromBase64Url(one.id) }));

function requestOptions(options) {
  if (PublicKeyCredential.parseRequestOptionsFromJSON) return PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return { ...options, challenge: fromBase64Url(options.challenge), allowCredentials: known(options.allowCredentials) };
}

function creationOptions(options) {
  if (PublicKeyCredential.parseCreationOptionsFromJSON) return PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const user = { ...options.user, id: fromBase64Url(options.user.id) };
  return { ...options, user, challenge: fromBase64Url(options.challenge), excludeCredentials: known(options.excludeCredentials) };
}

/** A credential in the JSON form of WebAuthn level 3, also where the browser does not know it. */
function credentialJson(credential) {
  if (credential.toJSON) return credential.toJSON();
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toBase64Url(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  const { id, type, authenticatorAttachment } = credential;
  const clientExtensionResults = credential.getClientExtensionResults();
  return { id, rawId: toBase64Url(credential.rawId), type, authenticatorAttachment, clientExtensionResults, response };
}

/** Ask for options, then the browser for a credential: { state, credential } or { error }; an abandoned question is neither. */
async function askPasskey(path, body, ask) {
  if (!passkeysWork()) return { error: { message: NOT_HERE } };
  const { data, error } = await send(path, body);
  if (error) return { error };
  try {
    return { state: data.state, credential: credentialJson(await ask(data.options)) };
  } catch (failure) {
    if (failure.name === "AbortError") return {};
    const message = failure.name === "InvalidStateError" ? "This device has a passkey of your account already." : UNUSED;
    return { error: { message } };
  }
}

const getPasskey = (body, more = {}) =>
  askPasskey("/auth/passkeys/options", body, (options) => navigator.credentials.get({ publicKey: requestOptions(options), ...more }));

const makePasskey = () =>
  askPasskey("/auth/passkeys/register/options", {}, (options) => navigator.credentials.create({ publicKey: creationOptions(options) }));

/** Say what went wrong in the nearest place for it. */
function complain(button, message) {
  const places = "[data-alert], [data-passkey-error]";
  let around = button;
  while (around && !around.querySelector(places)) around = around.parentElement;
  const alert = around?.querySelector(places);
  if (!alert) return;
  alert.textContent = message;
  alert.hidden = !message;
}

async function signInWithPasskey({ state, credential }) {
  const form = document.querySelector("form[data-session=login]");
  const { data, error } = await send("/auth/passkeys/sign-in", { state, credential, rememberMe: entered(form).rememberMe });
  return error ? { error } : { leaving: await arrive(form, data) };
}

async function completeWithPasskey({ state, credential }) {
  const { data, error } = await send("/auth/2fa/challenge", { challenge: started.challenge, state, credential });
  if (error?.code === "auth.challenge_expired") (await load("second-factor")).startAgain(error);
  if (error) return { error };
  return { leaving: await arrive(document.querySelector("form[data-session=login]"), data) };
}

async function keepPasskey({ state, credential }, button) {
  const name = document.getElementById(button.dataset.passkeyName)?.value ?? "";
  const { data, error } = await send("/auth/passkeys/register", { state, credential, name });
  if (error) return { error };
  for (const place of document.querySelectorAll("[data-passkey-codes]")) {
    place.textContent = (data.backupCodes ?? []).join("\n");
    place.hidden = !place.textContent;
  }
  document.querySelector("[data-passkey-added]")?.click();
  return {};
}

async function provePasskey({ state, credential }, button) {
  // A passkey that does not check its holder counts beside the password only.
  const password = button.form?.elements.namedItem("password")?.value;
  const { error } = await send("/auth/step-up", { state, credential, ...(password && { password }) });
  if (!error) document.querySelector("[data-proven]")?.click();
  return { error };
}

const BUTTONS = {
  "sign-in": [() => getPasskey({}), signInWithPasskey],
  second: [() => getPasskey({ challenge: started.challenge }), completeWithPasskey],
  add: [makePasskey, keepPasskey],
  prove: [() => getPasskey({}), provePasskey],
};

/** Do what a button with data-passkey says. */
export async function use(button) {
  if (isBusy(button)) return;
  setBusy(button, true);
  complain(button, "");
  autofill?.abort(); // a browser answers one question at a time
  autofill = null;
  const [ask, then] = BUTTONS[button.dataset.passkey];
  let found = await ask();
  if (found.credential) found = await then(found, button);
  if (!found.leaving) setBusy(button, false);
  if (!found.error) return;
  if (found.error.code === "auth.step_up_required") document.dispatchEvent(new CustomEvent("mewayz:step-up"));
  else complain(button, Object.values(found.error.fields ?? {})[0] ?? found.error.message);
}

/** Passkeys among the browser's suggestions for the e-mail address, from the first time that somebody goes there. */
export async function suggest(form) {
  if (autofill || !passkeysWork()) return;
  autofill = new AbortController();
  const { signal } = autofill;
  const offered = (await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false;
  // Nobody has asked for anything yet, so nobody is told when it does not work.
  const found = offered && !signal.aborted ? await getPasskey({}, { mediation: "conditional", signal }) : {};
  const { error } = found.credential ? await signInWithPasskey(found) : {};
  if (offered && autofill?.signal === signal) autofill = null;
  if (error) showErrors(form, error);
}
