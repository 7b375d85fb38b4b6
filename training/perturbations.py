"""Ways in which an article may reach khabar otherwise written, cut or damaged; the same ones whenever they are made."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from khabar.datasets.article import Article
from khabar.inference.sentences import sentence_spans
from khabar.training import perturbed_matter as matter
from khabar.training import perturbed_spelling as spelling
from khabar.training import perturbed_words as words
from khabar.training.perturbed_matter import Document

LEAD = 300  # characters, up to the end of the sentence they end in


@dataclass(frozen=True)
class Perturbation:
    """A way to change an article.

    Attributes
    ----------
    name : str
    what : str
        What is done, for a reader.
    change : callable
        Takes a title or None with a text, and a source of chance; gives both changed.
    undone : bool
        Whether khabar's normaliser undoes it: then no tag may move, but where a block of features reads only the
        first characters of a text and the change moves words across that end.
    """

    name: str
    what: str
    change: Callable[[Document, Random], Document]
    undone: bool = False

    def apply(self, article: Article) -> Document:
        """Give the article's title and text, changed the same way whenever it is asked for."""
        return self.change((article.title, article.text), Random(f"{self.name} {article.corpus} {article.id}"))


def _throughout(change: Callable[[str, Random], str]) -> Callable[[Document, Random], Document]:
    """Change title and text alike."""

    def both(document: Document, random: Random) -> Document:
        title, text = document
        return None if title is None else change(title, random), change(text, random)

    return both


def _no_title(document: Document, random: Random) -> Document:  # noqa: ARG001
    return None, document[1]


def _title_in_text(document: Document, random: Random) -> Document:  # noqa: ARG001
    title, text = document
    return None, text if title is None else f"{title}\n{text}"


def _headline_only(document: Document, random: Random) -> Document:  # noqa: ARG001
    title, text = document
    if title and title.strip():
        return None, title
    start, end = next(iter(sentence_spans(text)), (0, len(text)))
    return None, text[start:end]


def _lead_only(document: Document, random: Random) -> Document:  # noqa: ARG001
    title, text = document
    ends = [end for _, end in sentence_spans(text)]
    return title, text[: next((end for end in ends if end >= LEAD), len(text))]


def _first_half(document: Document, random: Random) -> Document:  # noqa: ARG001
    title, text = document
    return title, text[: (len(text) + 1) // 2]


def _shouted(text: str, random: Random) -> str:  # noqa: ARG001
    return re.sub("[.،؛:]", "!", text)


def _spelt(name: str, what: str, change: Callable[[str, Random], str], undone: bool = False) -> Perturbation:
    return Perturbation(name, what, _throughout(change), undone)


PERTURBATIONS = (
    _spelt("vowel-marks", "half of the letters with a vowel mark", spelling.vowel_marks, undone=True),
    _spelt("tatweel", "letters stretched", spelling.tatweel, undone=True),
    _spelt("alef-variants", "every alef with another hamza, madda or none", spelling.alef_variants, undone=True),
    _spelt("yeh-variants", "yeh and alef maksura for one another", spelling.yeh_variants, undone=True),
    _spelt("teh-marbuta", "teh marbuta and heh for one another", spelling.teh_marbuta_variants, undone=True),
    _spelt("presentation-forms", "code points of letter forms, as in PDF", spelling.presentation_forms, undone=True),
    _spelt("decomposed", "hamza and madda as code points of their own", spelling.decomposed, undone=True),
    _spelt("upper-case", "Latin letters as capitals", spelling.upper_case, undone=True),
    _spelt("spaces", "other white space between words", spelling.spaces, undone=True),
    _spelt("punctuation", "stops, commas and colons as exclamation marks", _shouted, undone=True),
    _spelt("directional-marks", "marks of direction around words", spelling.directional_marks, undone=True),
    _spelt("zero-width", "joiners and soft hyphens within words", spelling.zero_width),
    _spelt("arabic-indic-digits", "٣ for 3, and 3 for ٣", spelling.arabic_indic_digits),
    _spelt("persian-digits", "۴ for 4", spelling.persian_digits),
    _spelt("persian-letters", "yeh and kaf of Persian keyboards", spelling.persian_letters),
    _spelt("hamza-dropped", "no hamza on waw, on yeh or alone", spelling.hamza_dropped),
    Perturbation("no-title", "the title is missing", _no_title),
    Perturbation("title-in-text", "the title is the first line of the text", _title_in_text),
    Perturbation("headline-only", "nothing but the title, or the first sentence", _headline_only),
    Perturbation("lead-only", "the title and the first sentences", _lead_only),
    Perturbation("first-half", "cut in the middle", _first_half),
    Perturbation("hashtags", "a tenth of the words as hashtags, with underscores", matter.hashtags),
    Perturbation("latin-words", "Latin words mixed in", matter.latin_words),
    Perturbation("html-entities", "entities left over", matter.html_entities),
    Perturbation("html-tags", "tags left over", matter.html_tags),
    Perturbation("scripts", "scripts and styles left over", matter.scripts),
    Perturbation("boilerplate", "rights and subscriptions appended", matter.boilerplate),
    Perturbation("teasers", "headlines of other articles appended", matter.teasers),
    _spelt("recognition-1", "1 % of letters, spaces and words misread", words.recognition_errors(0.01)),
    _spelt("recognition-5", "5 % of letters, spaces and words misread", words.recognition_errors(0.05)),
    _spelt("typing-2", "2 % of letters mistyped", words.typing_errors(0.02)),
    _spelt("repeated-letters", "a letter drawn out in 5 % of words", words.repeated_letters),
    *(
        _spelt(f"dialect-{name}", f"function words as in {name.capitalize()} Arabic", words.dialect(name))
        for name in words.DIALECTS
    ),
)
