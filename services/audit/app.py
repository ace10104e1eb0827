"""The audit service's HTTP side put together: the log for whoever may read it, its proof for everybody, the concerns."""

import os
from pathlib import Path

from flask import Flask

from services.audit.api import completeness, concerns, entries, evidence, exports, findings, inspections, tiles
from services.audit.pages import completeness as completeness_pages
from services.audit.pages import concerns as concern_pages
from services.audit.pages import entry as entry_pages
from services.audit.pages import evidence as evidence_pages
from services.audit.pages import explorer
from services.audit.pages import exports as export_pages
from services.audit.pages import findings as finding_pages
from services.audit.pages import inspections as inspection_pages
from services.audit.pages.evidence_words import EVIDENCE_WORDS
from services.audit.pages.words import AUDIT_WORDS
from services.audit.watch.condition import LogCollector, condition_of
from services.audit.wiring import open_front
from shared.app import service_app
from shared.config import Settings, load_settings
from shared.logs import configure_logs
from shared.pages.navigation import DEMO_MENU, MENU
from shared.pages.words import joined
from shared.runtime import open_runtime


def create_app(settings: Settings | None = None) -> Flask:
    """The app; settings come from the environment unless given. Make it after a fork. Raises ConfigError."""
    if settings is None:
        configure_logs("audit")
        settings = load_settings(os.environ)
    front = open_front(open_runtime(settings, "audit"))
    inspecting = (inspection_pages, finding_pages)
    logs = (tiles, explorer, entry_pages, export_pages, completeness_pages)
    return service_app(
        front.runtime,
        blueprints=[
            each.blueprint(front) for each in (entries, concerns, evidence, exports, inspections, findings, completeness)
        ],
        pages=[each.blueprint(front) for each in (*logs, concern_pages, evidence_pages, *inspecting)],
        folder=Path(__file__).parent / "pages",
        links=DEMO_MENU if settings.demo else MENU,
        words=joined(AUDIT_WORDS, EVIDENCE_WORDS),
        quiet_extra=front.queries.quiet,
        ready_extra=lambda: {"log": condition_of(front.runtime.database, front.runtime.machine_clock).part()},
        figures=[LogCollector(front.runtime.database, front.runtime.machine_clock)],
    )
