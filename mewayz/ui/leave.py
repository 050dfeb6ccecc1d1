"""Asks before a page with unsaved changes is left: by a link, by back, by closing the tab."""

from typing import Any

import reflex as rx
from reflex.utils.imports import ImportDict
from typing_extensions import override

_HOOKS = """
const unsaved = () => document.querySelector('form[data-guard][data-dirty], form[data-guard] [aria-invalid="true"]') !== null;
const blocker = useBlocker(({ currentLocation, nextLocation }) =>
  currentLocation.pathname !== nextLocation.pathname && unsaved());
useEffect(() => {
  if (blocker.state !== "blocked") return;
  if (window.confirm("Leave without saving? Your changes will be lost.")) blocker.proceed();
  else blocker.reset();
}, [blocker]);
useEffect(() => {
  const mark = (event) => event.target.closest?.("form[data-guard]")?.setAttribute("data-dirty", "");
  const clear = (event) => event.target.removeAttribute?.("data-dirty");
  const ask = (event) => { if (unsaved()) event.preventDefault(); };
  document.addEventListener("input", mark);
  document.addEventListener("change", mark);
  document.addEventListener("submit", clear, true);
  window.addEventListener("beforeunload", ask);
  return () => {
    document.removeEventListener("input", mark);
    document.removeEventListener("change", mark);
    document.removeEventListener("submit", clear, true);
    window.removeEventListener("beforeunload", ask);
  };
}, []);
"""


class UnsavedGuard(rx.Fragment):
    """Renders nothing; watches the `form[data-guard]` that it stands in."""

    @override
    def add_imports(self) -> ImportDict:
        """The router's blocker and React's effect."""
        return {"react-router": ["useBlocker"], "react": ["useEffect"]}

    @override
    def add_hooks(self) -> list[str | rx.Var[Any]]:
        """The watching itself."""
        return [_HOOKS]
