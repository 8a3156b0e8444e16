"""What the component exports: the rule of `rule.py`. There is nothing to change here."""

import sealed

with sealed.judged():
    from rule import RULE

from syncline_rules import component

Configurable, Scoping, Matching, Mapping = component(RULE)


class Manifest(Configurable):
    def configure(self, settings):
        sealed.complete()
        return super().configure(settings)
