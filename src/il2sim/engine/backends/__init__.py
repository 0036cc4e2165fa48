"""Devices: each finds resting states and runs problems, and returns `Raw` arrays.

`reference` is SciPy in plain sight and arbitrates; `cpu` is native code. To add one,
add a file with the two functions of `engine.solve.Backend`.
"""
