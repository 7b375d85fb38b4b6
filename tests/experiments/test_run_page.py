"""The page of a run says what the run gave, says it when the run broke off, and needs nothing else."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from khabar.experiments.run_page import NoRunError, run_page

VOID = {"meta", "br", "img", "path"}
PARTS = ("config.yaml", "data.json", "environment.txt", "errors", "learning_curve.json", "reports")
ERROR = {
    "head": "tone", "id": "7", "corpus": "mine", "outlet": "ناشر", "title": "عنوان", "excerpt": "بداية النص",
    "target": None, "truth": "negative", "tag": "neutral", "probability": 0.875, "sentence": "", "words": ["كلمة"],
}  # fmt: skip
CURVE = {
    "shares": [0.5, 1.0],
    "articles": [90, 180],
    "heads": {
        "tone.macro_f1": {
            "held_out": [0.5, 0.6], "held_out_se": [0.02, 0.01], "fitted": [1.0, 0.9], "gain_per_doubling": 0.1,
            "gain_se": 0.01, "verdict": "more labels would help",
        }
    },
}  # fmt: skip

Change = Callable[..., None]


@pytest.fixture(scope="module")
def whole(artifacts, tmp_path_factory) -> Path:
    """The artifacts of a run, with all parts that a job may have."""
    path = tmp_path_factory.mktemp("whole") / "run"
    shutil.copytree(artifacts, path, ignore=shutil.ignore_patterns("model_file", "predictions", "run.html"))
    (path / "errors").mkdir(exist_ok=True)
    (path / "errors" / "sample-test.json").write_text(json.dumps([ERROR]), encoding="utf-8")
    (path / "learning_curve.json").write_text(json.dumps(CURVE), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def html(whole) -> str:
    return run_page(whole)


@pytest.fixture(scope="module")
def text(html) -> str:
    return Page(html).text


@pytest.fixture
def folder(whole, tmp_path) -> Path:
    """The same, to be changed, without pictures, which take time."""
    return Path(shutil.copytree(whole, tmp_path / "run", ignore=shutil.ignore_patterns("*.png")))


@pytest.fixture
def change(folder) -> Change:
    """Changes what `run.json` says."""

    def to(tags: dict[str, str] | None = None, **values: object) -> None:
        file = folder / "run.json"
        run = json.loads(file.read_text(encoding="utf-8"))
        run["tags"] |= tags or {}
        file.write_text(json.dumps(run | values), encoding="utf-8")

    return to


class Page(HTMLParser):
    """What a page has: its text, the attributes of its elements, and which are left open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.pieces).split()).replace("\N{WORD JOINER}", "")

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def test_the_page_is_arabic_from_right_to_left_and_fits_a_phone(html):
    assert html.startswith("<!doctype html>")
    assert Page(html).of("html") == [{"lang": "ar", "dir": "rtl"}]
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in html


def test_the_page_says_which_model_it_is_and_what_made_it(folder, change, tracked):
    change({"git.commit": "0123456789abcdef", "git.dirty": "true", "khabar.registered": "models:/small/1"})
    text = Page(run_page(folder)).text
    for part in (
        "small 0.0.1",
        tracked.result.model.digest[:12],
        "khabar train small",
        "0123456789 مع تغييرات لم تُودَع",
        "models:/small/1",
    ):
        assert part in text


@pytest.mark.parametrize("name", ["sector.accuracy", "sectors.micro_f1", "tone.macro_f1", "stance.macro_f1"])
@pytest.mark.parametrize("source", ["sample/test", "out-of-fold"])
def test_main_figures_stand_with_their_intervals(text, tracked, name, source):
    found = tracked.result.reports[source].intervals[name]
    assert f"{found.value:.3f} {found.low:.3f} – {found.high:.3f}" in text


def test_labels_stand_by_their_arabic_names_with_their_ids_and_figures(text, tracked):
    for label in tracked.result.reports["sample/test"].tone.labels:
        arabic = {"negative": "سلبي", "neutral": "محايد", "positive": "إيجابي"}[label.label]
        assert re.search(f"{arabic} {label.label} {label.f1:.3f} .*? {label.precision:.3f} {label.recall:.3f}", text)


def test_outlets_and_lengths_have_their_figures(text, whole):
    parts = json.loads((whole / "reports" / "out-of-fold" / "parts.json").read_text(encoding="utf-8"))
    for kind in ("outlet", "length"):
        for name, figures in parts[kind].items():
            if name != "others":
                assert f"{name} {figures['articles']:.0f} {figures['sector.accuracy']:.3f}" in text


def test_the_commonest_confusions_are_said_in_words(folder):
    file = folder / "reports" / "sample-test" / "report.json"
    report = json.loads(file.read_text(encoding="utf-8"))
    report["tone"]["confusion"] = [[5, 9, 0], [0, 5, 3], [0, 0, 5]]
    file.write_text(json.dumps(report), encoding="utf-8")
    assert "سلبي ← محايد 9 محايد ← إيجابي 3" in Page(run_page(folder)).text


def test_articles_are_counted_without_a_noun_that_would_have_to_agree(text, tracked):
    assert f"على sample/test ، وعدد المقالات {tracked.result.reports['sample/test'].articles} ، مع" in text
    assert not re.search(r"\d (مقالة|دقيقة|ثانية)", text)


@pytest.mark.parametrize("figure", ["f1", "precision", "recall", "support"])
def test_a_figure_that_is_not_a_number_is_a_dash(folder, figure):
    file = folder / "reports" / "sample-test" / "report.json"
    report = json.loads(file.read_text(encoding="utf-8"))
    label = report["tone"]["labels"][0]
    label |= {"f1": 0.25, "precision": 0.5, "recall": 0.75, "support": 9, figure: None}  # what NaN is in JSON
    report["intervals"]["tone.f1.negative"] = {"value": None, "low": None, "high": 0.5}
    file.write_text(json.dumps(report), encoding="utf-8")
    values = [label[name] for name in ("f1", "precision", "recall", "support")]
    written = ["–" if value is None else f"{value:.3f}" if value < 1 else str(value) for value in values]
    assert f"سلبي negative {' '.join(written)} " in Page(run_page(folder)).text


def test_seconds_that_are_not_a_number_are_left_out(folder, change):
    change(metrics={"seconds/fit": None, "articles/train": None, "seconds/read": 2.0})
    assert "الخطوة ثانية read 2.0" in Page(run_page(folder)).text


def test_pictures_are_part_of_the_page_and_said_in_words(html, whole):
    pictures = Page(html).of("img")
    files = list(whole.glob("reports/*/*.png"))
    assert len(pictures) == len(files) + 1 > 7  # and the learning curve
    assert all(str(picture["src"]).startswith("data:image/png;base64,") for picture in pictures)
    assert all(re.search("[ء-ي]{3}", str(picture["alt"])) for picture in pictures)


def test_errors_stand_with_truth_tag_confidence_and_words(text):
    assert "عنوان الصحيح سلبي ، وقال النموذج محايد 88% استنادا إلى كلمة بداية النص ناشر mine: 7" in text


def test_the_verdict_of_a_learning_curve_is_said_in_arabic(text):
    assert "نبرة الخبر: macro-F1 : تنفع تصنيفات أكثر (مضاعفة المقالات تزيد +0.100 ± 0.010 )" in text


def test_data_stand_with_licence_and_digest(text, tracked):
    (fact,) = tracked.result.data
    assert f"{fact['name']} {fact['articles']} النصوص والتصنيفات {fact['licence']} {fact['digest'][:12]}" in text


def test_articles_are_counted_by_what_became_of_them(text):
    assert "181 للتدريب، 0 مكرّرة تُركت، 0 شبه مكرّرة تُركت." in text


@pytest.mark.parametrize(
    ("status", "said"),
    [("KILLED", "أُوقف هذا التشغيل"), ("FAILED", "فشل هذا التشغيل"), ("RUNNING", "لم ينته هذا التشغيل بعد")],
)
def test_a_run_that_did_not_finish_says_so_before_anything_else(folder, change, status, said):
    change(status=status)
    text = Page(run_page(folder)).text
    assert said in text
    assert text.index(said) < text.index("القطاع الرئيسي")


def test_a_run_that_finished_has_no_warning(text):
    assert "هذا التشغيل" not in text


@pytest.mark.parametrize(
    ("part", "heading"),
    [
        ("config.yaml", "config.yaml"),
        ("data.json", "البيانات"),
        ("environment.txt", "environment.txt"),
        ("errors", "أخطاء تستحق القراءة"),
        ("learning_curve.json", "منحنى التعلّم"),
        ("reports", "الأرقام الرئيسية"),
        ("reports/sample-test/parts.json", None),
        ("reports/sample-test/report.json", "sample/test"),
    ],
)
def test_a_part_that_is_not_there_is_left_out(folder, text, part, heading):
    path = folder / part
    assert heading is None or heading in text
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    page = Page(run_page(folder))
    assert heading is None or heading not in page.text
    assert page.open == []


def test_a_run_that_broke_off_at_once_has_a_page(folder, change):
    change(status="KILLED", metrics={})
    for part in PARTS:
        path = folder / part
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    page = Page(run_page(folder))
    assert "small 0.0.1 أُوقف" in page.text
    assert page.of("img") == []


def test_an_outlet_without_a_figure_has_a_dash(folder):
    file = folder / "reports" / "sample-test" / "parts.json"
    parts = {"outlet": {"one": {"articles": 30.0, "tone.macro_f1": 0.5}, "two": {"articles": 31.0}}, "length": {}}
    file.write_text(json.dumps(parts), encoding="utf-8")
    assert "two 31 –" in Page(run_page(folder)).text


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'; </style>"])
def test_what_others_wrote_is_no_markup(folder, change, evil):
    change({"command": evil, "khabar.model": evil})
    errors = [ERROR | {"title": evil, "words": [evil], "outlet": evil, "id": evil}]
    (folder / "errors" / "sample-test.json").write_text(json.dumps(errors), encoding="utf-8")
    facts = [{"name": evil, "articles": 1, "digest": evil, "licence": evil, "labels": True}]
    (folder / "data.json").write_text(json.dumps(facts), encoding="utf-8")
    (folder / "config.yaml").write_text(evil, encoding="utf-8")
    page = Page(run_page(folder))
    assert evil in "".join(page.pieces)
    assert page.of("script") == []
    assert not any("onerror" in picture for picture in page.of("img"))
    assert page.open == []


def test_a_source_with_an_odd_name_has_a_link_that_leads_to_it(folder):
    (folder / "reports" / "sample-test").rename(folder / "reports" / "مقالات.csv")
    page = Page(run_page(folder))
    links = {str(link["href"]).removeprefix("#") for link in page.of("a")}
    assert links <= {section.get("id") for section in page.of("section")}
    assert "on-مقالات.csv" in links


def test_the_page_refers_to_nothing_outside_itself(html):
    for _, attributes in Page(html).elements:
        for name in ("src", "href", "srcset", "action"):
            assert str(attributes.get(name) or "#").startswith(("#", "data:image/png;base64,"))
    assert not re.search(r"@import|url\(", html)


def test_every_table_is_named_and_says_what_its_heads_are_of(html):
    page = Page(html)
    assert len(page.of("caption")) == len(page.of("table"))
    assert all(head.get("scope") for head in page.of("th"))


def test_ids_and_digests_are_kept_from_being_reordered(html, tracked):
    assert f'<bdi dir="ltr" class="id">{tracked.result.model.digest[:12]}</bdi>' in html


def test_the_page_is_small_enough_to_send(html):
    assert len(html.encode()) < 3e6


def test_the_page_is_made_without_mlflow(folder):
    code = "import sys; from pathlib import Path; from khabar.experiments.run_page import run_page\n"
    code += "run_page(Path(sys.argv[1])); print('mlflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_folder_of_something_else_is_refused(tmp_path):
    with pytest.raises(NoRunError, match=r"found no run\.json in .*, expected the folder of a job's artifacts"):
        run_page(tmp_path)


def test_a_run_whose_summary_is_broken_is_refused(folder):
    (folder / "run.json").write_text('{"status": "FIN', encoding="utf-8")
    with pytest.raises(NoRunError, match=r"found a broken run\.json"):
        run_page(folder)


def test_a_summary_that_is_no_object_is_broken(folder):
    (folder / "run.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(NoRunError, match=r"found a broken run\.json"):
        run_page(folder)


def test_what_is_tracked_goes_before_what_the_summary_says(folder):
    tags = {"khabar.model": "other", "khabar.version": "7"}
    text = Page(run_page(folder, {"status": "KILLED", "tags": tags, "metrics": {}})).text
    assert "other 7 أُوقف هذا التشغيل" in text
    assert "للتدريب" not in text


@pytest.mark.parametrize("part", ["config.yaml", "environment.txt"])
def test_a_text_that_was_cut_in_the_middle_of_a_letter_is_left_out_and_named(folder, part):
    (folder / part).write_bytes("اسم".encode()[:-1])
    assert f"ملفات لم تُكتب كاملة وتُركت: {part}" in Page(run_page(folder)).text


@pytest.mark.parametrize(
    "part",
    ["data.json", "learning_curve.json", "reports/sample-test/report.json", "reports/sample-test/parts.json",
     "errors/sample-test.json", "reports/out-of-fold/coverage.png"],
)  # fmt: skip
def test_a_file_that_was_cut_off_is_left_out_and_named(folder, whole, part):
    content = (whole / part).read_bytes()
    (folder / part).write_bytes(content[: len(content) // 2])
    page = Page(run_page(folder))
    assert f"ملفات لم تُكتب كاملة وتُركت: {part}" in page.text
    assert page.open == []
