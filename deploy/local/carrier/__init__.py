"""The carrier of the demo and the tests: a small SMPP 3.4 network with the families' handsets behind it.

A process of its own that any SMPP client can bind to. It must never import a service: it is the other side of the wire,
and shares nothing with the notifier but the protocol.
"""
