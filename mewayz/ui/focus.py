"""Puts the focus on the first mistake of a form whose controls have names that only its data knows."""

from typing import Any

import reflex as rx
from reflex.utils.imports import ImportDict
from typing_extensions import override

_FIRST = "[role=dialog] form input, form[data-guard] input"


class FocusMistake(rx.Fragment):
    """Renders nothing; whenever `times` grows, the first invalid control gets the focus, or where none is to blame the first one."""

    times: rx.Var[int]

    @override
    def add_imports(self) -> ImportDict:
        """React's effect."""
        return {"react": ["useEffect"]}

    @override
    def add_hooks(self) -> list[str | rx.Var[Any]]:
        """The effect itself."""
        times = self.times
        script = f"""
useEffect(() => {{
  if ({times!s} > 0) (document.querySelector('[aria-invalid="true"]') ?? document.querySelector({_FIRST!r}))?.focus();
}}, [{times!s}]);
"""
        return [rx.Var(script, _var_data=times._get_all_var_data())]

    @override
    def _exclude_props(self) -> list[str]:
        return ["times"]
