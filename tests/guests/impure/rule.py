"""Does what a rule must not, or cannot: the department says what. Tried by `cargo xtask guests`."""

import datetime
import os
import sys
import time

from syncline_rules import Change, Rule, Ruleset, compute, text

calls = []


def deeper():
    return deeper() + ""


def printed():
    print("printed")
    return "printed"


def cryptography():
    import hashlib_that_is_nowhere


def remembered():
    """What the last call remembered would show as another answer."""
    calls.append(1)
    return str(len(calls) > 512).lower()


def parsed():
    moment = datetime.datetime.strptime("2026-01-02T03:04:05+0000", "%Y-%m-%dT%H:%M:%S%z")
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


DEEDS = {
    "clock": lambda: time.time(),
    "date": lambda: datetime.datetime.now(),
    "performance": lambda: time.strftime("%Y"),
    "randomness": lambda: os.urandom(4).hex(),
    "cryptography": cryptography,
    "network": lambda: open("/etc/hosts").read(),
    "timer": lambda: time.sleep(1),
    "mistake": lambda: sys.exit(1),
    "recursion": deeper,
    "surrogate": lambda: "\ud800",
    "printed": printed,
    "parsed": parsed,
    "locale": lambda: f"{str('ı' > 'z').lower()} {'I'.lower()} {time.timezone}",
    "remembered": remembered,
}


def change(deed):
    return Change.set(DEEDS[deed]()) if deed in DEEDS else Change.keep


RULE = Rule(
    name="impure",
    version="1.0.0",
    summary="Does what a rule must not",
    rulesets=lambda settings: [
        Ruleset("user").shape("guest").outputs(compute("department", [text("department")], change))
    ],
)
