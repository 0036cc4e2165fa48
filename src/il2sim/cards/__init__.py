"""Trial cards: published trials as TOML files, with the bands that judge the model.

Read by `il2sim.formats.card_file`; the rule of the split into calibration and held out,
and the date it was frozen, are in the README beside them.
"""
