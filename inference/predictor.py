"""Tag articles with a trained model: the interface that other programs import."""

import os
from pathlib import Path
from typing import Any

from khabar.inference.abstention import at_precision
from khabar.inference.columns import CHUNK, TagColumns, append, readable
from khabar.inference.errors import InputError
from khabar.inference.explain import explanations
from khabar.inference.inputs import Column, article_lists, column_names, column_values, target_list
from khabar.inference.label_sets import LabelSets, label_sets, set_thresholds
from khabar.inference.model import Model, load_model
from khabar.inference.model_source import model_path
from khabar.inference.stance import stances
from khabar.inference.tags import Explanation, Stance, Tags
from khabar.inference.threads import chosen_threads

SHIPPED = Path(__file__).parent / "models" / "khabar.safetensors"


class Predictor:
    """Tags Arabic news by sector and tone, and by stance towards a target.

    Parameters
    ----------
    model : Model

    Attributes
    ----------
    model : Model

    Examples
    --------
    >>> from khabar.inference import Predictor
    >>> p = Predictor.load()                                            # doctest: +SKIP
    >>> p.tag("وقعت الدولتان اتفاقا للتجارة", title="قمة ثنائية").sector  # doctest: +SKIP
    'diplomacy'
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    @classmethod
    def load(cls, path: str | os.PathLike[str] | None = None, *, precision: float | None = None) -> "Predictor":
        """Load a model file.

        Parameters
        ----------
        path : path, optional
            By default, the model that ships with khabar. `models:/khabar@champion` and other URIs that
            `khabar.inference.model_source` knows are brought to a file first.
        precision : float, optional
            What `abstained` leaves is to be right in this share of articles, see
            `khabar.inference.abstention.at_precision`; by default, what the model was trained for.

        Raises
        ------
        ModelError
            A subclass for each reason a file is refused.
        MissingExtraError
            What fetches the file of a URI is not installed.
        InputError
            The precision is not from .5 to .99, or the model has none stored.
        """
        model = load_model(SHIPPED if path is None else model_path(path))
        return cls(model if precision is None else at_precision(model, precision))

    @property
    def sectors(self) -> tuple[str, ...]:
        """The sectors, in the order of the model's outputs."""
        return self.model.head("sector").labels

    @property
    def tones(self) -> tuple[str, ...]:
        """The tones, in the order of the model's outputs."""
        return self.model.head("tone").labels

    def tag(self, text: Any, title: Any = None) -> Tags:
        """Tag one article. What is no text gets null tags with the reason in `error`."""
        return self._columns([text], None if title is None else [title], threads=1).tags()[0]

    def tag_many(self, texts: Column, titles: Column = None, threads: int | None = None) -> list[Tags]:
        """Tag articles, in order, one result each.

        Parameters
        ----------
        texts : list, Series, array, Arrow array, DataFrame or Arrow table
            A table must have the column `text`; its column `title`, if any, is used unless titles are given.
            None, NaN and values that are no str get null tags with the reason in `error`.
        titles : list, Series, array or Arrow array, optional
            One for each text, None where an article has none.
        threads : int, optional
            By default, one for few articles, else as many as there are processors to use.

        Raises
        ------
        InputError
            The titles are not as many as the texts, or a column is missing.
        """
        return self.tag_columns(texts, titles, threads).tags()

    def tag_columns(self, texts: Column, titles: Column = None, threads: int | None = None) -> TagColumns:
        """Tag articles like `tag_many`, but give one list for each output column: faster, less memory."""
        return self._columns(*article_lists(texts, titles), threads)

    def label_sets(
        self, texts: Column, titles: Column = None, coverage: float = 0.9, threads: int | None = None
    ) -> list[LabelSets]:
        """Give for each article the sectors that may be its main one, and the tones that it may have.

        Parameters
        ----------
        texts, titles, threads : as for `tag_many`
        coverage : float
            The share of articles whose true label is in the set, measured on outlets that the model had not seen:
            .8, .9 or .95. The higher, the larger the sets.

        Raises
        ------
        InputError
            The model knows no such coverage, the titles are not as many as the texts, or a column is missing.
        """
        set_thresholds(self.model, coverage)  # refuses before the articles are tagged
        return label_sets(self.tag_columns(texts, titles, threads), self.model, coverage)

    def tag_frame(self, frame: Any, text: str = "text", title: str | None = None) -> Any:
        """Tag the rows of a pandas DataFrame.

        Parameters
        ----------
        frame : DataFrame
        text, title : str
            Names of columns.

        Returns
        -------
        DataFrame
            With the same index and the columns sector, sectors, sector_scores, tone, tone_scores, abstained
            and error.

        Raises
        ------
        InputError
            There is no such column; the nearest is named.
        """
        if column_names(frame) is None or not hasattr(frame, "index"):
            raise InputError(
                f"tag_frame was given a {type(frame).__name__}; expected a pandas DataFrame. "
                "For anything else, use tag_many."
            )
        titles = None if title is None else column_values(frame, title)
        tags = self._columns(column_values(frame, text), titles, None).tags()
        names = Tags.__dataclass_fields__
        # pandas is not imported: whoever has a frame has its class.
        columns = {name: [getattr(t, name) for t in tags] for name in names}
        # Of any other dtype, pandas 3 would make None NaN.
        return type(frame)(columns, index=frame.index, dtype=object)

    @property
    def stances(self) -> tuple[str, ...]:
        """The stances, in the order of the model's outputs; none if the model has no stance head."""
        return () if self.model.stance is None else self.model.stance.head.labels

    def stance(self, text: Any, target: Any, title: Any = None, synonyms: Column = ()) -> Stance:
        """Give the stance of an article towards a target.

        Parameters
        ----------
        text, title : as for `tag`
        target : str
            What the stance is about, by a name that the article gives it; `khabar.inference.targets` finds it.
        synonyms : list, Series or array of str, or None
            Other names of the target.

        Returns
        -------
        Stance
            With the reason in `error` in place of a label if the article does not name the target, one of the two is
            no text, or the model has no stance head.

        Raises
        ------
        InputError
            The synonyms are no list of str.
        """
        return self.stance_many([text], [target], None if title is None else [title], synonyms, threads=1)[0]

    def stance_many(
        self,
        texts: Column,
        targets: Column,
        titles: Column = None,
        synonyms: Column = (),
        threads: int | None = None,
    ) -> list[Stance]:
        """Give the stances of articles, in order, one result each.

        Parameters
        ----------
        texts, titles, threads : as for `tag_many`
        targets : str, or list, Series, array or Arrow array
            One target of all articles, or one for each.
        synonyms : list, Series or array of str, or None
            Other names of the target; of targets that differ, names of them all.

        Raises
        ------
        InputError
            The titles or targets are not as many as the texts, a column is missing, or synonyms are no list of str.
        """
        text_list, title_list = article_lists(texts, titles)
        about = target_list(targets, len(text_list))
        return stances(self.model, text_list, title_list, about, synonyms, chosen_threads(threads, len(text_list)))

    def explain(self, text: Any, title: Any = None, top: int | None = 10) -> tuple[Explanation, ...]:
        """Say why an article gets its tags.

        Parameters
        ----------
        text, title : as for `tag`
        top : int, optional
            How many words to name for each label; None names all.

        Returns
        -------
        tuple of Explanation
            Of the main sector, of each further sector, of the tone. Empty if the article has null tags.
        """
        if top is not None and top < 0:
            raise InputError(f"top is {top}; expected the number of words to name, or None for all.")
        tags = self.tag(text, title)
        text, title = str(text), str(title) if isinstance(title, str) else None
        return explanations(self.model, tags, text, title, top)

    def _columns(self, texts: list[Any], titles: list[Any] | None, threads: int | None) -> TagColumns:
        texts, titles, errors = readable(texts, titles)
        columns = TagColumns(self.sectors, self.tones)
        n_threads = chosen_threads(threads, len(texts))
        for low in range(0, len(texts), CHUNK):
            high = min(low + CHUNK, len(texts))
            scores, known = self.model.scorer.score(
                texts[low:high], None if titles is None else titles[low:high], n_threads
            )
            reasons = {row - low: reason for row, reason in errors.items() if low <= row < high}
            append(columns, self.model, scores, known, reasons)
        return columns
