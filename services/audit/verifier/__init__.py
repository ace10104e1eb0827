"""The offline verifier: what an inspector runs on a laptop of their own, with a bundle and the log's public key.

Imports the standard library, `cryptography` and `services.audit.model`, nothing else (a test holds it), so that it can be
carried as one file. Trusts nothing in the bundle; never writes but to temporary files of its own.
"""

from services.audit.verifier.one import OneReport, verify_one
from services.audit.verifier.report import Finding, Report
from services.audit.verifier.trust import Trust, trust
from services.audit.verifier.verify import verify_bundle
from services.audit.verifier.what import verify

__all__ = ["Finding", "OneReport", "Report", "Trust", "trust", "verify", "verify_bundle", "verify_one"]
