"""Files: our studies, trials, protocols, cards and plans, and formats of other people.

Each file is read into the package's own objects and checked as a whole before anything
is computed; what cannot be read is refused with the line that would mend it.

Reading order: `toml_file`, `refusals`, `treated`; `study_file`, `protocol_file`,
`trial_file`, `card_file`, `plan_file`; `nonmem`, `dosing`, `sbml`.
"""
