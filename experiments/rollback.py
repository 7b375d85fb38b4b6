"""How the champion before the present one is restored."""

from collections.abc import Sequence

from khabar.experiments.promotion import PromotionError
from khabar.experiments.promotion_history import Record, checked_words, move_champion, now, read_history, stood_before
from khabar.experiments.registry import champion, fetch, model_versions, registered
from khabar.experiments.tracking_store import Store
from khabar.inference.errors import ModelError
from khabar.inference.predictor import Predictor


def rollback(store: Store, name: str, *, why: str, who: str) -> Record:
    """Make the version champion again that stood before the present champion was promoted.

    Versions that are no longer registered are passed over. The file is fetched and loaded first: a champion that cannot
    be used helps nobody.

    Raises
    ------
    PromotionError
        There is no champion, nothing that is still registered stood before it, or what did cannot be loaded.
    KhabarError
        The store cannot be used. Nothing is changed then.
    """
    checked_words(who, why)
    current = champion(store, name)
    if current is None:
        raise PromotionError(f"{name} has no champion to roll back. Promote a run: khabar promote RUN --why TEXT.")
    earlier = stood_before(read_history(store, name), current)
    there = model_versions(store, name)
    before = next((number for number in earlier if number in there), None)
    if before is None:
        gone = f"none of those before it is registered any more ({_listed(earlier)})"
        raise PromotionError(
            f"Version {current} of {name} {f'is champion, and {gone}' if earlier else 'was the first champion'}: there "
            "is none to go back to. Promote another run: khabar promote RUN --why TEXT."
        )
    try:
        version = registered(store, f"models:/{name}/{before}")
        Predictor.load(fetch(store, version))
    except ModelError as error:
        raise PromotionError(
            f"Version {before} of {name}, which stood before version {current}, cannot be loaded: {error} Or promote "
            "another run (khabar promote RUN --why TEXT), or delete that version in MLflow and roll back again, one "
            "further."
        ) from error
    over = earlier[: earlier.index(before)]
    notes = (f"passed over, no longer registered: {_listed(over)}",) if over else ()
    record = Record("rolled back", now(), who, why, current, before, version.run_id, notes)
    move_champion(store, name, record)
    return record


def _listed(versions: Sequence[int]) -> str:
    return ", ".join(f"version {number}" for number in versions)
