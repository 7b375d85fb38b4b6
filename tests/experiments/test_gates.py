"""Gates: what each refuses, what it lets pass, what it says of both, and that nothing judged is nothing passed."""

import pytest

from khabar.experiments import gates
from khabar.experiments.gates import Measured
from khabar.experiments.gates_config import CalibrationGate, ClassesGate, FiguresGate, RobustnessGate, SpeedGate
from khabar.inference.tags import Tags
from khabar.training.robustness import Movement

CLASSES = ClassesGate(sources=("dev",), margin=0.05, fewest=10)
FIGURES = FiguresGate(sources=("dev",), margins={"sector.accuracy": 0.02}, fewest=100)
CALIBRATION = CalibrationGate(sources=("dev",), most={"sector": 0.05}, fewest=100)
DIGEST = "0123456789abcdef" * 4


def of_classes(**f1: float) -> dict[str, float]:
    """Figures of the main sectors named, each of 30 articles."""
    metrics = {"articles": 400.0}
    for label, value in f1.items():
        metrics |= {f"sector.f1.{label}": value, f"sector.support.{label}": 30.0}
    return metrics


def pair(candidate: dict[str, float], champion: dict[str, float]) -> Measured:
    return Measured({"dev": candidate}, {"dev": (candidate, champion)})


def moved(name: str = "no-title", articles: int = 100, sector: float = 0.1) -> Movement:
    return Movement(name, "", False, articles, sector, 0.0, 0.0, 0.0, 0.0, 0.0, {}, {})


def test_a_class_made_worse_is_named_with_both_figures_and_the_margin():
    result = gates.classes(CLASSES, pair(of_classes(sport=0.5, health=0.9), of_classes(sport=0.8, health=0.9)))
    assert result.problems == (
        "sector sport: F1 0.500 on dev, the champion's is 0.800; at most 0.05 less is allowed (30 articles)",
    )


@pytest.mark.parametrize(("f1", "passed"), [(0.75, True), (0.749, False), (0.9, True)])
def test_a_class_may_lose_the_margin_and_no_more(f1, passed):
    assert gates.classes(CLASSES, pair(of_classes(sport=f1), of_classes(sport=0.8))).passed is passed


def test_a_class_that_the_model_does_not_know_is_worse():
    result = gates.classes(CLASSES, pair(of_classes(health=0.9), of_classes(sport=0.8, health=0.9)))
    assert [problem.partition(":")[0] for problem in result.problems] == ["sector sport"]


def test_a_class_of_few_articles_is_not_judged_and_said_so():
    few = {"sector.support.sport": 9.0}
    candidate, champion = of_classes(sport=0.1, health=0.9) | few, of_classes(sport=0.8, health=0.9) | few
    result = gates.classes(CLASSES, pair(candidate, champion))
    assert result.passed
    assert "dev: not judged, as fewer than 10 articles have them: sector sport (9)" in result.notes


def test_classes_of_all_heads_are_judged():
    names = ("sector.f1.sport", "sectors.f1.sport", "tone.f1.negative", "stance.f1.favor")
    champion = dict.fromkeys(names, 0.9) | {name.replace("f1", "support"): 50.0 for name in names}
    candidate = champion | dict.fromkeys(names, 0.5)
    result = gates.classes(CLASSES, pair(candidate, champion))
    assert [problem.partition(":")[0] for problem in result.problems] == [
        "sector sport", "sectors sport", "tone negative", "stance favor",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("gate", "config"), [(gates.classes, CLASSES), (gates.figures, FIGURES), (gates.calibration, CALIBRATION)]
)
def test_a_gate_that_could_judge_nothing_does_not_let_pass(gate, config):
    few = of_classes(sport=0.9) | {"sector.support.sport": 9.0, "articles": 40.0}
    (problem,) = gate(config, pair(few, few)).problems
    assert "nothing could be judged on dev" in problem


@pytest.mark.parametrize("alone", ["", gates.FIRST])
@pytest.mark.parametrize(
    ("gate", "config"), [(gates.classes, CLASSES), (gates.figures, FIGURES), (gates.calibration, CALIBRATION)]
)
def test_a_source_that_the_model_was_not_measured_on_is_a_problem(gate, config, alone):
    figures = {"articles": 400.0, "sector.accuracy": 0.9, "sector.calibration_error": 0.01} | of_classes(sport=0.9)
    found = Measured({"dev": figures}, {} if alone else {"dev": (figures, figures)}, alone=alone)
    (problem,) = gate(config.model_copy(update={"sources": ("dev", "dve")}), found).problems
    assert problem.startswith("dve: the run was not measured on it, but on dev; add it to data.evaluate")
    assert gate(config, found).passed


@pytest.mark.parametrize(("gate", "config"), [(gates.classes, CLASSES), (gates.figures, FIGURES)])
def test_a_source_that_cannot_be_compared_is_a_problem(gate, config):
    both = {"sector.accuracy": 0.9} | of_classes(sport=0.9)
    found = Measured({"dev": both, "test": both}, {"dev": (both, both)}, lacking={"test": "other labels"})
    result = gate(config.model_copy(update={"sources": ("dev", "test")}), found)
    assert result.problems == ("test: other labels",)


@pytest.mark.parametrize(("gate", "config"), [(gates.classes, CLASSES), (gates.figures, FIGURES)])
def test_without_a_champion_there_is_nothing_to_be_worse_than(gate, config):
    result = gate(config, Measured({"dev": of_classes(sport=0.1)}, alone=gates.FIRST))
    assert (result.passed, result.notes) == (True, (gates.FIRST,))


@pytest.mark.parametrize(("accuracy", "passed"), [(0.88, True), (0.879, False)])
def test_a_main_figure_may_lose_its_margin_and_no_more(accuracy, passed):
    candidate = {"articles": 400.0, "sector.accuracy": accuracy}
    assert gates.figures(FIGURES, pair(candidate, candidate | {"sector.accuracy": 0.9})).passed is passed


def test_a_main_figure_that_is_gone_is_a_problem():
    result = gates.figures(FIGURES, pair({"articles": 400.0}, {"articles": 400.0, "sector.accuracy": 0.9}))
    assert "sector.accuracy: not given on dev, the champion's is 0.900" in result.problems


@pytest.mark.parametrize("first", [True, False])
def test_a_lowest_value_holds_with_and_without_a_champion(first):
    config = FIGURES.model_copy(update={"lowest": {"dev": {"sector.accuracy": 0.8}, "test": {"tone.macro_f1": 0.5}}})
    own = {"articles": 400.0, "sector.accuracy": 0.79}
    found = Measured({"dev": own}, {} if first else {"dev": (own, own)}, alone=gates.FIRST if first else "")
    assert gates.figures(config, found).problems == (
        "sector.accuracy: 0.790 on dev; at least 0.8 is asked",
        "tone.macro_f1: not given on test; at least 0.5 is asked",
    )


@pytest.mark.parametrize(("gate", "config"), [(gates.figures, FIGURES), (gates.calibration, CALIBRATION)])
def test_a_source_of_few_articles_is_not_judged_by_its_figures(gate, config):
    few = {"articles": 40.0, "sector.accuracy": 0.1, "sector.calibration_error": 0.9}
    result = gate(config, pair(few, few | {"sector.accuracy": 0.9}))
    assert "dev: not judged, as it has 40 articles, fewer than 100" in result.notes
    assert len(result.problems) == 1


@pytest.mark.parametrize("alone", ["", gates.FIRST])
def test_calibration_is_judged_whatever_the_champions_is(alone):
    own = {"articles": 400.0, "sector.calibration_error": 0.06}
    result = gates.calibration(CALIBRATION, Measured({"dev": own}, alone=alone))
    assert result.problems == ("sector: calibration error 0.060 on dev; at most 0.05 is allowed",)


@pytest.mark.parametrize(("share", "passed"), [(0.79, False), (0.8, True), (1.4, True), (None, True)])
def test_a_model_may_be_slower_by_the_share_and_no_more(share, passed):
    assert gates.speed(SpeedGate(share=0.8, rounds=3), share).passed is passed


@pytest.mark.parametrize(("sector", "passed"), [(0.15, True), (0.16, False)])
def test_a_perturbation_may_move_the_margin_more_and_no_more(sector, passed):
    result = gates.robustness(RobustnessGate(margin=0.05, fewest=20), [moved(sector=sector)], [moved()])
    assert result.passed is passed
    assert passed or result.problems == (
        "no-title: moves the sector of 16.0% of 100 articles, the champion's of 10.0%; at most 5.0% more are allowed",
    )


def test_a_perturbation_of_few_articles_is_not_judged_and_said_so():
    movements = [moved(sector=0.9), moved("hashtags", 3, 0.9)]
    result = gates.robustness(RobustnessGate(margin=1.0, fewest=20), movements, movements)
    assert result.notes[-1] == "not judged, as they change fewer than 20 articles: hashtags (3)"


def test_a_model_that_is_not_the_one_that_was_measured_is_refused():
    result = gates.smoke(DIGEST, {"the run": DIGEST, "predictions on dev": "f" * 64}, [])
    assert result.problems == (
        "predictions on dev is of a model with the SHA-256 ffffffffffff…, the registered file has 0123456789ab…",
    )


def test_an_article_of_the_demo_without_tags_is_a_problem():
    tags = [Tags("sport", ["sport"], {}, "neutral", {}, ()), Tags(None, [], {}, None, {}, (), "no Arabic word")]
    assert gates.smoke(DIGEST, {}, tags).problems == ("article 2 of the demo got no tags: no Arabic word",)
