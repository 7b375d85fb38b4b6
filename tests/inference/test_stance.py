"""An article's stance: its label, the sentences that speak for it, or why there is none."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from khabar.inference.errors import InputError
from khabar.inference.heads import probabilities
from khabar.inference.predictor import Predictor
from khabar.inference.stance import NEVER_NAMED, NOT_NAMED, SENTENCES, naming_sentences
from khabar.inference.stance_model import Subject, subject_of
from khabar.inference.tags import Stance
from khabar.inference.targets import Mention
from khabar.training.table import build_table

TITLE = "انجاز المشروع"
TEXT = "اشاد الوزير بالمشروع الجديد. عقد اجتماع في المدينة.\nوقال آخر. ولكن قانون الضرائب فشل! انتقد النواب القانون."


def test_the_same_article_is_for_one_target_and_against_another(stance_predictor: Predictor) -> None:
    favor, against = (stance_predictor.stance(TEXT, target, TITLE) for target in ("المشروع", "قانون الضرائب"))
    assert (favor.label, against.label) == ("favor", "against")
    assert favor.error is against.error is None


def test_scores_are_the_heads_probabilities_of_the_models_scores(stance_predictor: Predictor) -> None:
    model = stance_predictor.model.stance
    assert model is not None
    scores, _ = model.score([subject_of(model.table, TITLE, TEXT, "المشروع")])
    stance = stance_predictor.stance(TEXT, "المشروع", TITLE)
    np.testing.assert_allclose(list(stance.scores.values()), probabilities(model.head, scores)[0], atol=1e-6)
    assert list(stance.scores) == ["against", "neutral", "favor"] == list(stance_predictor.stances)
    assert stance.score == max(stance.scores.values()) == stance.scores[str(stance.label)]


def test_evidence_are_the_sentences_that_name_the_target_those_that_say_most_first(
    stance_predictor: Predictor,
) -> None:
    text = "عقد اجتماع حول المشروع. اشاد الوزير بالمشروع وقال انجاز. رفض آخرون."
    evidence = stance_predictor.stance(text, "المشروع", "المشروع").evidence
    assert [e.text for e in evidence] == [
        "اشاد الوزير بالمشروع وقال انجاز.", "المشروع", "عقد اجتماع حول المشروع.",
    ]  # fmt: skip
    assert [e.field for e in evidence] == ["text", "title", "text"]
    assert evidence[0].share > 0 > evidence[2].share
    assert all(text[e.start : e.end] == e.text for e in evidence if e.field == "text")


def test_the_share_of_evidence_is_the_log_odds_of_the_sentence_alone(stance_predictor: Predictor) -> None:
    sentence = stance_predictor.stance(TEXT, "المشروع").evidence[0]
    alone = stance_predictor.stance(sentence.text, "المشروع").scores
    assert sentence.share == pytest.approx(np.log(alone["favor"] / max(alone["against"], alone["neutral"])), abs=1e-4)


def test_evidence_is_at_most_a_few_sentences(stance_predictor: Predictor) -> None:
    assert len(stance_predictor.stance("اشاد بالمشروع. " * 30, "المشروع").evidence) == SENTENCES


def test_a_mention_that_runs_over_the_end_of_a_sentence_is_of_the_sentence_it_begins_in() -> None:
    subject = Subject(None, "زار وزارة. الصحة اليوم. شكرا", "وزارة الصحة", (Mention("text", 4, 16),))
    assert list(naming_sentences(subject)) == [
        ("text", 0, Subject(None, "زار وزارة.", "وزارة الصحة", (Mention("text", 4, 10),)))
    ]


def test_sentences_are_walked_one_after_the_other() -> None:
    text = "المشروع. لا شيء. " * 10_000
    subject = subject_of(build_table(), "المشروع", text, "المشروع")
    found = naming_sentences(subject)
    assert next(found) == ("title", 0, Subject(None, "المشروع", "المشروع", (Mention("text", 0, 7),)))
    assert [start for _, start, _ in found] == [mention.start for mention in subject.mentions[1:]]


@pytest.mark.parametrize(
    ("text", "target", "reason"),
    [
        ("اشاد الوزير بالمشروع", "الميناء", NOT_NAMED),
        ("اشاد الوزير بالمشروع", "", "target is empty"),
        ("اشاد الوزير بالمشروع", None, "target is missing"),
        ("اشاد الوزير بالمشروع", 7, "target is an int, expected str"),
        ("", "المشروع", "text is empty"),
        (None, "المشروع", "text is missing"),
        ("المشروع", "المشروع", "no known words"),
        ("زار المشروع أمس", "المشروع", "no known words"),
        ("اشاد الوزير م", "م", NEVER_NAMED),
    ],
)
def test_where_there_is_no_stance_the_reason_is_given(
    stance_predictor: Predictor, text: str | None, target: Any, reason: str
) -> None:
    expected = Stance(None, None, {}, error=reason)
    assert stance_predictor.stance(text, target) == expected
    assert stance_predictor.stance_many([text], [target]) == [expected]


def test_a_model_without_a_stance_head_says_so(predictor: Predictor) -> None:
    stance = predictor.stance("نص", target="روسيا")
    assert (stance.label, stance.score, stance.error) == (None, None, "the model 'toy' has no stance head")
    assert predictor.stances == ()


def test_synonyms_name_the_target_too(stance_predictor: Predictor) -> None:
    text = "اشاد الوزير بالسكة الحديدية."
    assert stance_predictor.stance(text, "القطار").error == NOT_NAMED
    assert stance_predictor.stance(text, "القطار", synonyms=["السكة الحديدية"]).label == "favor"
    with pytest.raises(InputError, match="expected a list of str"):
        stance_predictor.stance(text, "القطار", synonyms="السكة الحديدية")


@pytest.mark.parametrize("form", [list, tuple, pd.Series, np.array, pa.array])
def test_synonyms_come_as_any_column(stance_predictor: Predictor, form: Any) -> None:
    said = stance_predictor.stance("اشاد الوزير بالسكة.", "القطار", synonyms=form(["السكة"]))
    assert said.label == "favor"


def test_no_synonyms_may_be_none(stance_predictor: Predictor) -> None:
    assert stance_predictor.stance(TEXT, "المشروع", synonyms=None) == stance_predictor.stance(TEXT, "المشروع")


@pytest.mark.parametrize(
    ("synonyms", "message"),
    [
        (["السكة", 7], "The synonym 7 is an int; expected a str"),
        ([None], "The synonym None is a NoneType; expected a str"),
        (7, "The synonyms are an int; expected a list"),
    ],
)
def test_a_synonym_that_is_no_str_is_named(stance_predictor: Predictor, synonyms: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        stance_predictor.stance(TEXT, "المشروع", synonyms=synonyms)


def test_what_is_not_sure_enough_is_marked(stance_predictor: Predictor) -> None:
    sure, unsure = (stance_predictor.stance(f"{said} بالمشروع.", "المشروع") for said in ("اشاد", "اشاد ثم انتقد"))
    assert (sure.abstained, unsure.abstained) == (False, True)


@pytest.mark.parametrize(
    ("text", "title", "passing"),
    [
        (f"{'كلام ' * 80}اشاد الوزير بالمشروع.", None, True),
        (f"{'كلام ' * 80}اشاد الوزير بالمشروع.", "المشروع", False),
        (f"{'كلام ' * 80}اشاد الوزير بالمشروع. هذا المشروع.", None, False),
        (f"{'كلام ' * 70}اشاد الوزير بالمشروع.", None, False),
    ],
)
def test_a_target_named_once_far_into_the_text_is_abstained_from(
    stance_predictor: Predictor, text: str, title: str | None, passing: bool
) -> None:
    stance = stance_predictor.stance(text, "المشروع", title)
    assert (stance.label, stance.abstained) == ("favor", passing)


def test_many_articles_have_the_stances_of_each_alone_in_order(stance_predictor: Predictor) -> None:
    texts, targets = [TEXT, None, "رفض النواب الميناء", TEXT], ["المشروع", "المشروع", "الميناء", "الضرائب"]
    titles = [TITLE, None, None, "عنوان"]
    alone = [stance_predictor.stance(*one) for one in zip(texts, targets, titles, strict=True)]
    assert stance_predictor.stance_many(texts * 2500, targets * 2500, titles * 2500, threads=2) == alone * 2500


@pytest.mark.parametrize("form", [list, pd.Series, np.array, pa.array])
def test_targets_come_as_any_column_or_as_one_for_all(stance_predictor: Predictor, form: type) -> None:
    expected = [stance_predictor.stance(TEXT, "المشروع")] * 2
    assert stance_predictor.stance_many([TEXT] * 2, form(["المشروع"] * 2)) == expected
    assert stance_predictor.stance_many([TEXT] * 2, "المشروع") == expected


def test_as_many_targets_as_texts_are_expected(stance_predictor: Predictor) -> None:
    with pytest.raises(InputError, match="2 texts and 1 targets; expected one target for each text, or one str"):
        stance_predictor.stance_many([TEXT] * 2, ["المشروع"])


def test_a_stance_is_json(stance_predictor: Predictor) -> None:
    stance = stance_predictor.stance(TEXT, "المشروع")
    assert stance.to_dict() == {
        "label": "favor", "score": stance.score, "scores": stance.scores, "abstained": False,
        "evidence": [sentence.to_dict() for sentence in stance.evidence], "error": None,
    }  # fmt: skip
