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
