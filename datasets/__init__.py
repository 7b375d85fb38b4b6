"""Corpora and labels of Arabic news, read into one table of articles with sectors, tone and stance.

`corpora.read` gives a publisher's corpus, `annotated.load` the annotated articles, `sample.load` the articles
that ship with the package, `duplicates` keeps near-duplicates out of training.  Nothing here touches the
network except `fetch.fetch`, which is called by name.
"""
