"""A corpus that is a table is read by the columns and parts that its catalogue entry names."""

import io
from collections.abc import Callable
from dataclasses import replace

import openpyxl
import pytest

from khabar.datasets.article import Article
from khabar.datasets.catalog import CATALOG, CorpusEntry, entry
from khabar.datasets.corpora import read_entry
from khabar.datasets.reader_table import read_table
from khabar.inference.errors import CorpusError

Publish = Callable[..., CorpusEntry]

ASND = "Arabic_Social_Media_News_Dataset_ASND/sm_news_ar_{}.csv"
ASND_HEADER = "Class,Content,ID,Platform\n"
MAWQIF = "Data/Mawqif_AllTargets_{}.csv"
MAWQIF_HEADER = "\ufeffID,text,target,stance,sentiment,datetime\r\n"


def read(corpus: CorpusEntry) -> list[Article]:
    return read_entry(corpus, clean=False)


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("name", CATALOG)
def test_exactly_the_corpora_that_are_tables_name_columns(name: str) -> None:
    assert (entry(name).reader == "table") == (entry(name).table is not None)


def test_a_row_has_text_label_id_and_the_part_of_its_file(publish: Publish) -> None:
    files = {
        ASND.format("trn"): f'{ASND_HEADER}sports,"فاز ""النجم""\nاليوم ",17,twitter\n',
        ASND.format("tst"): f"{ASND_HEADER}others,شكرا,18,facebook\n",
    }
    first, second = read(publish("asnd", files, 2))
    assert (first.id, first.outlet, first.text) == ("17", "AlJazeera", 'فاز "النجم"\nاليوم')
    assert (first.labels, first.split, first.sectors) == (("sports",), "train", ("sport",))
    assert (second.id, second.labels, second.split, second.sectors) == ("18", ("others",), "test", ())


def test_rows_without_an_id_are_numbered_by_file(publish: Publish) -> None:
    files = {
        "data/ary/dev.tsv": "tweet\tlabel\nأ\tpositive\nب\tneutral\n",
        "data/ary/test.tsv": "tweet\tlabel\nج\tnegative\n",
    }
    articles = read(publish("afrisenti-ary", files, 3))
    assert [(article.id, article.split, article.tone) for article in articles] == [
        ("dev.tsv#0", "dev", "positive"),
        ("dev.tsv#1", "dev", "neutral"),
        ("test.tsv#0", "test", "negative"),
    ]


def test_fassila_keeps_where_a_sentence_comes_from_as_its_outlet(publish: Publish) -> None:
    files = {"Data/Sentiment Analysis/train_set.csv": "source,text,label\nmanual,خبر,2\nyoutube,تعليق,0\n"}
    articles = read(publish("fassila", files, 2))
    assert [(article.outlet, article.tone) for article in articles] == [
        ("FASSILA manual", "neutral"),
        ("FASSILA youtube", "negative"),
    ]


def test_a_file_without_a_header_keeps_its_first_row_and_its_quotation_marks(publish: Publish) -> None:
    files = {"data/ArSAS/ArSAS-test.txt": '"قال\tMixed\r\nنعم"\tPositive\r\n'}
    articles = read(publish("arsas", files, 2))
    assert [(article.text, article.labels, article.tone) for article in articles] == [
        ('"قال', ("Mixed",), None),
        ('نعم"', ("Positive",), "positive"),
    ]


def test_ans_takes_the_published_title_as_text_and_the_rewritten_one_as_target(publish: Publish) -> None:
    (pair,) = read(publish("ans", {"data/stance/dev.csv": "s1,s2,stance\nارتفاع النفط,انخفاض النفط,disagree\n"}, 1))
    assert (pair.text, pair.target, pair.stance, pair.split) == ("ارتفاع النفط", "انخفاض النفط", "against", "dev")


def test_mawqif_has_stance_sentiment_and_day_and_leaves_the_blind_file_out(publish: Publish) -> None:
    files = {
        MAWQIF.format("Test"): f"{MAWQIF_HEADER}5,رأي,Covid Vaccine,None,Negative,2022-03-22 08:30:35+00:00\r\n",
        MAWQIF.format("Blind Test"): "\ufeffID,text,target\r\n5,رأي,Covid Vaccine\r\n",
    }
    (tweet,) = read(publish("mawqif", files, 1))
    assert (tweet.id, tweet.target, tweet.stance, tweet.tone) == ("5", "Covid Vaccine", "neutral", "negative")
    assert (tweet.labels, tweet.date, tweet.split) == (("None",), "2022-03-22", "test")


def test_the_file_of_a_fold_names_the_fold(publish: Publish) -> None:
    header = "\trumor_id\tevidence_id\trumor_text\tevidence_text\ts1\ts2\tstance\trumor_label\n"
    row = '0\t1\t2\t"إشاعة\nفي سطرين"\tنفي\tأ\tب\tdisagree\tFalse\n'
    (pair,) = read(publish("austr", {"SNAM/data/folds/test_fold3.txt": header + row}, 1))
    assert (pair.id, pair.split) == ("test_fold3.txt#0", "fold3")
    assert (pair.text, pair.target, pair.stance) == ("نفي", "إشاعة\nفي سطرين", "against")


def test_a_workbook_is_read_without_what_stands_beside_its_table(publish: Publish) -> None:
    content = workbook(
        ("نص التغريدة", "الهدف", "التصنيف", "النوع"),
        ("خدمة جيدة", "متجر ", 1, "شركات", None, "=1+1"),
        ("خدمة سيئة", "متجر", -1, "شركات"),
    )
    articles = read(publish("at-odtsa", {"AT-ODTSA_Dataset_RawDataV1-1.xlsx": content}, 2))
    assert [(article.text, article.target, article.stance, article.split) for article in articles] == [
        ("خدمة جيدة", "متجر", "favor", None),
        ("خدمة سيئة", "متجر", "against", None),
    ]


@pytest.mark.parametrize(
    ("name", "file", "content"),
    [
        ("ans", "data/stance/dev.csv", "s1,s2\nأ,ب\n"),
        ("ans", "data/stance/dev.csv", "s1,s2,stance\nأ,ب\n"),
        ("ans", "data/stance/dev.csv", "s1,s2,stance\nأ,ب,agree,زائد\n"),
        ("ans", "data/stance/other.csv", "s1,s2,stance\nأ,ب,agree\n"),
        ("ans", "data/stance/dev.csv", b"s1,s2,stance\n\xff,\xfe,agree\n"),
        ("arsas", "data/ArSAS/ArSAS-test.txt", "نص بلا وسم\r\n"),
        ("at-odtsa", "AT-ODTSA_Dataset_RawDataV1-1.xlsx", b"not a workbook"),
        ("at-odtsa", "AT-ODTSA_Dataset_RawDataV1-1.xlsx", workbook(("text", "target"), ("أ", "ب"))),
    ],
)
def test_a_table_in_another_layout_is_refused(publish: Publish, name: str, file: str, content: str | bytes) -> None:
    with pytest.raises(CorpusError, match=f"corpus {name}: its files are not laid out"):
        read(publish(name, {file: content}, 1))


def test_an_empty_table_is_refused(publish: Publish) -> None:
    with pytest.raises(CorpusError, match="found 0 documents, expected 1"):
        read(publish("ans", {"data/stance/dev.csv": ""}, 1))


def test_a_label_that_no_map_knows_is_refused(publish: Publish) -> None:
    with pytest.raises(CorpusError, match="the label 'maybe', expected one of agree, disagree, other"):
        read(publish("ans", {"data/stance/dev.csv": "s1,s2,stance\nأ,ب,maybe\n"}, 1))


def test_altered_content_is_refused_before_it_is_parsed(publish: Publish) -> None:
    corpus = publish("ans", {"data/stance/dev.csv": "no table\n"}, 1)
    with pytest.raises(CorpusError, match="has digest"):
        read(replace(corpus, digest="0" * 64))


def test_a_table_without_named_columns_is_refused(publish: Publish) -> None:
    corpus = publish("ans", {"data/stance/dev.csv": "s1,s2,stance\nأ,ب,agree\n"}, 1)
    with pytest.raises(CorpusError, match=r"expected \[ans.table\] in catalog.toml"):
        read_table(replace(corpus, table=None))
