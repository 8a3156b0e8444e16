"""Takes away what would make a rule impure, before any of the rule is imported. There is nothing to
change here.

A component has no clock, no randomness and no files, but Python has words for them. Without this,
`random` would give the same numbers in each call, so that an object's value followed from its place
among others, and the rest would end the call without a reason. A rule that uses such a word holds the
object and says so, or is not built.
"""

import builtins
import contextlib
import datetime
import importlib.abc
import os
import sys
import time

# Python imports these only when they are first needed, which inside a component is too late.
import _strptime  # noqa: F401
import encodings.ascii  # noqa: F401
import encodings.idna  # noqa: F401
import encodings.latin_1  # noqa: F401
import encodings.punycode  # noqa: F401
import unicodedata  # noqa: F401

from wit_world.imports import log


def _missing(what):
    def refuse(*_, **__):
        raise RuntimeError(f"a rule has no {what}")

    return refuse


_no_clock = _missing("clock; name NOW among the inputs")
_no_files = _missing("files")

for _name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns",
              "process_time", "process_time_ns", "thread_time", "thread_time_ns", "sleep"):
    if hasattr(time, _name):
        setattr(time, _name, _no_clock)


def _of_now(name, most):
    """Takes from a function the time that it uses where it is given none."""
    function = getattr(time, name)

    def of(*given):
        return function(*given) if len(given) >= most else _no_clock()

    setattr(time, name, of)


for _name, _most in (("gmtime", 1), ("localtime", 1), ("ctime", 1), ("asctime", 1), ("strftime", 2)):
    _of_now(_name, _most)


class _Date(datetime.date):
    today = classmethod(_no_clock)


class _DateTime(datetime.datetime):
    now = classmethod(_no_clock)
    today = classmethod(_no_clock)
    utcnow = classmethod(_no_clock)


_Date.__name__ = _Date.__qualname__ = "date"
_DateTime.__name__ = _DateTime.__qualname__ = "datetime"
datetime.date, datetime.datetime = _Date, _DateTime

os.urandom = _missing("randomness")
builtins.open = _no_files
builtins.input = _missing("one to ask")
for _name in ("open", "listdir", "scandir", "stat", "mkdir", "remove", "rename", "_exit", "abort"):
    if hasattr(os, _name):
        setattr(os, _name, _no_files)


def _print(*words, sep=" ", **_):
    log.write(log.Level.INFO, (" " if sep is None else sep).join(str(word) for word in words))


builtins.print = _print

#: Modules that are of no use to a rule, and why.
_GONE = {
    "random": "a rule has no randomness",
    "secrets": "a rule has no randomness",
    "uuid": "a rule has no randomness",
    "socket": "a rule has no network",
    "subprocess": "a rule starts no programs",
    "tempfile": "a rule has no files",
    "threading": "a rule has no threads",
}


class _Imports(importlib.abc.MetaPathFinder):
    """Says why a module is not there."""

    def __init__(self):
        #: Whether the rule is being imported.
        self.judging = False
        #: Whether the component is complete: what was not imported by then is not in it.
        self.complete = False

    def find_spec(self, name, path=None, target=None):
        if self.judging and name in _GONE:
            raise ImportError(f"no {name}: {_GONE[name]}", name=name)
        if self.complete:
            raise ImportError(f"{name} is not in the component: import it at the top of the rule", name=name)
        return None


_imports = _Imports()
sys.meta_path.insert(0, _imports)


@contextlib.contextmanager
def judged():
    """Has the imports of the rule judged; those of the tools that make the component are not."""
    known = {name: sys.modules.pop(name) for name in _GONE if name in sys.modules}
    _imports.judging = True
    yield
    _imports.judging = False
    sys.modules.update(known)


def complete():
    """Says that the component is complete, which it is once it is called."""
    _imports.complete = True
