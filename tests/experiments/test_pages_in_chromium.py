"""In a browser, on a phone and on a desk, pages need nothing but themselves, fit, and show Arabic as it is written."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from khabar.experiments.evaluation_tracking import TrackedOutcome
from khabar.experiments.leaderboard import leaderboard, page
from khabar.experiments.run_page import run_page
from khabar.experiments.runs_board import Job, board_page, boards
from khabar.experiments.tracked_jobs import tracked_jobs
from khabar.experiments.tracking_store import opened
from khabar.training.bootstrap import Interval
from khabar.training.outcomes import Outcome

pytestmark = pytest.mark.system

CHROMIUM = Path("/usr/bin/chromium")
# Without these, it looks for its maker's hosts at every start.
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SIZES = {"phone": (360, 740), "desk": (1280, 900)}
LONG = "عنوان طويل يمتدّ على أكثر من سطر ليُرى هل يبقى في مكانه ولا يخرج من الصفحة على الهاتف"
ERROR = {
    "head": "tone", "id": "http://outlet.example/" + "a" * 90, "corpus": "mine", "outlet": "ناشر", "title": LONG,
    "excerpt": LONG, "target": None, "truth": "negative", "tag": "neutral", "probability": 0.875, "sentence": "",
    "words": ["كلمة", "أخرى", "x" * 60],
}  # fmt: skip
HEAD = {
    "held_out": [0.5, 0.6], "held_out_se": [0.02, 0.01], "fitted": [1.0, 0.9], "gain_per_doubling": 0.1,
    "gain_se": 0.01, "verdict": "undecided",
}  # fmt: skip

# Elements whose text does not fit into them and is not to be scrolled to; hidden heads of tables are meant to be.
CUT = """() => [...document.querySelectorAll('body *')].filter(e => {
    const style = getComputedStyle(e)
    const cuts = [style.overflowX, style.overflowY].some(o => o === 'hidden' || o === 'clip')
    return cuts && style.clipPath === 'none' && (e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight)
}).map(e => e.outerHTML.slice(0, 200))"""
OUTSIDE = """() => [...document.querySelectorAll('body *')].filter(e => {
    const box = e.getBoundingClientRect()
    const scrolls = e.parentElement.closest('.wide, pre'), hidden = e.closest('thead')
    return !scrolls && !hidden && box.width && (box.left < -1 || box.right > innerWidth + 1)
}).map(e => e.outerHTML.slice(0, 200))"""
# Headings and captions whose text begins or ends outside the window.
TITLES_OUTSIDE = """() => [...document.querySelectorAll('h1, h2, h3, h4, caption, figcaption, summary')].filter(e => {
    const text = document.createRange()
    text.selectNodeContents(e)
    const box = text.getBoundingClientRect()
    return box.width && (box.left < 0 || box.right > innerWidth)
}).map(e => e.outerHTML.slice(0, 200))"""
SCROLLING = """() => [...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth)
    .map(e => e.innerText.slice(0, 200))"""
# Names of figures that stand in two lines, but in hidden heads of tables, which are as narrow as can be.
BROKEN = """() => [...document.querySelectorAll('th, strong, .ends')].filter(e => {
    const head = e.closest('thead')
    if (head && getComputedStyle(head).clipPath !== 'none') return false
    const texts = document.createTreeWalker(e, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) {
        const node = texts.currentNode
        for (const { index, 0: word } of node.data.matchAll(/m[a-z]+-\\u2060?F1/g)) {
            const range = document.createRange()
            range.setStart(node, index)
            range.setEnd(node, index + word.length)
            if (new Set([...range.getClientRects()].filter(r => r.width).map(r => r.top)).size > 1) return true
        }
    }
}).map(e => e.outerHTML.slice(0, 200))"""
WIDTH = """text => {
    const probe = document.body.appendChild(document.createElement('span'))
    probe.style.whiteSpace = 'nowrap'
    probe.textContent = text
    const width = probe.getBoundingClientRect().width
    probe.remove()
    return width
}"""
# Where the first and the last letter of an element's text stand.
ENDS = """element => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), node = walker.nextNode()
    const at = n => { const r = document.createRange(); r.setStart(node, n); r.setEnd(node, n + 1)
        return r.getBoundingClientRect().left }
    return [at(0), at(node.textContent.trimEnd().length - 1)]
}"""


@dataclass
class Opened:
    """A page in the browser, with what it asked for and said."""

    page: object
    name: str
    requests: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def files(tracked, artifacts, tmp_path_factory) -> dict[str, Path]:
    """The pages: of a run with all parts, of a run that was killed, the board of runs, the leaderboard of protocols."""
    folder = tmp_path_factory.mktemp("pages")
    whole = folder / "whole"
    shutil.copytree(artifacts, whole, ignore=shutil.ignore_patterns("model_file", "predictions"))
    (whole / "errors").mkdir(exist_ok=True)
    (whole / "errors" / "sample-test.json").write_text(json.dumps([ERROR] * 3), encoding="utf-8")
    curve = {"articles": [90, 180], "heads": {"sector.accuracy": HEAD, "tone.macro_f1": HEAD}}
    (whole / "learning_curve.json").write_text(json.dumps(curve), encoding="utf-8")
    killed = folder / "killed"
    killed.mkdir()
    run = json.loads((whole / "run.json").read_text(encoding="utf-8"))
    (killed / "run.json").write_text(json.dumps(run | {"status": "KILLED"}), encoding="utf-8")
    with opened(tracked.run.uri) as store:
        job = tracked_jobs(store)[0]
    other = replace(job.run, run_id="b" * 32, params=job.run.params | {"heads.tone.C": "8.0", "folds": "x" * 300})
    jobs = [replace(job, aliases=("champion",)), Job(other, "2" * 64, ())]
    pages = {
        "run": run_page(whole),
        "killed": run_page(killed),
        "board": board_page(boards(jobs, "tone"), "tone"),
        "leaderboard": page(leaderboard(list(outcomes()))),
    }
    for name, html in pages.items():
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in pages}


def outcomes() -> Iterator[TrackedOutcome]:
    """Figures by every protocol that has a form of its own, of a run with a long id and a long command."""
    corpora = ("sanad-khaleej", "ant-multisource", "ant-jawhara", "hespress-2020", "ahdath-2021")
    asked = [("official", "arsarcasm-v2", "arsarcasm-v2", "tone", "f_pn")]
    asked += [("cross-corpus", one, two, "topic", "macro_f1") for one in corpora for two in corpora]
    for protocol, corpus, trained_on, task, metric in asked:
        outcome = Outcome(
            protocol=protocol, task=task, system="baseline", corpus=corpus, trained_on=trained_on, part="",
            labels="own", metric=metric, n_train=12548, n_test=3000, n_test_deduplicated=2933, n_left_out=0,
            raw=Interval(0.7, 0.6, 0.8), deduplicated=Interval(0.7, 0.6, 0.8), f1={}, seconds=1.0, split_digest="0",
        )  # fmt: skip
        command = "khabar evaluate --protocol official --system configs/a-system-of-ones-own.yaml arsarcasm-v2"
        yield TrackedOutcome(outcome, "a" * 32, datetime(2030, 1, 2, tzinfo=UTC), "0" * 40, True, command)


@pytest.fixture(scope="module", params=SIZES)
def viewport(request) -> dict[str, int]:
    width, height = SIZES[request.param]
    return {"width": width, "height": height}


@pytest.fixture(scope="module", params=["run", "killed", "board", "leaderboard"])
def shown(request, browser, files, viewport) -> Iterator[Opened]:
    """A page with all that it folds away unfolded."""
    seen = Opened(browser.new_page(viewport=viewport), name=request.param)
    seen.page.on("request", lambda asked: seen.requests.append(asked.url))
    seen.page.on("console", lambda message: seen.said.append(message.text))
    seen.page.on("pageerror", lambda error: seen.said.append(str(error)))
    seen.page.goto(files[request.param].as_uri())
    seen.page.evaluate("document.querySelectorAll('details').forEach(folded => folded.open = true)")
    yield seen
    seen.page.close()


def test_no_request_leaves_the_page_and_nothing_is_wrong_with_it(shown, files):
    outside = [url for url in shown.requests if not url.startswith("data:image/png;base64,")]
    assert (outside, shown.said) == ([files[shown.name].as_uri()], [])


def test_the_page_does_not_scroll_sideways(shown):
    scroll, client = shown.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert scroll <= client


def test_nothing_stands_outside_the_page(shown):
    assert shown.page.evaluate(OUTSIDE) == []


def test_headings_and_captions_can_be_read_without_scrolling(shown):
    assert shown.page.evaluate(TITLES_OUTSIDE) == []


def test_tables_of_runs_can_be_read_without_scrolling(shown):
    if shown.name == "leaderboard":
        pytest.skip("its matrices have a column for each corpus")
    assert shown.page.evaluate(SCROLLING) == []


def test_names_of_figures_are_not_broken_at_their_hyphen(shown):
    assert shown.page.evaluate(BROKEN) == []


def test_no_text_is_cut(shown):
    assert shown.page.evaluate(CUT) == []


def test_all_pictures_are_there(shown):
    widths = shown.page.evaluate("[...document.images].map(picture => picture.complete && picture.naturalWidth)")
    assert all(widths)
    assert (len(widths) > 7) == (shown.name == "run")


def test_the_page_reads_in_its_languages_direction(shown):
    direction = "ltr" if shown.name == "leaderboard" else "rtl"
    assert shown.page.evaluate("getComputedStyle(document.body).direction") == direction
    heading = shown.page.locator("h1, h2").filter(has_text=re.compile("^[ء-ي]" if direction == "rtl" else "^[A-Z]"))
    first, last = heading.first.evaluate(ENDS)
    assert (first > last) == (direction == "rtl")


def test_letters_of_arabic_are_joined(shown):
    joined, apart = (shown.page.evaluate(WIDTH, word) for word in ("سيسيسي", "س\u200cي\u200cس\u200cي\u200cس\u200cي"))
    assert 0 < joined < apart * 0.9


def test_figures_and_ids_read_from_left_to_right(shown):
    if shown.name == "leaderboard":
        pytest.skip("all of it does")
    turned = shown.page.evaluate(
        f"[...document.querySelectorAll('bdi[dir=ltr]')].filter(e => /^[\\w.:-]{{2,12}}$/.test(e.textContent))"
        f".filter(e => {{ const [first, last] = ({ENDS})(e); return first >= last }}).map(e => e.outerHTML)"
    )
    assert turned == []


def test_what_is_folded_away_is_printed(browser, files):
    page = browser.new_page()
    page.goto(files["run"].as_uri())
    folded = "[...document.querySelectorAll('details:not([open]) pre')].map(e => e.checkVisibility())"
    assert not any(page.evaluate(folded))
    page.emulate_media(media="print")
    printed = page.evaluate(folded)
    page.close()
    assert len(printed) == 2
    assert all(printed)
