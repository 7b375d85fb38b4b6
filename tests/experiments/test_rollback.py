"""A rollback restores what stood before the champion, passes over what is gone, and changes nothing where it cannot."""

from pathlib import Path

import pytest

from khabar.experiments.gates_config import load_gates
from khabar.experiments.promotion import PromotionError, promote
from khabar.experiments.rollback import rollback

GATES = load_gates(Path(__file__).parent / "lenient_gates.yaml")
BY = {"why": "a reason", "who": "amal"}


def test_a_rollback_restores_what_stood_before_and_a_second_goes_one_further(registry):
    for _ in range(3):
        promote(registry.store, registry.run(registry.model), GATES, **BY)
    seen = [registry.champion()]
    for _ in range(2):
        rollback(registry.store, registry.name, why="it was wrong", who="badr")
        seen.append(registry.champion())
    assert seen == [3, 2, 1]
    with pytest.raises(PromotionError, match=r"Version 1 .* was the first champion: there is none to go back to"):
        rollback(registry.store, registry.name, **BY)
    assert registry.done()[:3] == [("rolled back", 2, 1), ("rolled back", 3, 2), ("promoted", 2, 3)]


def test_a_rollback_to_a_damaged_file_changes_nothing(registry):
    first, second = registry.run(registry.model), registry.run(registry.model)
    for run in (first, second):
        promote(registry.store, run, GATES, **BY)
    registry.damage(first)
    with pytest.raises(PromotionError, match=r"Version 1 .* cannot be loaded: .*delete that version in MLflow"):
        rollback(registry.store, registry.name, **BY)
    assert registry.champion() == 2
    assert registry.done()[0][0] == "promoted"


def test_a_rollback_passes_over_versions_that_were_deleted(registry):
    for _ in range(3):
        promote(registry.store, registry.run(registry.model), GATES, **BY)
    registry.client.delete_model_version(registry.name, "2")
    record = rollback(registry.store, registry.name, **BY)
    assert (record.before, record.after, record.problems) == (3, 1, ("passed over, no longer registered: version 2",))
    assert registry.champion() == 1


def test_a_rollback_where_all_that_stood_before_was_deleted_says_so(registry):
    for _ in range(2):
        promote(registry.store, registry.run(registry.model), GATES, **BY)
    registry.client.delete_model_version(registry.name, "1")
    with pytest.raises(PromotionError, match=r"none of those before it is registered any more \(version 1\).*Promote"):
        rollback(registry.store, registry.name, **BY)


def test_a_rollback_goes_past_a_champion_that_khabar_did_not_register(registry):
    promote(registry.store, registry.run(registry.model), GATES, **BY)
    foreign = registry.foreign()
    assert rollback(registry.store, registry.name, **BY).before == foreign
    assert registry.champion() == 1


def test_without_a_champion_there_is_nothing_to_roll_back(registry):
    with pytest.raises(PromotionError, match="has no champion to roll back"):
        rollback(registry.store, registry.name, **BY)
