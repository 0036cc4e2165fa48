"""``python -m il2sim``: the same as the command ``il2sim``."""

from il2sim.app.cli import main

main()
