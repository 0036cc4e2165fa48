"""The doors: the command line, and what it calls.

`run` carries a study out and fills its folder; `explain` says why; `validate` judges
the model by published trials and, in `receptors`, by published plates; `fit_command`
reruns the shipped fits, one file for each, and `calibration` says whether that of the
body is of today; `tables` lays results and lists out for a terminal; `report` sets the
page to hand on; `cli` has the commands and their options, and nothing is computed in
it; `serve` is the same in the browser.

Reading order: `run`, `carry`, `folder`, `explain`, `validate`, `receptors`, `fit`,
`fit_command`, `fit_body`, `calibration`, `tables`, `report`, `cli`; `serve`.
"""
