// Tables by mouse and keyboard: which rows are chosen, where the focus is, which cell is being changed. What the server
// must know goes through the hidden control [data-bridge] of the table, as if it were typed there. Loaded by session.js.

const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable], [role=menu], [role=dialog], [role=alertdialog], [role=listbox]";
const setValue = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;

let told = 0;
let anchor = null; // the row from which a range begins
let edited = null; // the cell that gets the focus back

const table = () => document.querySelector("[data-table]");
const rows = () => [...document.querySelectorAll("[data-table] tr[data-row]")];
const boxes = () => [...document.querySelectorAll("[data-table] [data-pick]")];
const hereRow = () => document.activeElement?.closest?.("tr[data-row]");

function tell(text) {
  const bridge = document.querySelector("[data-table] [data-bridge]");
  if (!bridge) return;
  told += 1;
  setValue.call(bridge, `${told} ${text}`);
  bridge.dispatchEvent(new Event("input", { bubbles: true }));
}

// ---- Choosing rows -------------------------------------------------------------------------------------------------------

function tellChosen() {
  const found = boxes();
  const chosen = found.filter((box) => box.checked);
  for (const all of document.querySelectorAll("[data-table] [data-pick-all]")) {
    all.checked = found.length > 0 && chosen.length === found.length;
    all.indeterminate = chosen.length > 0 && !all.checked;
  }
  tell(`pick ${chosen.map((box) => box.dataset.pick).join(" ")}`);
}

function pick(box, ranging) {
  const found = boxes();
  const from = found.findIndex((one) => one.dataset.pick === anchor);
  if (ranging && from >= 0) {
    const to = found.indexOf(box);
    for (const one of found.slice(Math.min(from, to), Math.max(from, to) + 1)) one.checked = box.checked;
  }
  anchor = box.dataset.pick;
  tellChosen();
}

function clear() {
  if (!boxes().some((box) => box.checked)) return;
  for (const box of boxes()) box.checked = false;
  tellChosen();
}

// ---- Changing a cell -----------------------------------------------------------------------------------------------------

function edit(opener) {
  edited = opener.dataset.edit;
  tell(`edit ${edited}`);
}

/** The focus goes back to the cell when its field is gone, unless it went elsewhere on purpose. */
function returnFocus() {
  const wanted = edited;
  edited = null;
  if (!wanted) return;
  const until = Date.now() + 3000;
  const look = () => {
    const opener = document.querySelector(`[data-edit="${CSS.escape(wanted)}"]`);
    if (opener) {
      if (document.activeElement === document.body || !document.activeElement) opener.focus();
    } else if (Date.now() < until) setTimeout(look, 30);
  };
  look();
}

function leave(field, target) {
  const { form } = field;
  if (!form || form.dataset.left) return;
  form.dataset.left = "true";
  const former = field.tagName === "SELECT" ? [...field.options].find((one) => one.defaultSelected)?.value : field.defaultValue;
  if (field.value !== former) form.requestSubmit();
  else tell("cancel");
  if (target) edited = null;
}

document.addEventListener("submit", (event) => {
  if (!event.target.querySelector?.("[data-cell]")) return;
  event.target.dataset.left = "true";
  returnFocus();
});

document.addEventListener("change", (event) => {
  if (event.target.matches?.("select[data-cell]") && event.target.form) event.target.form.requestSubmit();
});

document.addEventListener("focusout", (event) => {
  // A field that is taken away loses the focus as well; then there is nothing left to save.
  if (event.target.matches?.("[data-cell]") && event.target.isConnected && document.hasFocus()) leave(event.target, event.relatedTarget);
});

// ---- Mouse and keyboard ----------------------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const { target } = event;
  if (!target.closest?.("[data-table]")) return;
  if (target.matches("[data-pick]")) pick(target, event.shiftKey);
  else if (target.matches("[data-pick-all]")) {
    for (const box of boxes()) box.checked = target.checked;
    tellChosen();
  } else if (event.detail === 0 && target.closest("[data-edit]")) edit(target.closest("[data-edit]"));
});

// Choosing a range must not mark the text between.
document.addEventListener("mousedown", (event) => {
  if (event.shiftKey && event.target.closest?.("[data-table] label:has([data-pick])")) event.preventDefault();
});

document.addEventListener("dblclick", (event) => {
  const opener = event.target.closest?.("[data-table] td")?.querySelector("[data-edit]");
  if (opener) edit(opener);
});

function move(step) {
  const found = rows();
  const next = found[Math.min(Math.max(found.indexOf(hereRow()) + step, 0), found.length - 1)];
  next?.querySelector("th a")?.focus();
}

function moveAlong(step) {
  const row = hereRow();
  const stops = row ? [row.querySelector("th a"), ...row.querySelectorAll("[data-edit]")].filter((one) => one?.offsetParent) : [];
  stops[stops.indexOf(document.activeElement) + step]?.focus();
  return stops.length > 1;
}

function press(key) {
  const row = hereRow();
  switch (key) {
    case "j":
      return move(1);
    case "k":
      return move(-1);
    case "x":
      return row?.querySelector("[data-pick]")?.click();
    case "e":
    case "F2": {
      const here = document.activeElement.closest?.("[data-edit]");
      const opener = here ?? row?.querySelector("[data-edit]");
      return opener && edit(opener);
    }
    case "?":
      return document.querySelector('[data-table] [data-shortcut="?"]')?.click();
    case "Escape":
      return clear();
    default:
      return undefined;
  }
}

document.addEventListener("keydown", (event) => {
  if (!table() || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const { key, target } = event;
  if (key === "Escape" && target.matches?.("[data-cell]")) {
    if (target.form) target.form.dataset.left = "true";
    tell("cancel");
    returnFocus();
    return;
  }
  if (target.closest?.(TYPING)) return;
  if (key === "ArrowRight" || key === "ArrowLeft") {
    if (moveAlong(key === "ArrowRight" ? 1 : -1)) event.preventDefault();
    return;
  }
  press(key.length === 1 ? key.toLowerCase() : key);
});
