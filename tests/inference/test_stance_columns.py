"""The column of stances holds what `Stance.to_dict` gives, by target, in JSON and in Arrow alike."""

import pyarrow as pa
import pyarrow.compute as pc

from khabar.inference.stance_columns import StanceColumn
from khabar.inference.tags import SentenceShare, Stance

COLUMN = StanceColumn(("روسيا", "قطر"), ("against", "favor"))
SAID = Stance("favor", 0.9, {"against": 0.1, "favor": 0.9}, (SentenceShare("title", 0, 5, "روسيا", 2.5),))
NONE = Stance(None, None, {}, error="the article does not name the target")


def test_values_are_stances_by_target_and_null_where_there_are_no_tags() -> None:
    assert COLUMN.values([[SAID, NONE], None]) == [{"روسيا": SAID.to_dict(), "قطر": NONE.to_dict()}, None]


def test_the_arrow_type_holds_every_value_and_has_a_field_for_each_target() -> None:
    array = pa.array(COLUMN.values([[SAID, SAID], None]), COLUMN.arrow_type())
    assert array.to_pylist() == [{"روسيا": SAID.to_dict(), "قطر": SAID.to_dict()}, None]
    assert pc.struct_field(array, ["قطر", "label"]).to_pylist() == ["favor", None]


def test_the_order_of_values_is_that_of_the_targets() -> None:
    assert list((COLUMN.values([[NONE, SAID]])[0] or {}).items()) == [
        ("روسيا", NONE.to_dict()),
        ("قطر", SAID.to_dict()),
    ]
