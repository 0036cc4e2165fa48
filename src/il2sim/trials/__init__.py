"""Shipped trials: arms, endpoints and noise as TOML files, to run, copy and change.

They are read by `il2sim.formats.trial_file`.
"""
