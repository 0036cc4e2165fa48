"""Shipped studies: published regimens as TOML files, to run, to copy and to change.

Each file carries the question, the regimen with its sources, and the published values
that the answer is compared with. They are read by `il2sim.formats.study_file`.
"""
