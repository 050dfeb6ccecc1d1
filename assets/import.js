// The file of an import is sent as it is, and the page is told under which id it waits on the server.

const setValue = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
const megabytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MB`;

function tell(alert, message) {
  alert.textContent = message;
  alert.hidden = !message;
}

/** Send the file that an input holds; `put` is session.js's way to the API. */
export async function bring(input, put) {
  const place = input.closest("[data-import-place]");
  const [alert, busy, told] = ["[data-alert]", "[data-busy]", "[data-told]"].map((name) => place.querySelector(name));
  const [file] = input.files;
  const most = Number(input.dataset.most);
  if (!file) return;
  tell(alert, "");
  if (most && file.size > most) {
    tell(alert, `This file has ${megabytes(file.size)}, and ${megabytes(most)} can be imported here at once. Send it in parts.`);
    input.value = "";
    return;
  }
  busy.hidden = false;
  input.disabled = true;
  const path = `${input.dataset.import}&fileName=${encodeURIComponent(file.name.slice(-200))}`;
  const { data, error } = await put(path, new Blob([file], { type: "application/octet-stream" }));
  busy.hidden = true;
  input.disabled = false;
  input.value = ""; // the same file, mended, may come again
  if (error) return tell(alert, error.message);
  setValue.call(told, data.upload.id);
  told.dispatchEvent(new Event("input", { bubbles: true }));
}
