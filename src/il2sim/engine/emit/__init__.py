"""Programs and methods turned into LLVM IR, at any lane width.

`builder` writes IR; `functions` are exp, log and pow in strict arithmetic; `formulas`
turns statements into functions; `step` is one attempt of any Rosenbrock table;
`places`, `lane` and `pace` are the control of one lane; `kernel` puts them together.
`machine` makes machine code of the text, for any processor, and is the one door to
llvmlite; `substitutes` are what a processor lacks.
"""
