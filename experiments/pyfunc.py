"""What MLflow runs to tag with a registered model: this file, logged as code beside the model file; no pickle.

It needs khabar and MLflow, nothing of the training side.
"""

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature, set_model
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema
from mlflow.types.schema import Array, Map, Object, Property

from khabar.experiments.served_rows import read_rows
from khabar.inference import Predictor
from khabar.inference.errors import InputError, KhabarError
from khabar.inference.inputs import is_missing
from khabar.inference.named_target import Target, parse_targets
from khabar.inference.tags import Tags

ARTIFACT = "model"  # name of the model file among the artifacts of the MLflow model
STANCE = "stance"  # the parameter that names targets of all articles, and the column of stances
EXACT = 2**53  # from here on, a float stands for more than one whole number

_SENTENCE = Object(
    [
        Property("field", DataType.string),
        Property("start", DataType.long),
        Property("end", DataType.long),
        Property("text", DataType.string),
        Property("share", DataType.double),
    ]
)
_STANCE = Object(
    [
        Property("label", DataType.string, required=False),
        Property("score", DataType.double, required=False),
        Property("scores", Map(DataType.double)),
        Property("abstained", DataType.boolean),
        Property("evidence", Array(_SENTENCE)),
        Property("error", DataType.string, required=False),
    ]
)

# MLflow checks inputs against a signature before the model sees them, and its checks allow either named columns
# or bare strings. Both are tagged here, so only the outputs are declared; inputs are checked by `read_rows`.
# Spark takes the type of the column that `spark_udf` gives from here: each column is always there, no map is null.
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
            ColSpec(Map(_STANCE), STANCE),
        ]
    ),
    params=ParamSchema([ParamSpec(STANCE, DataType.string, default=[], shape=(-1,))]),
)

NULLABLE = [column.name for column in SIGNATURE.outputs if not column.required]

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


class _SparkText(pd.arrays.ArrowExtensionArray):
    """Text whose nulls stay null in `astype(str)`: MLflow makes Spark's strings so, and would spell them 'None'."""

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        if isinstance(dtype, np.dtype) and dtype.kind == "U":
            return np.array(pa.array(self).to_pylist(), dtype=object)
        return super().astype(dtype, copy)


class UnusableInputError(InputError, MlflowException):
    """What was passed cannot be read as articles or targets: khabar's error, and 400 from MLflow's server."""

    def __init__(self, message: str) -> None:
        MlflowException.__init__(self, message, INVALID_PARAMETER_VALUE)


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
            dict of single values one article. A null text gets null tags, with the reason in `error`. Columns
            without names, as `spark_udf` makes of several, are text, title, id and target in this order.
            (The annotation is the one that MLflow takes for "not checked".)
        params : dict, optional
            `stance`: a list of targets, as `khabar tag --stance` spells them.

        Returns
        -------
        DataFrame
            Columns id, sector, sectors, sector_scores, tone, tone_scores, abstained, error and stance, a dict of
            `Stance.to_dict` by the name of the row's own target and of those of all rows; empty where no target is
            named or there are no tags. Where a row's own target has the name of one of all rows, the stance is that
            towards the latter, with its synonyms. The index is the input's. Ids are strings: as given, else the
            row's number from 1.

        Raises
        ------
        UnusableInputError
            There is no text column or key, the parameter is no list of targets, or an id was altered on its way.
        """
        try:
            return self._table(model_input, (params or {}).get(STANCE))
        except KhabarError as error:
            raise UnusableInputError(str(error)) from error

    def _table(self, model_input: Any, named: Any) -> pd.DataFrame:
        columns, index = read_rows(model_input)
        tags = self._predictor.tag_many(columns["text"], columns["title"])
        given = columns["id"] or [None] * len(tags)
        table: dict[str, list[Any]] = {"id": [_id(value, number) for number, value in enumerate(given, 1)]}
        table |= {name: [getattr(t, name) for t in tags] for name in Tags.__dataclass_fields__}
        table["abstained"] = [list(t.abstained) for t in tags]
        named = _plain_list(named)
        said = self._stances(columns, parse_targets(() if named is None else named))
        table[STANCE] = [one if t.error is None else {} for one, t in zip(said, tags, strict=True)]
        # As objects, so that a null is None and not NaN, which is no string and no JSON.
        frame = pd.DataFrame(table, index=index, dtype=object)
        if _in_spark():
            for name in NULLABLE:
                frame[name] = _SparkText(pa.array(table[name], pa.string()))
        return frame

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


def _in_spark() -> bool:
    """Say whether a worker of Spark runs this."""
    pyspark = sys.modules.get("pyspark")
    return pyspark is not None and pyspark.TaskContext.get() is not None


def _id(value: Any, number: int) -> str:
    if is_missing(value):
        return str(number)
    if not isinstance(value, float) or not value.is_integer():
        return str(value)
    # A column of whole numbers with a gap comes from MLflow's server as floats.
    if abs(value) >= EXACT:
        raise InputError(
            f"The id of row {number} is {value!r}, a float, in which long whole numbers are altered: a column of "
            f"numbers becomes floats where a row has none. Expected less than 2^53 ({EXACT}); send ids as strings."
        )
    return str(int(value))


def _plain_list(values: Any) -> Any:
    return values.tolist() if isinstance(values, np.ndarray | pd.Series) else values


# MLflow runs this file and takes the model named here.
set_model(TaggingModel())
