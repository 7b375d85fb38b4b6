"""How unified-fc is laid out: a JSON file a claim with the pages found for it, and the claims of five folds."""

import json

from khabar.datasets.archive import read_members
from khabar.datasets.article import Article
from khabar.datasets.catalog import CorpusEntry
from khabar.datasets.label_maps import label_meaning


def read_unified_fc(corpus: CorpusEntry) -> list[Article]:
    """Articles of `dataset/<claim>.json` as `<claim>#<index>`, against their claim; folds are of whole claims."""
    claims = []
    folds = ""
    for name, content in read_members(corpus):
        if name.endswith(".json"):
            claims.append(json.loads(content))
        else:
            folds = content.decode("utf-8")
    fold_of = _fold_of_each_claim(folds)
    return [
        Article(
            corpus=corpus.name,
            id=f"{claim['id']}#{index}",
            outlet=corpus.outlets[0],
            text=text.strip(),
            labels=(label,),
            split=fold_of[claim["id"]],
            stance=label_meaning(corpus.name, label).stance,
            target=claim["claim"].strip(),
        )
        for claim in claims
        for index, (text, label) in enumerate(zip(claim["article"], claim["stance"], strict=True))
    ]


def _fold_of_each_claim(lines: str) -> dict[str, str]:
    """The fold of each claim from lines such as "Fold_1: V-479 V-249"."""
    folds = {}
    for line in lines.split("\n"):
        name, _, claims = line.partition(":")
        folds.update(dict.fromkeys(claims.split(), name.lower().replace("_", "")))
    return folds
