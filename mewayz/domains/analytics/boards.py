"""How each person has arranged their dashboard; kept where the layouts of lists are kept."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from mewayz.backend.access import Actor, allow
from mewayz.backend.errors import Invalid
from mewayz.backend.views import views
from mewayz.domains.analytics.pieces import PIECES, Piece, arranged
from mewayz.domains.analytics.questions import Question
from mewayz.domains.analytics.service import analytics


class Boards:
    """Arrangements: the keys of the pieces that are shown, in their order."""

    noun: ClassVar[str] = "analytics"

    @allow("read")
    async def kept(self, actor: Actor) -> list[str]:
        """The keys that the person has chosen; none while the dashboard is the usual one."""
        layout, _ = await views.desk(actor, self.noun)
        return list(layout.columns) if layout else []

    @allow("read")
    async def pieces(self, actor: Actor) -> list[Piece]:
        """What the dashboard of this person shows, as far as they may see it now."""
        return arranged(actor, await self.kept(actor))

    @allow("read")
    async def arrange(self, actor: Actor, keys: Sequence[str]) -> list[Piece]:
        """Keep an arrangement; none is the usual one again.

        Raises:
            Invalid: a key is not known, or stands there twice. ReadOnly: the actor views as another role.
        """
        if len(set(keys)) < len(keys) or not PIECES.keys() >= set(keys):
            raise Invalid("The dashboard cannot be arranged like this. Reload the page and try again.")
        await views.keep_layout(actor, {"noun": self.noun, "columns": list(keys)})
        return arranged(actor, keys)

    @allow("read")
    async def figures(self, actor: Actor, question: Question, pieces: Sequence[Piece]) -> dict[str, Any]:
        """The overview of a window, with what these pieces show beyond it."""
        found = await analytics.overview(actor, question)
        more = [piece.metric.key for piece in pieces if piece.metric and piece.needs == "analytics:explore"]
        if more:
            customers = await analytics.customers(actor, replace(question, limit=1))
            found = {**found, **{key: customers[key] for key in more}}
        return found


boards = Boards()
