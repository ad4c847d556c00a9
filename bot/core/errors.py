"""What can go wrong in the core, by who can act.

CoreError
├── IntakeFull          the platform: deliver again later
├── StateUnavailable    the operator: the database does not answer
└── ChannelError
    ├── ChannelUnavailable   trying again may help; `retry_after_s` says when
    └── ChannelRefused       the platform understood and said no
        └── FileTooLarge     an attached file has more in it than is read
"""


class CoreError(Exception):
    """Anything the core raises on purpose."""


class IntakeFull(CoreError):
    """No room for another event; the platform is told to deliver it again."""


class StateUnavailable(CoreError):
    """The state store does not answer."""


class ChannelError(CoreError):
    """A platform did not take what we sent."""


class ChannelUnavailable(ChannelError):
    """No answer, or a passing failure; trying again may help.

    retry_after_s: how long the platform asked us to wait, if it did.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ChannelRefused(ChannelError):
    """The platform understood us and said no; trying again cannot help.

    code: the platform's own word, e.g. "not_in_channel".
    """

    def __init__(self, code: str) -> None:
        super().__init__(f"the platform refused: {code}")
        self.code = code


class FileTooLarge(ChannelRefused):
    """An attached file is larger than what may be read of it."""

    def __init__(self) -> None:
        super().__init__("too_large")
