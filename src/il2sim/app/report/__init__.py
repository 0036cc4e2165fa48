"""The report of a run: one file to read, print and hand on.

`report.html` needs nothing but itself: no script, no font, no picture from elsewhere.
What it says is gathered here as plain values; how it looks stands in ``page.html`` and
``page.css``, which escape whatever comes from a user's file.

Reading order: `wording`, `timeline`, `context`, `contents`, `trial`, `page`.
"""
