"""The vectorised articles of a fold: vocabularies, rows and spaces, computed once and kept on disk, memory-mapped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from joblib import Memory, Parallel, delayed
from joblib.memory import MemorizedResult
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from khabar.datasets.article import Article
from khabar.inference import _kernel
from khabar.training.config import TrainConfig
from khabar.training.config_heads import BlockConfig
from khabar.training.folds import Fold
from khabar.training.sections_space import Filed
from khabar.training.spaces import SpaceConfig, SpaceName, Spaces, block_spaces, without_outlets_of
from khabar.training.vectorizer import KhabarVectorizer, block_vectorizer

Document = tuple[str | None, str]  # title and text
# What vocabularies and spaces are made by, beside the kernel.
CODE = {
    "khabar.training": (
        "latent.py", "lexicon.py", "sections_space.py", "spaces.py", "table.py", "tone_lexicon.toml", "vectorised.py",
        "vectorizer.py",
    ),
    "khabar.inference": ("features.py", "text.py"),
}  # fmt: skip
PACKAGES = ("camel-tools", "numpy", "scikit-learn", "scipy")


@dataclass(frozen=True, eq=False)
class FoldRows:
    """What heads are fitted on without a fold, and what they score of it.

    Attributes
    ----------
    vectorizers : dict of str to KhabarVectorizer
        By block.
    rows, held_out_rows : dict of str to csr_matrix of float32, shape (articles, n_features)
        By block, of the articles fitted on and of those held out.
    spaces : Spaces
        By block and name, see `khabar.training.spaces`.
    """

    vectorizers: dict[str, KhabarVectorizer]
    rows: dict[str, csr_matrix]
    held_out_rows: dict[str, csr_matrix]
    spaces: Spaces


def vectorise(
    config: TrainConfig,
    articles: Sequence[Article],
    unlabelled: Sequence[Article],
    fold: Fold,
    cache: Path | None = None,
) -> FoldRows:
    """Fit vocabularies and spaces without a fold, and give the rows of all articles.

    Parameters
    ----------
    config : TrainConfig
    articles : sequence of Article
        All of them; the fold says which are fitted on.
    unlabelled : sequence of Article
        Those of outlets that are held out are not used where folds leave outlets out.
    fold : Fold
    cache : Path, optional
        A folder to keep the result in, or to find it. Its arrays are then memory-mapped, for reading only.
    """
    values = _values(config, articles, unlabelled, fold)
    # One thread of linear algebra: sums in a fixed order, and no contention between processes.
    with threadpool_limits(limits=1):
        rows: FoldRows = _vectorise(values, "") if cache is None else _kept_in(cache)(values, values.key())
    return rows


def shelve_folds(
    config: TrainConfig,
    articles: Sequence[Article],
    unlabelled: Sequence[Article],
    folds: Sequence[Fold],
    cache: Path,
    jobs: int = 1,
) -> list[MemorizedResult]:
    """Vectorise every fold into a folder, and give what fetches each from there.

    Returns
    -------
    list of MemorizedResult
        One a fold. It is small, and can be sent to another process that sees the folder; its `get` gives the fold's
        `FoldRows`, memory-mapped, so that all processes of a machine share one copy.
    """
    kept: list[MemorizedResult] = Parallel(n_jobs=jobs)(
        delayed(_shelve)(cache, _values(config, articles, unlabelled, fold)) for fold in folds
    )
    return kept


def vectorisation(config: TrainConfig) -> tuple[dict[str, BlockConfig], dict[str, SpaceConfig]]:
    """Give what of a config rows depend on: its blocks, without their scales, and the spaces of each."""
    blocks = {name: block.model_copy(update={"scale": 1.0}) for name, block in config.blocks.items()}
    wanted: dict[str, set[SpaceName]] = {block: set() for block in config.blocks}
    for block, spaces in (item for _, head in config.heads.items() for item in head.spaces.items()):
        wanted[block].update(spaces)
    return blocks, {block: SpaceConfig(tuple(sorted(w)), blocks[block].dimensions) for block, w in wanted.items()}


@dataclass(frozen=True)
class _Values:
    """All that rows depend on beside the code.

    Attributes
    ----------
    fitted_on, held_out : list of (title, text)
    unlabelled : list of ((title, text), Filed)
    blocks, wanted : mapping
        See `vectorisation`.
    """

    fitted_on: list[Document]
    held_out: list[Document]
    unlabelled: list[tuple[Document, Filed]]
    blocks: Mapping[str, BlockConfig]
    wanted: Mapping[str, SpaceConfig]

    def key(self) -> str:
        digest = sha256()
        filed = [(document, repr(where)) for document, where in self.unlabelled]
        for part in ([(d, "") for d in self.fitted_on], [(d, "") for d in self.held_out], filed):
            digest.update(f"{len(part)}\n".encode())
            for (title, text), where in part:
                for written in ("" if title is None else f"+{title}", text, where):
                    data = written.encode("utf-8", "surrogatepass")
                    digest.update(f"{len(data)}\n".encode() + data)
        return f"{digest.hexdigest()} {self.blocks} {self.wanted} {_code_digest()}"


def _values(config: TrainConfig, articles: Sequence[Article], unlabelled: Sequence[Article], fold: Fold) -> _Values:
    fitted_on, held_out = (
        [(articles[at].title, articles[at].text) for at in part] for part in (fold.fit, fold.held_out)
    )
    if config.fold_by == "outlet":
        unlabelled = without_outlets_of(unlabelled, [articles[at] for at in fold.held_out])
    known = [((article.title, article.text), (article.corpus, article.labels)) for article in unlabelled]
    return _Values(fitted_on, held_out, known, *vectorisation(config))


def _kept_in(cache: Path) -> Any:
    # By a key of ours: joblib would take seconds to hash the texts, and write them out beside the rows.
    return Memory(cache, mmap_mode="r", verbose=0).cache(_vectorise, ignore=["values"])


def _shelve(cache: Path, values: _Values) -> MemorizedResult:
    with threadpool_limits(limits=1):
        return _kept_in(cache).call_and_shelve(values, values.key())


def _code_digest() -> str:
    """Hash what vocabularies and spaces come from beside their articles, so that a cache holds none of another code."""
    digest = sha256(Path(_kernel.__file__).read_bytes())
    for package, names in CODE.items():
        for name in names:
            digest.update(files(package).joinpath(name).read_bytes())
    digest.update(" ".join(version(name) for name in PACKAGES).encode())
    return digest.hexdigest()


def _vectorise(values: _Values, key: str) -> FoldRows:  # noqa: ARG001 - under which rows are kept
    """Fit every block's vocabulary and spaces, and give the rows of the articles fitted on and held out."""
    vectorizers, rows, held_out_rows, spaces = {}, {}, {}, {}
    for name, block in values.blocks.items():
        vectorizers[name] = vectorizer = block_vectorizer(block)
        others = values.unlabelled if block.unlabelled else []
        fitted_on = len(values.fitted_on)
        every = vectorizer.fit_transform([*values.fitted_on, *(document for document, _ in others)])
        rows[name] = every[:fitted_on]
        spaces[name] = block_spaces(
            values.wanted[name], vectorizer, rows[name], every[fitted_on:], [filed for _, filed in others]
        )
        held_out_rows[name] = vectorizer.transform(values.held_out)
    return FoldRows(vectorizers, rows, held_out_rows, spaces)
