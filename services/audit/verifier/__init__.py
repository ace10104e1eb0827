"""The offline verifier: what an inspector runs on a laptop of their own, with a bundle and the log's public key.

Imports the standard library, `cryptography` and `services.audit.model`, nothing else (a test holds it), so that it can be
carried as one file. Trusts nothing in the bundle; never writes but to temporary files of its own.
"""

from services.audit.verifier.report import Finding, Report
from services.audit.verifier.trust import Trust, trust
from services.audit.verifier.verify import verify_bundle

__all__ = ["Finding", "Report", "Trust", "trust", "verify_bundle"]
