"""The predictor: the contract that importing programs rely on."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.inference import KhabarError, Predictor, Tags
from khabar.inference.errors import InputError
from khabar.inference.heads import probabilities

Articles = list[tuple[str | None, str]]
NULL = {"sector": None, "sectors": [], "sector_scores": {}, "tone": None, "tone_scores": {}, "abstained": []}


def test_an_article_gets_its_sectors_and_tone(predictor: Predictor, articles: Articles) -> None:
    title, text = articles[0]
    tags = predictor.tag(text, title=title)
    assert tags.sector == "diplomacy"
    assert tags.sectors == ["diplomacy", "economy"]
    assert list(tags.sector_scores) == ["politics", "diplomacy", "economy", "sport", "health"]
    assert tags.tone == "neutral"
    assert tags.abstained == ("tone",)
    assert tags.error is None


def test_titles_count(predictor: Predictor) -> None:
    assert predictor.tag("انتهى اللقاء", title="المنتخب").sector == "sport"
    assert predictor.tag("انتهى اللقاء").abstained == ("sector", "tone")


@given(st.lists(st.text(st.characters(codec=None), max_size=30) | st.sampled_from(["البرلمان", "المنتخب فوز"])))
def test_any_str_gives_tags_or_a_reason(predictor: Predictor, texts: list[str]) -> None:
    tags = predictor.tag_many(texts)
    assert len(tags) == len(texts)
    for t in tags:
        assert (t.sector is None) == (t.error is not None)


def test_scores_are_probabilities_and_the_tag_is_the_largest(predictor: Predictor, articles: Articles) -> None:
    for t in predictor.tag_many([text for _, text in articles]):
        for label, scores in ((t.sector, t.sector_scores), (t.tone, t.tone_scores)):
            assert sum(scores.values()) == pytest.approx(1, abs=1e-5)
            assert label == max(scores, key=lambda name: scores[name])


def test_scores_are_the_heads_probabilities_of_the_kernels_scores(predictor: Predictor, articles: Articles) -> None:
    model = predictor.model
    scores, _ = model.scorer.score([text for _, text in articles], [title for title, _ in articles])
    tags = predictor.tag_many([text for _, text in articles], [title for title, _ in articles])
    expected = probabilities(model.head("sector"), scores[:, model.outputs("sector")])
    np.testing.assert_allclose([list(t.sector_scores.values()) for t in tags], expected, atol=1e-6)


def test_the_main_sector_stands_first_and_further_ones_reach_their_thresholds(
    predictor: Predictor, articles: Articles
) -> None:
    model = predictor.model
    scores, _ = model.scorer.score([text for _, text in articles])
    p = probabilities(model.head("sectors"), scores[:, model.outputs("sectors")])
    for row, t in enumerate(predictor.tag_many([text for _, text in articles])):
        further = {s for s, q in zip(predictor.sectors, p[row], strict=True) if q >= 0.45} - {t.sector}
        assert t.sectors[0] == t.sector
        assert set(t.sectors[1:]) == further


def test_many_articles_are_tagged_as_each_alone_in_the_same_order(predictor: Predictor, articles: Articles) -> None:
    many = articles * 4000  # more than one chunk
    tags = predictor.tag_many([text for _, text in many], [title for title, _ in many], threads=2)
    alone = [predictor.tag(text, title) for title, text in articles]
    assert tags == alone * 4000


@pytest.mark.parametrize("threads", [None, 1, 2, 7])
def test_the_number_of_threads_changes_nothing(predictor: Predictor, articles: Articles, threads: int | None) -> None:
    texts = [text for _, text in articles] * 100
    assert predictor.tag_many(texts, threads=threads) == predictor.tag_many(texts, threads=1)


def test_fewer_than_one_thread_is_refused(predictor: Predictor) -> None:
    with pytest.raises(InputError, match="threads is 0; expected 1 or more"):
        predictor.tag_many(["نص"], threads=0)


def test_values_that_are_no_text_get_null_tags_and_lose_nobody_elses(predictor: Predictor) -> None:
    bad = [None, float("nan"), pd.NA, pd.NaT, 5, b"x", ["a"], "", "  ", "qqq zzz"]
    reasons = [
        "text is missing", "text is missing", "text is missing", "text is missing", "text is an int, expected str",
        "text is a bytes, expected str", "text is a list, expected str", "text is empty", "text is empty",
        "no known words",
    ]  # fmt: skip
    texts = [value for b in bad for value in (b, "فاز المنتخب في المباراة")]
    tags = predictor.tag_many(texts)
    assert [t.error for t in tags[::2]] == reasons
    assert {t.sector for t in tags[1::2]} == {"sport"}
    assert all(t.to_dict() == NULL | {"error": t.error} for t in tags[::2])


@pytest.mark.parametrize("title", [None, float("nan"), pd.NA, ""])
def test_a_missing_title_is_no_title(predictor: Predictor, title: Any) -> None:
    assert predictor.tag("فاز المنتخب", title) == predictor.tag("فاز المنتخب")


def test_a_title_that_is_no_str_is_named(predictor: Predictor) -> None:
    tags = predictor.tag_many(["فاز المنتخب"] * 3, ["فوز", 7, None])
    assert [t.error for t in tags] == [None, "title is an int, expected str", None]
    assert predictor.tag(None, 7).error == "text is missing"


def test_the_callers_lists_are_left_alone(predictor: Predictor) -> None:
    texts, titles = [None, "فاز المنتخب"], ["a", 5]
    predictor.tag_many(texts, titles)
    assert (texts, titles) == ([None, "فاز المنتخب"], ["a", 5])


def test_subclasses_of_str_are_read_as_str(predictor: Predictor) -> None:
    class Text(str): ...

    assert predictor.tag(Text("فاز المنتخب"), Text("فوز")) == predictor.tag("فاز المنتخب", "فوز")
    assert predictor.tag(np.str_("فاز المنتخب")) == predictor.tag("فاز المنتخب")


def test_no_articles_give_no_tags(predictor: Predictor) -> None:
    assert predictor.tag_many([]) == []
    assert predictor.tag_many(pa.table({"text": pa.array([], pa.string())})) == []
    assert len(predictor.tag_columns([])) == 0


def test_columns_and_tags_say_the_same(predictor: Predictor, articles: Articles) -> None:
    texts = [text for _, text in articles] + [None]
    columns, tags = predictor.tag_columns(texts), predictor.tag_many(texts)
    assert columns.sector == [t.sector for t in tags]
    assert columns.sectors == [t.sectors for t in tags]
    assert columns.sector_scores == [list(t.sector_scores.values()) for t in tags]
    assert columns.tone_scores == [list(t.tone_scores.values()) for t in tags]
    assert (columns.tone, columns.abstained, columns.error) == (
        [t.tone for t in tags], [t.abstained for t in tags], [t.error for t in tags])  # fmt: skip


def test_a_frame_gives_a_frame_with_the_same_index(predictor: Predictor, articles: Articles) -> None:
    frame = pd.DataFrame(
        {"body": [text for _, text in articles] + [None], "head": [title for title, _ in articles] + ["x"]},
        index=list("aabcde"),
    )
    tagged = predictor.tag_frame(frame, text="body", title="head")
    assert isinstance(tagged, pd.DataFrame)
    assert tagged.index.equals(frame.index)
    assert list(tagged.columns) == list(Tags.__dataclass_fields__)
    expected = predictor.tag_many(frame["body"], frame["head"])
    assert tagged["sectors"].tolist() == [t.sectors for t in expected]
    assert tagged["sector"].tolist()[:5] == [t.sector for t in expected][:5]
    assert (tagged["sector"].iloc[-1], tagged["tone"].iloc[-1]) == (None, None)
    assert tagged["error"].tolist() == [None] * 5 + ["text is missing"]


def test_an_empty_frame_gives_an_empty_frame(predictor: Predictor) -> None:
    tagged = predictor.tag_frame(pd.DataFrame({"text": []}))
    assert (len(tagged), list(tagged.columns)) == (0, list(Tags.__dataclass_fields__))


def test_a_wrong_column_of_a_frame_is_refused_with_the_nearest(predictor: Predictor) -> None:
    frame = pd.DataFrame({"text": ["a"], "titel": ["b"]})
    with pytest.raises(InputError, match="Did you mean 'titel'"):
        predictor.tag_frame(frame, title="title")
    with pytest.raises(InputError, match="expected a pandas DataFrame"):
        predictor.tag_frame(["a"])


def test_a_path_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(KhabarError, match=r"no model at .*none\.safetensors"):
        Predictor.load(tmp_path / "none.safetensors")


def test_the_labels_come_in_the_order_of_the_scores(predictor: Predictor) -> None:
    assert predictor.sectors == ("politics", "diplomacy", "economy", "sport", "health")
    assert predictor.tones == ("negative", "neutral", "positive")
