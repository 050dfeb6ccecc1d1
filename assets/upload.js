// Files that somebody chooses are shown at once and sent one after the other; the page is told when the server has one.

const UNREADABLE = "This file is no picture that can be shown here. Choose a JPEG, PNG, WebP, GIF or AVIF file.";

const megabytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MB`;

/** Why a file is not sent at all. */
function refused(file, input) {
  if (!input.accept.split(",").includes(file.type)) return UNREADABLE;
  const most = Number(input.dataset.most);
  return most && file.size > most && `This picture has ${megabytes(file.size)}, and one may have ${megabytes(most)}. Choose a smaller one.`;
}

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
    const message = refused(file, input);
    const { error } = message ? { error: { message } } : await put(path, file);
    remove();
    if (error) problems.push(files.length > 1 ? `${file.name}: ${error.message}` : error.message);
    else done.click();
  }
  tell(alert, problems.join(" "));
}
