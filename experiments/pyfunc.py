"""What MLflow runs to tag with a registered model: this file, logged as code beside the model file; no pickle.

It needs khabar's base dependencies and MLflow, nothing of the training side.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import ModelSignature, set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema
from mlflow.types.schema import AnyType, Array, Map

from khabar.inference import Predictor
from khabar.inference.errors import InputError
from khabar.inference.inputs import column_names, column_values, is_missing
from khabar.inference.named_target import Target, parse_targets
from khabar.inference.tags import Tags

ARTIFACT = "model"  # name of the model file among the artifacts of the MLflow model
FIELDS = ("text", "title", "id", "target")
STANCE = "stance"  # the parameter that names targets of all articles, and the column of stances

# MLflow checks inputs against a signature before the model sees them, and its checks allow either named columns
# or bare strings. Both are tagged here, so only the outputs are declared; inputs are checked by `read_rows`.
SIGNATURE = ModelSignature(
    outputs=Schema(
        [
            ColSpec(DataType.string, "id"),
            ColSpec(DataType.string, "sector", required=False),
            ColSpec(Array(DataType.string), "sectors"),
            ColSpec(Map(DataType.double), "sector_scores"),
            ColSpec(DataType.string, "tone", required=False),
            ColSpec(Map(DataType.double), "tone_scores"),
            ColSpec(Array(DataType.string), "abstained"),
            ColSpec(DataType.string, "error", required=False),
            ColSpec(Map(AnyType()), STANCE, required=False),  # type: ignore[no-untyped-call]
        ]
    ),
    params=ParamSchema([ParamSpec(STANCE, DataType.string, default=[], shape=(-1,))]),
)

EXAMPLE = pd.DataFrame(
    {
        "id": ["1", "2"],
        "title": ["ارتفاع صادرات الحبوب في الربع الأول", "المنتخب يستعد لمباراة الإياب"],
        "text": [
            "قالت وزارة الفلاحة إن صادرات الحبوب ارتفعت خلال الأشهر الثلاثة الأولى من السنة بفضل موسم ممطر.",
            "أجرى المنتخب حصته التدريبية الأخيرة قبل مباراة الإياب، وغاب عنها لاعبان بسبب الإصابة.",
        ],
    }
)


class TaggingModel(PythonModel):
    """Tags articles; one row out for each row in, in order."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the model file, with all its checks."""
        self._predictor = Predictor.load(context.artifacts[ARTIFACT])

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Tag articles, and their stance where targets are named.

        Parameters
        ----------
        model_input : DataFrame, str, dict, or list, array or Series of str or of dict
            Columns or keys: `text`, and if there are any `title`, `id` and `target`. A dict of columns is a table, a
            dict of single values one article. A null text gets null tags, with the reason in `error`.
            (The annotation is the one that MLflow takes for "not checked".)
        params : dict, optional
            `stance`: a list of targets, as `khabar tag --stance` spells them.

        Returns
        -------
        DataFrame
            Columns id, sector, sectors, sector_scores, tone, tone_scores, abstained, error; and `stance`, if there is
            a target: a dict of `Stance.to_dict` by the name of the row's own target and of those of all rows; null
            where there are no tags. Where a row's own target has the name of one of all rows, the stance is that
            towards the latter, with its synonyms. The index is the input's. Ids are strings: as given, else the
            row's number from 1.

        Raises
        ------
        InputError
            There is no text column or key, or the parameter is no list of targets.
        """
        columns, index = read_rows(model_input)
        tags = self._predictor.tag_many(columns["text"], columns["title"])
        given = enumerate(columns["id"] or [None] * len(tags), 1)
        table: dict[str, list[Any]] = {"id": [str(number if is_missing(id_) else id_) for number, id_ in given]}
        table |= {name: [getattr(t, name) for t in tags] for name in Tags.__dataclass_fields__}
        table["abstained"] = [list(t.abstained) for t in tags]
        named = _plain_list((params or {}).get(STANCE))
        targets = parse_targets(() if named is None else named)
        if columns["target"] is not None or targets:
            said = self._stances(columns, targets)
            table[STANCE] = [one if t.error is None else None for one, t in zip(said, tags, strict=True)]
        # As objects, so that a null is None and not NaN, which is no string and no JSON.
        return pd.DataFrame(table, index=index, dtype=object)

    def _stances(self, columns: dict[str, list[Any] | None], targets: Sequence[Target]) -> list[dict[str, Any]]:
        texts, titles, own = columns["text"], columns["title"], columns["target"]
        found: list[dict[str, Any]] = [{} for _ in texts or ()]
        if own is not None:
            for row, (name, stance) in enumerate(
                zip(own, self._predictor.stance_many(texts, own, titles), strict=True)
            ):
                if not is_missing(name):
                    found[row][str(name)] = stance.to_dict()
        for target in targets:
            stances = self._predictor.stance_many(texts, target.name, titles, target.synonyms)
            for said, stance in zip(found, stances, strict=True):
                said[target.name] = stance.to_dict()
        return found


def read_rows(model_input: Any) -> tuple[dict[str, list[Any] | None], Any]:
    """Bring what a caller of an MLflow model passes to columns.

    Returns
    -------
    columns : dict
        `text`, a list, and `title`, `id` and `target`, each a list of the same length or None.
    index : Index or None
        The index of a DataFrame or Series.
    """
    index = getattr(model_input, "index", None) if isinstance(model_input, pd.DataFrame | pd.Series) else None
    if isinstance(model_input, Mapping):
        model_input = _table_of(model_input)
    elif isinstance(model_input, str) or model_input is None:
        model_input = [model_input]
    names = column_names(model_input)
    if names is not None:
        if len(names) == 1 and str(names[0]) == "0":  # A table made by MLflow of bare strings.
            return read_rows(column_values(model_input, names[0]))[0], index
        optional = {name: column_values(model_input, name) if name in names else None for name in FIELDS[1:]}
        return {"text": column_values(model_input, "text"), **optional}, index
    rows = list(model_input)
    if not any(isinstance(row, Mapping) for row in rows):
        return {"text": [_plain(row) for row in rows], **dict.fromkeys(FIELDS[1:])}, index
    keyed = [row if isinstance(row, Mapping) else {"text": row} for row in rows]
    if not any("text" in row for row in keyed):
        raise InputError(
            f"The articles have the keys {', '.join(map(str, keyed[0]))}; expected 'text', and if there are any "
            "'title', 'id' and 'target'. Rename the key that holds the text."
        )
    columns: dict[str, list[Any] | None] = {name: [_plain(row.get(name)) for row in keyed] for name in FIELDS}
    if not any("target" in row for row in keyed):
        columns["target"] = None
    return columns, index


def _table_of(columns: Mapping[str, Any]) -> pd.DataFrame:
    """Make a table of a dict: of columns of the same length, or of the single values of one article."""
    lists = {name: value.tolist() if hasattr(value, "tolist") else value for name, value in columns.items()}
    single = not any(isinstance(value, list | tuple) for value in lists.values())
    try:
        if single:
            return pd.DataFrame([lists], dtype=object)
        return pd.DataFrame({name: [_plain(v) for v in value] for name, value in lists.items()}, dtype=object)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"The columns {', '.join(columns)} do not make a table ({error}). Give one value for each article in each."
        ) from error


def _plain_list(values: Any) -> Any:
    return values.tolist() if isinstance(values, np.ndarray | pd.Series) else values


def _plain(value: Any) -> Any:
    """Bring numpy's values, which MLflow's server makes of strings, to Python's; a row of one column to its value."""
    value = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
    return value[0] if isinstance(value, list) and len(value) == 1 else value


# MLflow runs this file and takes the model named here.
set_model(TaggingModel())
