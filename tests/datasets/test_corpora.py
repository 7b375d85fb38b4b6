"""The corpora of the mirror are the ones the catalogue and the label files speak of."""

import re
from collections import Counter

import pytest

from khabar.datasets import annotated, corpora
from khabar.datasets.archive import find_archive
from khabar.datasets.article import Article
from khabar.datasets.catalog import CATALOG, entry
from khabar.datasets.duplicates import drop_near_duplicates
from khabar.datasets.fetch import verify
from khabar.datasets.label_maps import LABEL_MAPS

pytestmark = pytest.mark.corpora

LABELS = {
    "sanad-khaleej": dict.fromkeys(("Culture", "Finance", "Medical", "Politics", "Religion", "Sports", "Tech"), 6500),
    "ant-multisource": {
        "internationalNews": 10169,
        "middleEast": 7628,
        "sport": 6569,
        "economy": 3367,
        "technology": 2728,
        "culture": 1064,
    },
    "ant-jawhara": {
        "localNews": 4832,
        "sport": 1460,
        "internationalNews": 1260,
        "society": 1087,
        "politic": 514,
        "diverse": 475,
        "economy": 326,
        "culture": 124,
        "technology": 83,
    },
    "hespress-2020": dict.fromkeys(("economie", "faits-divers", "politique", "regions", "societe", "sport"), 1000),
    "asnd": {
        "politics": 4234,
        "crime-war-conflict": 1112,
        "others": 966,
        "art-and-entertainment": 431,
        "human-rights-press-freedom": 421,
        "sports": 239,
        "science-and-technology": 216,
        "business-and-economy": 202,
        "health": 196,
        "environment": 152,
        "spiritual": 96,
        "education": 81,
    },
    "fassila": {"0": 2906, "1": 511, "2": 6654},
    "arsas": {"Negative": 7840, "Neutral": 7279, "Positive": 4643, "Mixed": 1302},
    "arsarcasm-v2": {"NEU": 6495, "NEG": 6298, "POS": 2755},
    "astd": {"OBJ": 6691, "NEG": 1684, "NEUTRAL": 832, "POS": 799},
    "afrisenti-ary": {"neutral": 3317, "positive": 3069, "negative": 2652},
    "afrisenti-arq": {"negative": 1590, "positive": 851, "neutral": 582},
    "ans": {"disagree": 2399, "agree": 1301, "other": 86},
    "mawqif": {"Favor": 2528, "Against": 1201, "None": 392},
    "unified-fc": {"unrelated": 2072, "agree": 474, "discuss": 409, "disagree": 87},
    "austr": {"other": 466, "disagree": 197, "agree": 148},
    "at-odtsa": {"1": 1118, "0": 1041, "-1": 841},
}
SPLITS = {
    "asnd": {"train": 6676, "dev": 567, "test": 1103},
    "fassila": {"train": 8056, "dev": 1007, "test": 1008},
    "arsas": {"train": 16851, "test": 4213},
    "arsarcasm-v2": {"train": 12548, "test": 3000},
    "astd": {"train": 6008, "dev": 1999, "test": 1999},
    "afrisenti-ary": {"train": 5583, "dev": 494, "test": 2961},
    "afrisenti-arq": {"train": 1651, "dev": 414, "test": 958},
    "ans": {"train": 2652, "dev": 755, "test": 379},
    "mawqif": {"train": 3502, "test": 619},
    "unified-fc": {"fold1": 616, "fold2": 634, "fold3": 592, "fold4": 587, "fold5": 613},
    "austr": {"fold1": 157, "fold2": 166, "fold3": 171, "fold4": 145, "fold5": 172},
}
DOCUMENTS = {
    "sanad-khaleej": 45500,
    "ant-multisource": 31525,
    "ant-jawhara": 10161,
    "hespress-2020": 6000,
    "saudinewsnet": 31030,
    "ahdath-2021": 588,
    "febrayer-2019": 2693,
    "yabiladi": 197,
    "algerian-press": 1211,
    "asnd": 8346,
    "fassila": 10071,
    "arsas": 21064,
    "arsarcasm-v2": 15548,
    "astd": 10006,
    "afrisenti-ary": 9038,
    "afrisenti-arq": 3023,
    "ans": 3786,
    "mawqif": 4121,
    "unified-fc": 3042,
    "austr": 811,
    "at-odtsa": 3000,
}
EXACT_DUPLICATES = {"sanad-khaleej": 15, "ant-multisource": 1481, "ant-jawhara": 195}


@pytest.fixture(scope="module", params=CATALOG)
def corpus(request: pytest.FixtureRequest) -> tuple[str, list[Article]]:
    """The name and the articles of each corpus in turn, as they were published."""
    return request.param, corpora.read(request.param, clean=False)


@pytest.mark.parametrize("name", CATALOG)
def test_the_content_digest_is_the_catalogues(name: str) -> None:
    verify(entry(name), find_archive(entry(name)))


def test_counts_are_those_of_the_publisher(corpus: tuple[str, list[Article]]) -> None:
    name, articles = corpus
    assert len(articles) == DOCUMENTS[name]
    assert len({article.id for article in articles}) == len(articles)


def test_classes_are_those_of_the_publisher(corpus: tuple[str, list[Article]]) -> None:
    name, articles = corpus
    if name != "saudinewsnet":
        assert Counter(label for article in articles for label in article.labels) == LABELS.get(name, {})


def test_official_splits_are_those_of_the_publisher(corpus: tuple[str, list[Article]]) -> None:
    name, articles = corpus
    assert Counter(article.split for article in articles) == SPLITS.get(name, {None: len(articles)})


def test_exact_duplicates_are_as_many_as_counted_by_hand(corpus: tuple[str, list[Article]]) -> None:
    name, articles = corpus
    if name in EXACT_DUPLICATES:
        assert len(articles) - len({article.text for article in articles}) == EXACT_DUPLICATES[name]


def test_outlets_are_those_of_the_catalogue(corpus: tuple[str, list[Article]]) -> None:
    name, articles = corpus
    assert {article.outlet for article in articles} == set(entry(name).outlets)


def test_only_stance_corpora_have_targets_and_every_text_of_them_has(corpus: tuple[str, list[Article]]) -> None:
    name, articles = corpus
    targets = sum(bool(article.target) for article in articles)
    assert targets == (len(articles) if entry(name).task == "stance" else 0)


def test_every_mapped_label_occurs(corpus: tuple[str, list[Article]]) -> None:
    name, articles = corpus
    mapped = set(LABEL_MAPS.get(name, {})) - ({"Positive", "Neutral", "Negative"} if name == "mawqif" else set())
    assert {label for article in articles for label in article.labels} == mapped


@pytest.mark.parametrize(
    ("name", "tones"),
    [
        ("arsas", {"negative": 7840, "neutral": 7279, "positive": 4643, None: 1302}),
        ("mawqif", {"positive": 1733, "neutral": 1280, "negative": 1108}),
    ],
)
def test_tones_are_those_of_the_label_map(name: str, tones: dict[str | None, int]) -> None:
    assert Counter(article.tone for article in corpora.read(name)) == tones


# Of asnd, 20 more stand in dev.
@pytest.mark.parametrize(
    ("name", "number"), [("asnd", 354), ("fassila", 63), ("arsas", 32), ("arsarcasm-v2", 2), ("ans", 0), ("mawqif", 4)]
)
def test_so_many_test_texts_also_stand_in_train(name: str, number: int) -> None:
    articles = corpora.read(name, clean=False)
    train = {(article.text, article.target) for article in articles if article.split == "train"}
    assert sum((article.text, article.target) in train for article in articles if article.split == "test") == number


def test_a_quarter_of_astd_also_stands_in_arsarcasm() -> None:
    sarcastic = {article.text for article in corpora.read("arsarcasm-v2", clean=False)}
    assert sum(article.text in sarcastic for article in corpora.read("astd", clean=False)) == 2461


def test_urls_of_five_saudi_papers_name_a_section() -> None:
    labelled = [article for article in corpora.read("saudinewsnet", clean=False) if article.labels]
    assert len(labelled) == 5776
    papers = {"aljazirah": 2441, "alwatan": 1604, "3alyoum": 1546, "arreyadi": 133, "arriyadiyah": 52}
    assert Counter(article.outlet for article in labelled) == papers


def test_most_of_fassila_is_news() -> None:
    news = {"FASSILA translated", "FASSILA paraphrased", "FASSILA manual"}
    assert sum(article.outlet in news for article in corpora.read("fassila")) == 8898


def test_the_folds_of_unified_fc_part_claims_but_not_pages() -> None:
    folds_of: dict[str | None, set[str | None]] = {}
    for article in corpora.read("unified-fc", clean=False):
        for key in (article.id.partition("#")[0], article.text):
            folds_of.setdefault(key, set()).add(article.split)
    assert sum(len(folds) > 1 for folds in folds_of.values()) == 94


def test_the_claim_of_ans_is_the_rewritten_title_and_its_text_a_published_one() -> None:
    published = {"".join(re.findall(r"\w", article.title or "")) for article in corpora.read("ant-multisource")}
    pairs = [article for article in corpora.read("ans") if article.labels == ("agree",)]
    assert sum("".join(re.findall(r"\w", article.text)) in published for article in pairs) > 0.9 * len(pairs)
    assert sum("".join(re.findall(r"\w", article.target or "")) in published for article in pairs) < 0.01 * len(pairs)


def test_no_text_keeps_a_control_mark() -> None:
    for name in CATALOG:
        marked = [article.id for article in corpora.read(name) if re.search("[\u202a-\u202e]", article.text)]
        assert not marked


def test_no_sanad_article_opens_with_the_byline() -> None:
    opening = [article.text[:12] for article in corpora.read("sanad-khaleej") if "الخليج»" in article.text[:12]]
    assert len(opening) < 10


@pytest.mark.parametrize(("part", "number"), [("train", 7999), ("dev", 400)])
def test_every_annotated_article_is_found(part: annotated.Part, number: int) -> None:
    articles = annotated.load(part)
    assert len(articles) == number
    assert all(article.text for article in articles)


@pytest.mark.parametrize("part", ["train", "dev"])
def test_every_target_stands_verbatim_in_its_article(part: annotated.Part) -> None:
    targets = [(article.target, article) for article in annotated.load(part) if article.target is not None]
    assert not [article.id for target, article in targets if target not in f"{article.title}\n{article.text}"]


def test_the_dev_main_sector_is_unknown_where_readers_differ() -> None:
    assert sum(article.main is None for article in annotated.load("dev")) == 11


def test_few_train_articles_are_near_duplicates_of_dev() -> None:
    kept, dropped = drop_near_duplicates(annotated.load("train"), of=annotated.load("dev"))
    assert len(kept) + len(dropped) == 7999
    assert 15 <= len(dropped) <= 60
