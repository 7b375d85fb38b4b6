"""What can go wrong, by name: every error khabar raises says what was found, what was expected, what to do next."""


class KhabarError(Exception):
    """Base of all errors that khabar raises on purpose; commands print it without a traceback."""


class MissingExtraError(KhabarError):
    """A command or function needs an optional extra that is not installed."""


class ModelError(KhabarError):
    """A model file cannot be used."""


class ModelNotFoundError(ModelError):
    """There is no file at the model's path."""


class ModelFormatError(ModelError):
    """The file is not a khabar model (a pickle, a zip, another safetensors file)."""


class ModelTruncatedError(ModelError):
    """The file is shorter than its header says."""


class ModelAlteredError(ModelError):
    """The file's bytes do not match the digest written into it."""


class ModelVersionError(ModelError):
    """The file was written in a format newer than this khabar reads."""


class SmokeCheckError(ModelError):
    """The model does not give its smoke articles the scores it was saved with."""


class InputError(KhabarError):
    """An input file or value cannot be read as articles."""


class CorpusError(KhabarError):
    """A corpus is missing, altered or not laid out as its reader expects."""


class ConfigError(KhabarError):
    """A training config is not valid."""
