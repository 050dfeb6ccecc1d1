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
  const save = (event) => {
    if (event.target.closest?.("[data-saves]")) document.querySelector("form[data-guard]")?.removeAttribute("data-dirty");
  };
  const ask = (event) => { if (unsaved()) event.preventDefault(); };
  document.addEventListener("input", mark);
  document.addEventListener("change", mark);
  document.addEventListener("submit", clear, true);
  document.addEventListener("click", save, true);
  window.addEventListener("beforeunload", ask);
  return () => {
    document.removeEventListener("input", mark);
    document.removeEventListener("change", mark);
    document.removeEventListener("submit", clear, true);
    document.removeEventListener("click", save, true);
    window.removeEventListener("beforeunload", ask);
  };
}, []);
"""


class UnsavedGuard(rx.Fragment):
    """Renders nothing; watches the `form[data-guard]` that it stands in.

    Whenever `refusals` grows, what was sent is unsaved still, and what is said of the form as a whole comes into sight.
    """

    refusals: rx.Var[int]

    @override
    def add_imports(self) -> ImportDict:
        """The router's blocker, and what React needs for the rest."""
        return {"react-router": ["useBlocker"], "react": ["useEffect", "useRef"]}

    @override
    def add_hooks(self) -> list[str | rx.Var[Any]]:
        """The watching itself."""
        refusals = self.refusals
        again = f"""
const refused = useRef({refusals!s});
useEffect(() => {{
  if ({refusals!s} === refused.current) return;
  refused.current = {refusals!s};
  const form = document.querySelector("form[data-guard]");
  form?.setAttribute("data-dirty", "");
  if (!form?.querySelector('[aria-invalid="true"]')) form?.querySelector("[data-problem]")?.scrollIntoView({{ block: "center" }});
}}, [{refusals!s}]);
"""
        return [_HOOKS, rx.Var(again, _var_data=refusals._get_all_var_data())]

    @override
    def _exclude_props(self) -> list[str]:
        return ["refusals"]
