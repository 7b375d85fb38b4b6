"""What stops a sweep but a wrong config: in a file of its own, as processes that fit need not import Optuna for it."""

from khabar.inference.errors import KhabarError


class SweepError(KhabarError):
    """A sweep cannot be run where it was told to, or not go on."""
