"""How stances stand in an output: the column `stance`, for each target what `Stance.to_dict` gives.

In JSON Lines it is an object with a key for each target. A CSV cell holds the same as JSON, as it does for the other
scores: one column however many targets there are, and evidence that no flat column could hold. In Parquet it is a
struct with a field for each target, so that `stance.روسيا.label` can be queried. A row without tags has null.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from khabar.inference.tags import Stance

COLUMN = "stance"
# The stances of an article, one for each target; None where there are no tags.
StanceRow = Sequence[Stance] | None


@dataclass(frozen=True, slots=True)
class StanceColumn:
    """What the column of an output is over.

    Attributes
    ----------
    targets : tuple of str
        Their names.
    labels : tuple of str
        The labels that scores are given for.
    """

    targets: tuple[str, ...]
    labels: tuple[str, ...]

    def values(self, rows: Sequence[StanceRow]) -> list[dict[str, Any] | None]:
        """Give a mapping of target to stance for each row."""
        return [
            None if row is None else {name: s.to_dict() for name, s in zip(self.targets, row, strict=True)}
            for row in rows
        ]

    def arrow_type(self) -> Any:
        """Give the type of the column in Parquet."""
        import pyarrow as pa

        sentence = pa.struct(
            [
                ("field", pa.string()),
                ("start", pa.int64()),
                ("end", pa.int64()),
                ("text", pa.string()),
                ("share", pa.float64()),
            ]
        )
        stance = pa.struct(
            [
                ("label", pa.string()),
                ("score", pa.float64()),
                ("scores", pa.struct([(label, pa.float64()) for label in self.labels])),
                ("abstained", pa.bool_()),
                ("evidence", pa.list_(pa.field("element", sentence, nullable=False))),
                ("error", pa.string()),
            ]
        )
        return pa.struct([(name, stance) for name in self.targets])
