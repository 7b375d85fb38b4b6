"""Each reader gives the articles of its layout, with the ids that the annotations use."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest

from khabar.datasets.catalog import CorpusEntry
from khabar.datasets.corpora import read, read_entry
from khabar.inference.errors import CorpusError

Publish = Callable[..., CorpusEntry]

ANT = """<DOC>
<DOCNO>{number}</DOCNO>
<URL>http://example.org/1</URL>
<CAT>{section}</CAT>
<TITLE>عنوان الخبر</TITLE>
<TIME>{time}</TIME>
<ABSTRACT>
خلاصة
</ABSTRACT>
<TEXT>
 نص\u202c الخبر.
وتتمته.
</TEXT>
</DOC>
"""

UNIFIED_FC_WITHOUT_STANCE = {
    "raw_data/unifiedfc-main/dataset/V-7.json": '{"id": "V-7", "claim": "أ", "article": ["ب"]}'
}
HESPRESS_HEADER = ",id,title,date,author,story,topic\r\n"


def test_sanad_has_its_path_as_id_and_its_class_as_section(publish: Publish) -> None:
    corpus = publish("sanad-khaleej", {"Khaleej/Sports/0007.txt": "دبي: «الخليج» فاز\u202c الفريق"}, 1)
    (article,) = read_entry(corpus, clean=False)
    assert article.id == "Khaleej/Sports/0007.txt"
    assert article.text == "دبي: «الخليج» فاز\u202c الفريق"
    assert article.title is None
    assert article.labels == ("Sports",)
    assert article.sectors == ("sport",)
    assert article.main is None
    assert {"energy", "transport"} <= article.denied


@pytest.mark.parametrize(
    ("stated", "day"),
    [
        ("Sun, 18 Feb 2018 21:35:43 +0400", "2018-02-18"),
        ("2017-01-20T21:43:00+01:00", "2017-01-20"),
        ("2017-01-22T185600", "2017-01-22"),
        ("05/11/2015", "2015-11-05"),
    ],
)
def test_ant_dates_come_in_three_forms(publish: Publish, stated: str, day: str) -> None:
    file = ANT.format(number="JA-sport-1-1", section="sport", time=stated)
    (article,) = read_entry(publish("ant-jawhara", {"sport/JA-sport-1-1.txt": file}, 1))
    assert article.date == day


def test_ant_has_title_text_and_section_apart(publish: Publish) -> None:
    name = "France24/sport/FR-sport-3-20180219"
    file = ANT.format(number="FR-sport-3-20180219", section="sport", time="Mon, 19 Feb 2018 10:00:00 GMT")
    (article,) = read_entry(publish("ant-multisource", {f"{name}.txt": file}, 1), clean=False)
    assert article.id == "FR-sport-3-20180219"
    assert article.outlet == "France24"
    assert article.title == "عنوان الخبر"
    assert article.text == "نص\u202c الخبر.\nوتتمته."
    assert article.labels == ("sport",)


def test_ant_takes_the_id_of_the_file_name(publish: Publish) -> None:
    file = ANT.format(number="92", section="politic", time="2017-02-01T23:08:00+01:00")
    (article,) = read_entry(publish("ant-jawhara", {"politic/JA-politic-92-20170201.txt": file}, 1))
    assert article.id == "JA-politic-92-20170201"


def test_hespress_takes_id_title_story_and_day(publish: Publish) -> None:
    row = '0,ab12,"عنوان ""بين"" علامات",الجمعة 02 أكتوبر 2020 - 19:31,محرر,"نص، وتتمته.",sport\r\n'
    (article,) = read_entry(publish("hespress-2020", {"data/stories_sport.csv": HESPRESS_HEADER + row}, 1))
    assert (article.id, article.title, article.text) == ("ab12", 'عنوان "بين" علامات', "نص، وتتمته.")
    assert (article.date, article.labels, article.outlet) == ("2020-10-02", ("sport",), "Hespress")


def test_saudinewsnet_is_read_from_its_zips_of_a_day(publish: Publish) -> None:
    row = {"source": "okaz", "url": "http://example.org/1", "title": "", "content": " نص ", "author": ""}
    day = io.BytesIO()
    with zipfile.ZipFile(day, "w") as zipped:
        zipped.writestr("2015-07-21.json", json.dumps([{**row, "date_extracted": "2015-07-21 02:51:32"}]))
    (article,) = read_entry(publish("saudinewsnet", {"dataset/2015-07-21.zip": day.getvalue()}, 1))
    assert (article.id, article.outlet, article.date) == ("http://example.org/1", "okaz", "2015-07-21")
    assert (article.title, article.text) == (None, "نص")
    assert article.labels == ()


@pytest.mark.parametrize(
    ("outlet", "path", "labels"),
    [
        ("alwatan", "Sports/News_Detail.aspx?ArticleID=1&CategoryID=6", ("alwatan/Sports",)),
        ("alwatan", "Articles/Detail.aspx?ArticleID=1", ()),
        ("aljazirah", "2015/20150721/ec12.htm", ("aljazirah/ec",)),
        ("aljazirah", "2015/20150721/rj2.htm", ()),
        ("3alyoum", "news/local/a/خبر/", ("3alyoum/news/local",)),
        ("3alyoum", "news/a/خبر/", ()),
        ("3alyoum", "culture/shots/a/خبر/", ("3alyoum/culture",)),
        ("arreyadi", "Home/Details/MjAzMA==", ("arreyadi",)),
        ("okaz", "new/Issues/20150720/Con1.htm", ()),
    ],
)
def test_saudinewsnet_has_the_section_that_a_url_names(
    publish: Publish, outlet: str, path: str, labels: tuple[str, ...]
) -> None:
    row = {"source": outlet, "url": f"http://example.org/{path}", "title": "", "content": "نص"}
    day = io.BytesIO()
    with zipfile.ZipFile(day, "w") as zipped:
        zipped.writestr("2015-07-21.json", json.dumps([{**row, "date_extracted": "2015-07-21 02:51:32"}]))
    (article,) = read_entry(publish("saudinewsnet", {"dataset/2015-07-21.zip": day.getvalue()}, 1))
    assert article.labels == labels


def test_astd_has_the_parts_of_its_files_of_row_numbers(publish: Publish) -> None:
    files = {
        "data/Tweets.txt": '"خبر\tOBJ\nرأي\tNEG\nمزيج\tNEUTRAL\n',
        "data/4class-unbalanced-train.txt": "2\n",
        "data/4class-unbalanced-validation.txt": "0\n",
        "data/4class-unbalanced-test.txt": "1\n",
    }
    articles = read_entry(publish("astd", files, 3), clean=False)
    assert [(article.id, article.text, article.split, article.tone) for article in articles] == [
        ("Tweets.txt#0", '"خبر', "dev", "neutral"),
        ("Tweets.txt#1", "رأي", "test", "negative"),
        ("Tweets.txt#2", "مزيج", "train", None),
    ]


def test_unified_fc_sets_pages_against_their_claim_in_folds_of_claims(publish: Publish) -> None:
    folder = "raw_data/unifiedfc-main"
    claim = {
        "id": "V-7",
        "claim": "ادعاء ",
        "fact": "true",
        "article": ["نفي", "غيره"],
        "stance": ["disagree", "unrelated"],
    }
    other = {"id": "R-1", "claim": "آخر", "fact": "false", "article": ["تأكيد"], "stance": ["agree"]}
    files = {
        f"{folder}/dataset/V-7.json": json.dumps(claim),
        f"{folder}/dataset/R-1.json": json.dumps(other),
        f"{folder}/train_test_splits.txt": "Fold_1: V-7 V-9\nFold_2: R-1\n",
    }
    articles = read_entry(publish("unified-fc", files, 3))
    assert [(article.id, article.split, article.target, article.stance) for article in articles] == [
        ("R-1#0", "fold2", "آخر", "favor"),
        ("V-7#0", "fold1", "ادعاء", "against"),
        ("V-7#1", "fold1", "ادعاء", None),
    ]
    assert [article.labels for article in articles] == [("agree",), ("disagree",), ("unrelated",)]


def test_texts_are_cleaned_after_reading_unless_asked_otherwise(publish: Publish) -> None:
    corpus = publish("sanad-khaleej", {"Khaleej/Sports/0001.txt": "فاز\u202c الفريق"}, 1)
    assert [article.text for article in read_entry(corpus)] == ["فاز الفريق"]
    assert [article.text for article in read_entry(corpus, clean=False)] == ["فاز\u202c الفريق"]


def test_ahdath_counts_empty_entries_and_drops_empty_paragraphs(publish: Publish) -> None:
    entries = [{"content": []}, {"content": ["AHDATH.INFO", "خبر", "\xa0", "تتمة"]}]
    articles = read_entry(publish("ahdath-2021", {"ahd22.json": json.dumps(entries)}, 2), clean=False)
    assert [(article.id, article.text) for article in articles] == [
        ("ahd22.json#0", ""),
        ("ahd22.json#1", "AHDATH.INFO\nخبر\nتتمة"),
    ]


def test_febrayer_is_numbered_by_its_content_lines(publish: Publish) -> None:
    lines = "content: ['خبر', 'تتمة']\n\ncontent: []\ncontent: ['قال \"نعم\"']\n"
    articles = read_entry(publish("febrayer-2019", {"THE CORPUS/feb.txt": lines}, 3))
    assert [(article.id, article.text) for article in articles] == [
        ("feb.txt#0", "خبر\nتتمة"),
        ("feb.txt#1", ""),
        ("feb.txt#2", 'قال "نعم"'),
    ]


def test_yabiladi_is_several_arrays_numbered_through(publish: Publish) -> None:
    arrays = '[\n{"content": ["أ"]},\n{"content": []}\n][\n{"content": ["ب", "ج"]}\n]\n'
    articles = read_entry(publish("yabiladi", {"yab.json": arrays}, 3))
    assert [(article.id, article.text) for article in articles] == [
        ("yab.json#0", "أ"),
        ("yab.json#1", ""),
        ("yab.json#2", "ب\nج"),
    ]


def test_algerian_press_takes_title_text_and_day(publish: Publish) -> None:
    row = {"title": "خبر اليوم ــ أخبار الجزائر", "text": "نص", "published date": "2021-05-20T15:30:55+00:00"}
    files = {"datasets/source_6/scraped_articles.json": json.dumps({"articles": [row]})}
    (article,) = read_entry(publish("algerian-press", files, 1), clean=False)
    assert (article.id, article.title, article.text) == ("source_6#0", "خبر اليوم ــ أخبار الجزائر", "نص")
    assert article.date == "2021-05-20"


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("ahdath-2021", {"ahd22.json": "[{"}),
        ("ahdath-2021", {"ahd22.json": '[{"text": "x"}]'}),
        ("febrayer-2019", {"THE CORPUS/feb.txt": "content: [open('x')]"}),
        ("hespress-2020", {"data/stories_sport.csv": "a,b\r\n1,2\r\n"}),
        ("sanad-khaleej", {"Khaleej/Sports/0001.txt": b"\xff\xfe\xfa"}),
        ("astd", {"data/Tweets.txt": "نص\tOBJ\n"}),
        ("unified-fc", {"raw_data/unifiedfc-main/train_test_splits.txt": "Fold_1: V-7", **UNIFIED_FC_WITHOUT_STANCE}),
    ],
)
def test_files_in_another_layout_are_refused(publish: Publish, name: str, files: dict[str, str]) -> None:
    with pytest.raises(CorpusError, match=f"corpus {name}: its files are not laid out"):
        read_entry(publish(name, files, 1))


def test_an_ant_file_without_text_is_refused(publish: Publish) -> None:
    with pytest.raises(CorpusError, match=r"has elements \['TITLE'\], expected TEXT, TIME and TITLE"):
        read_entry(publish("ant-jawhara", {"sport/JA-sport-1-1.txt": "<DOC><TITLE>خبر</TITLE></DOC>"}, 1))


def test_a_section_that_no_map_knows_is_refused(publish: Publish) -> None:
    with pytest.raises(CorpusError, match="the label 'Opinion', expected one of Culture"):
        read_entry(publish("sanad-khaleej", {"Khaleej/Opinion/0001.txt": "رأي"}, 1))


def test_another_number_of_documents_is_refused(publish: Publish) -> None:
    corpus = publish("sanad-khaleej", {"Khaleej/Sports/0001.txt": "رياضة"}, 1)
    with pytest.raises(CorpusError, match="found 1 documents, expected 2"):
        read_entry(replace(corpus, documents=2))


def test_reading_by_name_checks_against_the_catalogue(publish: Publish) -> None:
    publish("yabiladi", {"yab.json": '[{"content": ["أ"]}]'}, 1)
    with pytest.raises(CorpusError, match="has digest"):
        read("yabiladi")
