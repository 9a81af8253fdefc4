#!/usr/bin/env python3
"""upstream.py with more cases of each kind. Their outcomes are in siblings.json."""
import asyncio, os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from upstream import *  # noqa: F403
import upstream

OPENAI.update({
    # Endings: the reasons of other dialects than OpenAI's.
    "length-mistral": stream(sse(d("As far as "), d("it goes", finish="model_length")), DONE),
})

ANTHROPIC.update({
    "claude-length": stream(astart(), ABLOCK, atext("As far as it goes"), AEND, astop("max_tokens")),
})

if __name__ == "__main__": asyncio.run(upstream.main())
