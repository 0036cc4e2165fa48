"""Files: our own study file now, other people's formats later.

Each file is read into the package's own objects and checked as a whole before anything
is computed; what cannot be read is refused with the line that would mend it.

Reading order: `study_file`, `card_file`.
"""
