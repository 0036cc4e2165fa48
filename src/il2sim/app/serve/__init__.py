"""The same in the browser: a local server, its HTTP API, and one page.

Nothing of the biology is computed here: a slider becomes a study (`scenario`), a study
becomes bands (`answers`), and a run is what the command line would do (`runs`). The
one door to FastAPI and uvicorn.

Reading order: `limits`, `messages`, `scenario`, `answers`, `niceness`,
`background`, `runs`, `facts`, `published`; `gate`, `routes`, `server`; `static/`
holds the page.
"""
