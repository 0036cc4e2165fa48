"""Shipped protocols: published regimens with their rules, to show and to copy.

Each file carries the regimen, the rules that decide about its doses, visits, and where
they come from; what of a protocol the model cannot look at stands there as text. They
are read by `il2sim.formats.protocol_file`.
"""
