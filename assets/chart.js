// A chart is as wide as the window; on paper it shrinks like a picture.
matchMedia("print").addEventListener("change", ({ matches }) => {
  for (const drawing of document.querySelectorAll(".main-svg")) {
    if (matches) drawing.setAttribute("viewBox", `0 0 ${drawing.getAttribute("width")} ${drawing.getAttribute("height")}`);
    else drawing.removeAttribute("viewBox");
  }
});

// "Save as PNG" below a ranking or a table: its card's table as it stands there, in the colours of the page, wider than the screen too,
// below its title and its days.
const SCALE = 2;
const EDGE = 16;
const LINE = 20;

// The colour of the card that something stands in, or of the page.
function groundOf(element) {
  const card = getComputedStyle(element.closest("section") ?? document.body).backgroundColor;
  return card === "rgba(0, 0, 0, 0)" ? getComputedStyle(document.body).backgroundColor : card;
}

function save(canvas, name) {
  canvas.toBlob((file) => {
    const way = document.createElement("a");
    way.href = URL.createObjectURL(file);
    way.download = name;
    way.click();
    setTimeout(() => URL.revokeObjectURL(way.href), 10_000);
  }, "image/png");
}

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
  const edge = getComputedStyle(cell);
  if (edge.outlineStyle === "dashed") {
    const inset = -parseFloat(edge.outlineOffset);
    pen.strokeStyle = edge.outlineColor;
    pen.setLineDash([3, 3]);
    pen.strokeRect(box.left - origin.left + inset, box.top - origin.top + inset, box.width - 2 * inset, box.height - 2 * inset);
  }
  const unseen = cell.querySelector(".sr-only")?.textContent.trim() ?? "";
  const words = cell.innerText.replace(unseen, "").trim();
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

function pictureOf(table, title, period) {
  const box = table.getBoundingClientRect();
  const head = (title ? 32 : 0) + (period ? LINE : 0);
  const canvas = document.createElement("canvas");
  canvas.width = (box.width + 2 * EDGE) * SCALE;
  canvas.height = (box.height + 2 * EDGE + head) * SCALE;
  const pen = canvas.getContext("2d");
  pen.scale(SCALE, SCALE);
  const card = getComputedStyle(table.closest("section") ?? document.body);
  pen.fillStyle = groundOf(table);
  pen.fillRect(0, 0, canvas.width, canvas.height);
  if (title) {
    pen.fillStyle = card.color;
    pen.font = `600 16px ${card.fontFamily}`;
    pen.textBaseline = "middle";
    pen.fillText(title, EDGE, EDGE + 8, box.width);
  }
  if (period) {
    pen.fillStyle = card.color;
    pen.font = `13px ${card.fontFamily}`;
    pen.textBaseline = "middle";
    pen.fillText(period, EDGE, EDGE + head - LINE / 2 - 6, box.width);
  }
  const origin = { left: box.left - EDGE, top: box.top - EDGE - head };
  for (const cell of table.querySelectorAll("th, td")) {
    // What is for screen readers alone is not drawn.
    if (!cell.closest(".sr-only")) drawCell(pen, cell, origin);
  }
  return canvas;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-table-png]");
  const section = button?.closest("section");
  const table = section?.querySelector("table");
  if (!table) return;
  const frame = table.parentElement;
  const across = frame.scrollLeft;
  frame.scrollLeft = 0; // a first column that sticks would cover others
  const title = section.querySelector("h2")?.innerText ?? "";
  const { period } = button.dataset;
  const canvas = pictureOf(table, title, period);
  frame.scrollLeft = across;
  save(canvas, `${[title || "table", period].filter(Boolean).join(", ")}.png`);
});

// "Save as PNG" below a chart: the drawing on the ground of its card, below its title, its days and its key.

async function layerOf(svg) {
  const copy = svg.cloneNode(true);
  for (const hover of copy.querySelectorAll(".hoverlayer")) hover.replaceChildren();
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await picture.decode();
  return picture;
}

// Each entry of the key with its place, in as many lines as the width takes.
function placed(pen, entries, width) {
  let [x, line] = [0, 0];
  return entries.map((entry) => {
    const words = entry.innerText.trim();
    const reach = 24 + pen.measureText(words).width;
    if (x > 0 && x + reach > width) [x, line] = [0, line + 1];
    const found = { entry, words, x, line };
    x += reach + EDGE;
    return found;
  });
}

function drawSwatch(pen, swatch, x, y) {
  const look = getComputedStyle(swatch);
  const width = parseFloat(look.borderTopWidth);
  if (width > 0) {
    pen.strokeStyle = look.borderTopColor;
    pen.lineWidth = width;
    pen.setLineDash(look.borderTopStyle === "dashed" ? [4, 3] : []);
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(x + 16, y);
    pen.stroke();
  } else {
    pen.fillStyle = look.backgroundColor;
    pen.fillRect(x, y - 5, 16, 10);
  }
}

async function pictureOfChart(figure) {
  const drawings = [...figure.querySelectorAll(".main-svg")];
  const layers = await Promise.all(drawings.map(layerOf));
  const { width, height } = drawings[0].getBoundingClientRect();
  const look = getComputedStyle(figure);
  const small = `13px ${look.fontFamily}`;
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  pen.font = small;
  const key = placed(pen, [...figure.querySelectorAll("[data-key] li")], width);
  const head = 2 * LINE + (key.length ? key.at(-1).line + 1 : 0) * LINE + EDGE;
  canvas.width = (width + 2 * EDGE) * SCALE;
  canvas.height = (height + head + 2 * EDGE) * SCALE;
  pen.scale(SCALE, SCALE);
  pen.fillStyle = groundOf(figure);
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.textBaseline = "middle";
  pen.fillStyle = look.color;
  pen.font = `600 16px ${look.fontFamily}`;
  pen.fillText(figure.dataset.title, EDGE, EDGE + LINE / 2, width);
  pen.font = small;
  pen.fillText(figure.dataset.period, EDGE, EDGE + LINE * 1.5, width);
  for (const { entry, words, x, line } of key) {
    const y = EDGE + LINE * (line + 2.75);
    drawSwatch(pen, entry.querySelector("[aria-hidden]"), EDGE + x, y);
    pen.fillStyle = getComputedStyle(entry).color;
    pen.fillText(words, EDGE + x + 24, y);
  }
  for (const layer of layers) pen.drawImage(layer, EDGE, EDGE + head, width, height);
  return canvas;
}

document.addEventListener("click", async (event) => {
  const figure = event.target.closest?.("[data-png]")?.closest("figure");
  if (figure?.querySelector(".main-svg")) save(await pictureOfChart(figure), `${figure.dataset.file}.png`);
});
