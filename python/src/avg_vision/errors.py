"""What can go wrong with the program behind an environment."""


class ServerError(RuntimeError):
    """The program cannot be found, refuses what it was asked for, does not keep to the protocol, or is gone.

    Its message says which, and what to do. The environment cannot be used any more; make another one.
    """
