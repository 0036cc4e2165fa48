"""An open simulator of interleukin-2 therapy, from receptors to patients."""
