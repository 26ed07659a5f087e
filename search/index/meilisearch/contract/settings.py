"""Points on version and settings: the server takes what is declared, says it back, and refuses what it does not know."""

from __future__ import annotations

from search.index.meilisearch import declared
from search.index.meilisearch.contract.trial import Checks, Outcome, Trial, Tried


def _is_new_enough(trial: Trial) -> Outcome:
    trial.engine.check_server()  # raises with both numbers
    return True, True


def _said_back(name: str) -> Tried:
    def tried(trial: Trial) -> Outcome:
        server = trial.engine.writing.settings_of(trial.name)
        wanted = declared.SETTINGS[name]
        return (wanted, wanted) if name not in declared.differences(server) else (wanted, server.get(name))

    return tried


def _difference_is_seen(trial: Trial) -> Outcome:
    writing = trial.engine.writing
    writing.wait(writing.declare(trial.name, {"searchCutoffMs": 799}))
    seen = trial.engine.settings_that_differ()
    trial.engine.set_up()
    return (["searchCutoffMs"], []), (seen, trial.engine.settings_that_differ())


def _refused(patch: dict[str, object], says: str) -> Tried:
    def tried(trial: Trial) -> Outcome:
        return says, trial.wire.said("PATCH", f"/indexes/{trial.name}/settings", patch, key=trial.server.index_key)

    return tried


CHECKS: Checks = (
    ("the version is new enough", _is_new_enough),
    *((f"{name} is said back as declared", _said_back(name)) for name in declared.SETTINGS),
    ("a setting that differs is seen and set again", _difference_is_seen),
    ("an unknown setting is refused", _refused({"searchableAttribute": ["x"]}, "400 bad_request")),
    ("an unknown ranking rule is refused", _refused({"rankingRules": ["nonsense"]}, "400 invalid_settings_ranking_rules")),
)
