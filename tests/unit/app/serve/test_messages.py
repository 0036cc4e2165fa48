"""Replies as they cross the wire."""

import json

import numpy as np

from il2sim.app.serve.messages import as_json


def test_what_is_not_finite_is_null_and_the_rest_keeps_its_bits():
    """A browser reads no NaN; all other numbers come back as they were."""
    reply = {"a": [0.1 + 0.2, np.float64(1 / 3)], "b": [np.nan, np.inf, -np.inf]}
    told = json.loads(as_json(reply))
    assert told == {"a": reply["a"], "b": [None, None, None]}
