// "Save as PNG": the button of a figure presses Plotly's own, which is not shown.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-png]");
  button?.closest("figure")?.querySelector(".modebar-btn")?.click();
});
