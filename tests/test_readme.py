"""The README's example runs as it stands."""

import doctest
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def test_the_examples_of_the_readme_give_what_it_says():
    parsed = doctest.DocTestParser().get_doctest(_examples(), {}, "README.md", str(README), 0)
    assert len(parsed.examples) >= 5
    assert doctest.DocTestRunner(verbose=False).run(parsed).failed == 0


def _examples() -> str:
    """Give the first block of Python alone: its closing fence would read as output."""
    return README.read_text(encoding="utf-8").split("```python\n", 1)[1].split("```", 1)[0]
