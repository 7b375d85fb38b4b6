"""Whether a model of these sources may ship with khabar, by the licences of what it is trained on."""

from collections.abc import Mapping, Sequence

from khabar.datasets.annotated import label_rows
from khabar.datasets.catalog import CATALOG
from khabar.training.config_data import UNSTATED, Source
from khabar.training.config_problem import listed


def release_problems(sources: Mapping[str, Sequence[Source]]) -> list[str]:
    """Say of each source that a model which ships may not be trained on why, and what to do.

    Sources come by the keys of the config that they stand under. Annotated articles are texts of the corpora that they
    were chosen from, so each of these counts. Nothing is read of a corpus, only the catalogue and the label files that
    come with khabar.
    """
    problems = []
    places = [(f"{key}.{number}", source) for key, listed_ in sources.items() for number, source in enumerate(listed_)]
    for at, source in places:
        if source.path is not None and source.licence.strip().lower() in ("", *UNSTATED):
            problems.append(
                f"{at}: found {source.path} without a licence, expected one of own data that a released model is "
                "trained on; add licence, or set release: false"
            )
        for name in _corpora(source):
            if not CATALOG[name].ships:
                via = f" ({source.name} draws on it)" if source.corpus != name else ""
                problems.append(
                    f"{at}: found {name}{via}, licence: {CATALOG[name].licence}; no model that ships may be trained on "
                    f"it, expected of the corpora only {listed(n for n, entry in CATALOG.items() if entry.ships)}; "
                    "remove it, or set release: false"
                )
    return problems


def _corpora(source: Source) -> list[str]:
    """Give the corpora of the catalogue that a source draws on."""
    if source.corpus == "annotations":
        return sorted({row["corpus"] for row in label_rows("dev" if source.part == "dev" else "train")})
    return [source.corpus] if source.corpus in CATALOG else []
