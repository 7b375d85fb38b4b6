"""Labels are joined with texts; a missing text is an error, a disagreement an unknown."""

from collections.abc import Callable
from typing import Any

import pytest

from khabar.datasets.annotated import join, label_rows
from khabar.datasets.article import Article
from khabar.datasets.sectors import SECTOR_IDS, STANCES, TONES
from khabar.inference.errors import CorpusError

Make = Callable[..., Article]

ROW: dict[str, Any] = {
    "corpus": "mine",
    "id": "1",
    "sectors": ["energy", "economy"],
    "tone": "positive",
    "target": "الوزارة",
    "stance": "favor",
}
SURE = {"sure": {"sectors": 2, "tone": 1}}


def joined(make: Make, **changes: object) -> Article:
    text = make("نص الخبر", title="عنوان", labels=("economie",))
    (article,) = join([{**ROW, **changes}], {("mine", "1"): text})
    return article


def test_text_comes_from_the_corpus_and_labels_from_the_annotation(article: Make) -> None:
    labelled = joined(article, **SURE)
    assert (labelled.title, labelled.text, labelled.labels) == ("عنوان", "نص الخبر", ("economie",))
    assert labelled.sectors == ("energy", "economy")
    assert labelled.main == "energy"
    assert (labelled.tone, labelled.target, labelled.stance) == ("positive", "الوزارة", "favor")
    assert (labelled.sector_sure, labelled.tone_sure) == (2, 1)


def test_an_annotator_denies_what_is_not_named(article: Make) -> None:
    assert joined(article, **SURE).denied == set(SECTOR_IDS) - {"energy", "economy"}


def test_what_one_of_two_readers_said_is_unknown(article: Make) -> None:
    labelled = joined(article, primary="energy", maybe=["society"])
    assert labelled.unknown == {"society"}
    assert labelled.main == "energy"


def test_two_readers_who_differ_leave_the_main_sector_unknown(article: Make) -> None:
    labelled = joined(article, primary=None, maybe=[])
    assert labelled.main is None
    assert labelled.sectors == ("energy", "economy")


def test_publisher_labels_give_way_to_the_annotation(article: Make) -> None:
    text = article("نص", sectors=("sport",), denied=frozenset({"energy"}))
    (labelled,) = join([ROW], {("mine", "1"): text})
    assert labelled.sectors == ("energy", "economy")


def test_missing_texts_are_counted_and_the_first_is_named(article: Make) -> None:
    rows = [{**ROW, "id": str(number)} for number in range(1, 4)]
    with pytest.raises(CorpusError, match=r"no text for 2 of 3 annotated articles.*first is '2' of mine"):
        join(rows, {("mine", "1"): article("نص")})


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(CorpusError, match="no annotated part 'test', expected one of train, dev"):
        label_rows("test")  # type: ignore[arg-type]


@pytest.mark.parametrize(("part", "number"), [("train", 7999), ("dev", 400)])
def test_every_row_of_a_label_file_is_valid_and_there_once(part: Any, number: int, article: Make) -> None:
    rows = label_rows(part)
    texts = {(row["corpus"], row["id"]): article("نص") for row in rows}
    labelled = join(rows, texts)
    assert len(texts) == len(labelled) == number
    assert {one.tone for one in labelled} <= {*TONES, None}
    assert {one.stance for one in labelled} <= {*STANCES, None}


def test_label_files_hold_no_text() -> None:
    longest = max(len(str(value)) for part in ("train", "dev") for row in label_rows(part) for value in row.values())
    assert longest < 200


def test_train_and_dev_share_no_article() -> None:
    train, dev = ({(row["corpus"], row["id"]) for row in label_rows(part)} for part in ("train", "dev"))
    assert not train & dev
