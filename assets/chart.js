// "Save as PNG": the button of a figure presses Plotly's own, which is not shown.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-png]");
  button?.closest("figure")?.querySelector(".modebar-btn")?.click();
});

// A chart is as wide as the window; on paper it shrinks like a picture.
matchMedia("print").addEventListener("change", ({ matches }) => {
  for (const drawing of document.querySelectorAll(".main-svg")) {
    if (matches) drawing.setAttribute("viewBox", `0 0 ${drawing.getAttribute("width")} ${drawing.getAttribute("height")}`);
    else drawing.removeAttribute("viewBox");
  }
});

// "Save as PNG" below a ranking or a table: its card's table as it stands there, in the colours of the page, wider than the screen too.
const SCALE = 2;
const EDGE = 16;

function drawCell(pen, cell, origin) {
  const box = cell.getBoundingClientRect();
  const fill = (element, colour) => {
    const place = element.getBoundingClientRect();
    pen.fillStyle = colour;
    pen.fillRect(place.left - origin.left, place.top - origin.top, place.width, place.height);
  };
  const ground = getComputedStyle(cell).backgroundColor;
  if (ground !== "rgba(0, 0, 0, 0)") fill(cell, ground);
  for (const bar of cell.querySelectorAll("[aria-hidden=true]")) fill(bar, getComputedStyle(bar).backgroundColor);
  const words = cell.innerText.trim();
  if (!words) return;
  const look = getComputedStyle(cell.querySelector("a, span:not([aria-hidden])") ?? cell);
  const right = getComputedStyle(cell).textAlign === "right" || getComputedStyle(cell).textAlign === "end";
  pen.font = `${look.fontWeight} ${look.fontSize} ${look.fontFamily}`;
  pen.fillStyle = look.color;
  pen.textBaseline = "middle";
  pen.textAlign = right ? "right" : "left";
  const pad = right ? -parseFloat(getComputedStyle(cell).paddingRight) : parseFloat(look.paddingLeft) || 0;
  pen.fillText(words, (right ? box.right : box.left) - origin.left + pad, (box.top + box.bottom) / 2 - origin.top, box.width);
}

function pictureOf(table, title) {
  const box = table.getBoundingClientRect();
  const head = title ? 32 : 0;
  const canvas = document.createElement("canvas");
  canvas.width = (box.width + 2 * EDGE) * SCALE;
  canvas.height = (box.height + 2 * EDGE + head) * SCALE;
  const pen = canvas.getContext("2d");
  pen.scale(SCALE, SCALE);
  const card = getComputedStyle(table.closest("section") ?? document.body);
  const ground = card.backgroundColor === "rgba(0, 0, 0, 0)" ? getComputedStyle(document.body).backgroundColor : card.backgroundColor;
  pen.fillStyle = ground;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  if (title) {
    pen.fillStyle = card.color;
    pen.font = `600 16px ${card.fontFamily}`;
    pen.textBaseline = "middle";
    pen.fillText(title, EDGE, EDGE + 8);
  }
  const origin = { left: box.left - EDGE, top: box.top - EDGE - head };
  for (const cell of table.querySelectorAll("th, td")) {
    // What is for screen readers alone is not drawn.
    if (!cell.closest(".sr-only")) drawCell(pen, cell, origin);
  }
  return canvas;
}

document.addEventListener("click", (event) => {
  const section = event.target.closest?.("[data-table-png]")?.closest("section");
  const table = section?.querySelector("table");
  if (!table) return;
  const frame = table.parentElement;
  const across = frame.scrollLeft;
  frame.scrollLeft = 0; // a first column that sticks would cover others
  const title = section.querySelector("h2")?.innerText ?? "";
  const canvas = pictureOf(table, title);
  frame.scrollLeft = across;
  canvas.toBlob((file) => {
    const way = document.createElement("a");
    way.href = URL.createObjectURL(file);
    way.download = `${title || "table"}.png`;
    way.click();
    setTimeout(() => URL.revokeObjectURL(way.href), 10_000);
  }, "image/png");
});
