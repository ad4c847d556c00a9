"""What can go wrong in knowledge, by who can act.

KnowledgeError
├── PathMissing             whoever typed it: nothing is there
├── DocumentUnreadable      the document's owner: mend or convert the file
├── CorpusInvalid           whoever wrote the JSON Lines: mend that line
├── PartUnknown             whoever typed it: name a part that takes part
├── PartNeeded              whoever typed it: leave less out
├── CalibrationUnreadable   the operator: calibrate again
├── CalibrationImpossible   whoever calibrates: label more questions, or allow more errors
├── StoreUnavailable        the operator; trying again may help
│   ├── StoreLocked         another process holds the data folder
│   ├── StoreForbidden      the operator: the key is missing, wrong, or may not do that
│   ├── StoreMissing        the collection is gone; it is made again, or was replaced by another
│   └── StoreOutdated       the operator: `deskmate reindex`, or another folder or collection
├── StorageFull             the operator: make room
├── BackupInvalid           whoever restores: the file is no backup, or was changed or cut off
├── RestoreRefused          the operator: something is there already, or is in use
├── ReindexRefused          the operator: there is nothing to embed anew, or not now
├── EngineUnavailable       the operator; trying again may help
│   └── EngineBusy          nobody: it has more to do than it can; trying again later helps
├── EngineRefused           nobody: this request cannot succeed
│   ├── PromptTooLong       the caller: send less
│   └── EgressRefused       the operator, by [egress]: this prompt may not leave the house
└── ModelError
    ├── ModelUnknown        whoever wrote the configuration
    ├── ModelUnreachable    the network; trying again may help
    ├── ModelUnpinned       the operator: say which sha256 the file must have
    ├── ModelUnreadable     nobody: the file is broken or of another kind
    └── ModelCorrupt        the file is not the one the catalogue names
"""


class KnowledgeError(Exception):
    """Anything the knowledge package raises on purpose."""


class PathMissing(KnowledgeError):
    """A file or folder that was named and is not there."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} does not exist")
        self.path = path


class DocumentUnreadable(KnowledgeError):
    """A file that no parser can turn into text."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class CorpusInvalid(KnowledgeError):
    """A line of a JSON Lines file that breaks its format."""

    def __init__(self, path: str, line: int, reason: str) -> None:
        super().__init__(f"{path}, line {line}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason


class PartUnknown(KnowledgeError):
    """A part of the pipeline that should be left out, and takes no part in it."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"no part is called {name!r}; the parts are {', '.join(known)}")
        self.name = name
        self.known = known


class PartNeeded(KnowledgeError):
    """A part of the pipeline that should be left out, and is the last of its kind."""

    def __init__(self, name: str) -> None:
        super().__init__(f"without {name!r} there is nothing left to search with")
        self.name = name


class CalibrationUnreadable(KnowledgeError):
    """A fitted threshold is not what was stored. deciders: what it was fitted for."""

    def __init__(self, deciders: str) -> None:
        super().__init__(f"the threshold for {deciders} cannot be read: `deskmate calibrate` again")
        self.deciders = deciders


class CalibrationImpossible(KnowledgeError):
    """No threshold keeps the error budget on these questions."""


class StoreUnavailable(KnowledgeError):
    """The passage store does not answer; trying again may help."""


class StoreLocked(StoreUnavailable):
    """Another process holds the data folder."""

    def __init__(self, folder: str) -> None:
        super().__init__(f"{folder} is in use by another Deskmate process")
        self.folder = folder


class StoreForbidden(StoreUnavailable):
    """The server does not let us in; trying again cannot help."""

    def __init__(self, url: str, status: int) -> None:
        super().__init__(
            f"{url} refuses our key ({status}): check [knowledge] qdrant_api_key and what it may do"
        )
        self.url = url
        self.status = status


class StoreMissing(StoreUnavailable):
    """There is no such collection any more."""


class StoreOutdated(StoreUnavailable):
    """The store was made for other vectors than the configured ones; trying again cannot help."""

    def __init__(self, *, stored: str, configured: str) -> None:
        super().__init__(
            f"the store has {stored}, the configuration asks for {configured}: "
            "`deskmate reindex` embeds it anew, or ingest into a fresh folder or collection"
        )
        self.stored = stored
        self.configured = configured


class StorageFull(KnowledgeError):
    """No room left on the disk; nothing half-written was kept."""

    def __init__(self, path: str) -> None:
        super().__init__(f"no space left on the disk while writing {path}")
        self.path = path


class BackupInvalid(KnowledgeError):
    """A file that is no backup of ours, or not as it was written; nothing was changed by it."""


class RestoreRefused(KnowledgeError):
    """A backup that cannot be restored as things are; nothing was changed."""


class ReindexRefused(KnowledgeError):
    """Passages that cannot be embedded anew as things are; the message says what to do first."""


class EngineUnavailable(KnowledgeError):
    """An engine did not answer in time or broke; trying again may help."""


class EngineBusy(EngineUnavailable):
    """An engine that has more to do than it can.

    retry_after_s: it asked not to be asked again sooner; None where it did not say.
    """

    def __init__(self, reason: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class EngineRefused(KnowledgeError):
    """An engine understood the request and said no; trying again cannot help."""


class PromptTooLong(EngineRefused):
    """The prompt does not fit the model's context."""

    def __init__(self, tokens: int, context_tokens: int) -> None:
        super().__init__(f"the prompt has {tokens} tokens, the model takes {context_tokens}")
        self.tokens = tokens
        self.context_tokens = context_tokens


class EgressRefused(EngineRefused):
    """A prompt that may not leave the house, and did not."""


class ModelError(KnowledgeError):
    """Weights that are missing or wrong."""


class ModelUnknown(ModelError):
    """A name that is neither in the catalogue nor a file."""

    def __init__(self, name: str, known: tuple[str, ...] = ()) -> None:
        hint = f"; the catalogue has {', '.join(known)}" if known else ""
        super().__init__(f"no model called {name!r}{hint}")
        self.name = name
        self.known = known


class ModelUnreachable(ModelError):
    """Weights that could not be downloaded; what arrived is kept for the next try."""


class ModelUnpinned(ModelError):
    """A catalogue entry whose sha256 nobody wrote down yet: the operator has to name it."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the catalogue knows no sha256 of {name!r}; give the one to expect with --sha256"
        )
        self.name = name


class ModelUnreadable(ModelError):
    """A weight file that breaks its format, or is of a kind the engine cannot load."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class ModelCorrupt(ModelError):
    """A weight file whose sha256 is not the catalogue's."""

    def __init__(self, path: str, expected: str, found: str) -> None:
        super().__init__(f"{path} has sha256 {found}, the catalogue names {expected}")
        self.path = path
        self.expected = expected
        self.found = found
