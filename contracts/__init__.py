"""The contract of the events, written down: for readers (`docs/asyncapi.yaml`, `docs/events/`) and for the next release.

A tool of the repository; nothing here is shipped, and nothing that runs reads what it writes. It lies outside `shared`, since
it must see both the catalogue and who handles what in every service, which no part of the county may.

    python -m contracts            write the documents anew (make contracts)
    python -m contracts release    keep the contract of this version for ever (make release-contract)
"""
