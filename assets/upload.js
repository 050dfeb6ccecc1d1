// Files that somebody chooses are shown at once and sent one after the other; the page is told when the server has one.

const UNREADABLE = "This file is no picture that can be shown here. Choose a JPEG, PNG, WebP, GIF or AVIF file.";

/** A picture of what is being sent, from the file itself. */
function preview(file, list) {
  const item = document.createElement("li");
  const picture = document.createElement("img");
  picture.src = URL.createObjectURL(file);
  picture.alt = file.name;
  picture.onload = picture.onerror = () => URL.revokeObjectURL(picture.src);
  picture.className = "size-16 rounded-control border border-line object-cover opacity-50 animate-pulse";
  item.append(picture);
  list.append(item);
  return () => item.remove();
}

function tell(alert, message) {
  alert.textContent = message;
  alert.hidden = !message;
}

/** Send what an input holds; `put` is session.js's way to the API. */
export async function upload(input, put) {
  const place = input.closest("label").parentElement;
  const [alert, list, done] = ["[data-alert]", "[data-previews]", "[data-uploaded]"].map((name) => place.querySelector(name));
  const files = [...input.files];
  const path = input.dataset.upload;
  input.value = "";
  tell(alert, "");
  const waiting = files.map((file) => ({ file, remove: preview(file, list) }));
  const problems = [];
  for (const { file, remove } of waiting) {
    const accepted = input.accept.split(",").includes(file.type);
    const { error } = accepted ? await put(path, file) : { error: { message: UNREADABLE } };
    remove();
    if (error) problems.push(files.length > 1 ? `${file.name}: ${error.message}` : error.message);
    else done.click();
  }
  tell(alert, problems.join(" "));
}
