#!/usr/bin/env python3
"""upstream.py with more cases of each kind. Their outcomes are in siblings.json."""
import asyncio, base64, os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from upstream import *  # noqa: F403
import upstream

def fin(reason, text="Half a sent", **more): return stream(sse(d(text, role="assistant"), {"choices": [{"index": 0, "delta": {}, "finish_reason": reason, **more}]}), DONE)
def lines(*docs, end="\n"): return "".join((x if isinstance(x, str) else json.dumps(x)) + end for x in docs).encode()
def raw(*steps, kind=EV, **headers): return ("200 OK", {"content-type": kind, **{k.replace("_", "-"): v for k, v in headers.items()}}, list(steps))
WHOLE = {"id": "x", "object": "chat.completion", "choices": [{"index": 0, "message": {"role": "assistant", "content": "All fine."}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 4, "completion_tokens": 7}}

def every(reason, last=DONE):
    out = [sse(d("", finish=reason, role="assistant"))]
    for w in ["First ", "second ", "third."]: out += [2.5, sse(d(w, finish=reason))]
    return stream(*out, last)

OPENAI.update({
    # Endings: the reasons of other dialects than OpenAI's.
    **{f"length-{r}": fin(r) for r in ["length", "max_tokens", "MAX_TOKENS", "model_length", "max_output_tokens"]},
    **{f"done-{r}": fin(r, "All fine.") for r in ["stop", "STOP", "eos", "end_turn", "stop_sequence", "COMPLETE", "something_new"]},
    **{f"filter-{r}": fin(r) for r in ["content_filter", "SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "content_filter: SAFETY", "sensitive"]},
    **{f"broken-{r}": fin(r) for r in ["error", "insufficient_system_resource", "abort", "network_error", "MALFORMED_FUNCTION_CALL", "OTHER"]},
    **{f"unsaid-{i}": stream(sse(d("All ", finish=r), d("fine.", finish=r)), DONE) for i, r in enumerate(["", "null", "None", " ", "FINISH_REASON_UNSPECIFIED"])},
    "window-mid": fin("model_context_window_exceeded"),
    "window-first": fin("context_length_exceeded", ""),
    "length-empty": fin("length", ""),
    "length-only-reasoning": stream(sse(d(reasoning_content="Let me think"), d(finish="length")), DONE),
    "broken-empty": fin("error", ""),
    "refusal-reason-empty": fin("refusal", ""),
    "refusal-words-and-reason": stream(sse(d(refusal="I can't help with that."), d(finish="content_filter")), DONE),
    "refusal-in-document": doc("200 OK", {"choices": [{"index": 0, "message": {"role": "assistant", "content": None, "refusal": "I can't help with that."}, "finish_reason": "stop"}]}),
    "no-end-done": stream(sse(d("All "), d("fine.")), DONE),
    "white-only": stream(sse(d("\n"), d("  "), d(finish="stop")), DONE),
    "no-choices": stream(sse(usage(3, 0)), DONE),
    "nothing": stream(b""),
    "only-done": stream(DONE),
    "function-unasked": stream(sse(d(None, content=None, function_call={"name": "f", "arguments": ""}), d(finish="function_call")), DONE),
    "tool-after-text": stream(sse(d("Let me look that up."), d(tool_calls=[{"index": 0, "id": "t", "function": {"name": "search", "arguments": "{}"}}]), d(finish="tool_calls")), DONE),
    "tool-reason-alone": fin("tool_calls", "All fine."),
    "prompt-feedback": stream(sse({"choices": [], "prompt_feedback": {"block_reason": "SAFETY"}}), DONE),
    "prompt-feedback-camel": stream(sse({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})),
    # A reason that comes too early, or with every piece.
    "every-stop": every("stop"),
    "every-stop-cut": stream(sse(d("", finish="stop", role="assistant"), d("One two ", finish="stop")), 0.3, "cut"),
    "every-null-text": every("null", sse(d(finish="stop")) + DONE),
    "stop-then-cut": stream(sse(d("All fine."), d(finish="stop")), 0.3, "cut"),
    "stop-then-hang": stream(sse(d("All fine."), d(finish="stop")), 9.0),
    "blank-end": stream(sse(d("One ", finish=""), d("two", finish=""))),
    "null-end": stream(sse(d("One ", finish="null"), d("two", finish="null"))),
    # Errors that are told in the stream.
    "err-event": stream(sse(d("Half a sent")), b'event: error\ndata: {"message":"The worker has left"}\n\n'),
    "err-event-first": stream(b'event: error\ndata: {"error":{"message":"The worker has left"}}\n\n'),
    "err-string": stream(sse(d("Half a sent"), {"error": "The worker has left"})),
    "err-detail": stream(sse(d("Half a sent"), {"detail": "The worker has left"})),
    "err-choice": stream(sse(d("Half a sent"), {"choices": [{"index": 0, "delta": {}, "error": {"message": "The worker has left", "code": 502}, "finish_reason": "error"}]})),
    "err-with-text": stream(sse({**d("Half a sent"), "error": {"message": "The worker has left"}})),
    "err-line-mid-text": stream(sse(d("Half a sent")), b'{"error":{"message":"The worker has left"}}\n'),
    "err-then-done": stream(sse(d("Half a sent"), err("The worker has left")), DONE),
    "err-words": stream(sse(d("Half a sent")), b"data: upstream connect error\n\n"),
    "err-twice": stream(sse(json.dumps(json.dumps(err("The worker has left"))))),
    "err-array-200": doc("200 OK", [err("The worker has left", code=500)]),
    "err-minimax": doc("200 OK", {"choices": None, "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}),
    "err-plain-200": raw(b"The worker has left\n", kind="text/plain"),
    "html-mid": stream(sse(d("Half a sent")), b"<html><body>504 Gateway Time-out</body></html>\n"),
    # Reading.
    "crlf": raw(b"".join(x.replace(b"\n", b"\r\n") for x in [sse(d("All ")), b": hi\n\n", sse(d("fine."), d(finish="stop")), DONE])),
    "cr": raw(b"".join(x.replace(b"\n", b"\r") for x in [sse(d("All "), d("fine."), d(finish="stop")), DONE])),
    "bom": raw(b"\xef\xbb\xbf" + sse(d("All "), d("fine."), d(finish="stop")) + DONE),
    "no-space": raw(sse(d("All "), d("fine."), d(finish="stop")).replace(b"data: ", b"data:") + b"data:[DONE]\n\n"),
    "byte-by-byte": raw(*[bytes([b]) for b in ": é\n\n".encode() + sse(d("Grüße, 漢字 🦀 "), d("fine."), d(finish="stop")) + DONE]),
    "not-utf8": raw(b'data: {"choices":[{"index":0,"delta":{"content":"a\xffb"}}]}\n\n', sse(d(finish="stop")), DONE),
    "nan": raw(b'data: {"choices":[{"index":0,"delta":{"content":"All fine."},"logprobs":{"x":[NaN,-Infinity,1e999]}}]}\n\n', sse(d(finish="stop")), DONE),
    "control": raw(b'data: {"choices":[{"index":0,"delta":{"content":"a\tb"}}]}\n\n', sse(d(finish="stop")), DONE),
    "half-surrogate": raw(b'data: {"choices":[{"index":0,"delta":{"content":"a\\udc00b"}}]}\n\n', sse(d(finish="stop")), DONE),
    "deflated": raw(__import__("zlib").compress(sse(d("All "), d("fine."), d(finish="stop")) + DONE), content_encoding="deflate"),
    "brotli": raw(base64.b64decode("G/MAACyKBwAAAKhwZCoriqG4M55zymqRvS2YqcDSlzoiQdXF1iIgX311csB+/KIwP10wKKOEAjlZMl2BcdXAlLJ55kliFsSVOHz4HLJibUjAub0JiouSw9KURaPblH/LuAA="), content_encoding="br"),
    "brotli-400": ("400 Bad Request", {"content-type": "application/json", "content-encoding": "br"}, [base64.b64decode("Gz0AABwHzrkrbnIQuL41Qi0CQrY3acrcSqcPHHLAnoZtwbUFHrJSPoiynO4cB52rZ3DvhjUDVToG")]),
    "zstd": raw(b"\x28\xb5\x2f\xfd\x20\x0a\x51\x00\x00{\"error\":1", content_encoding="zstd"),
    "zstd-429": ("429 Too Many Requests", {"content-encoding": "zstd", "retry-after": "20"}, [b"\x28\xb5\x2f\xfd\x20\x0a\x51\x00\x00{\"error\":1"]),
    "429-bare-then-ok": once_then("429-bare", ("429 Too Many Requests", {}, [])),
    "429-words": doc("429 Too Many Requests", err("Too many requests")),
    "429-weekly": doc("429 Too Many Requests", err("The weekly limit of this account is reached")),
    "zipped-document": raw(gzip.compress(json.dumps(WHOLE).encode()), kind="application/json", content_encoding="gzip"),
    "document-as-events": raw(json.dumps(WHOLE, indent=2).encode()),
    "document-cut": raw(json.dumps(WHOLE)[:150].encode(), 0.1, "cut", kind="application/json"),
    "ndjson": raw(lines(d("All "), d("fine."), d(finish="stop")), kind="application/x-ndjson"),
    "message-chunks": stream(sse(*[{"choices": [{"index": 0, "message": {"role": "assistant", "content": t}, "finish_reason": None}]} for t in ["All ", "fine."]], d(finish="stop")), DONE),
    "message-grows": stream(sse(*[{"choices": [{"index": 0, "message": {"role": "assistant", "content": t}, "finish_reason": f}]} for t, f in [("All ", None), ("All fine.", None), ("All fine.", "stop")]]), DONE),
    "message-at-end": stream(sse(d("All "), d("fine."), {"choices": [{"index": 0, "delta": {}, "message": {"role": "assistant", "content": "All fine."}, "finish_reason": "stop"}]}), DONE),
    "text-completion": stream(sse({"choices": [{"index": 0, "text": "All "}]}, {"choices": [{"index": 0, "text": "fine.", "finish_reason": "stop"}]}), DONE),
    "parts": doc("200 OK", {"choices": [{"message": {"role": "assistant", "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "All "}, {"type": "text", "text": "fine."}]}, "finish_reason": "stop"}]}),
    "only-picture": stream(sse(d("", images=[{"type": "image_url", "image_url": {"url": "data:image/png;base64," + BIG}}]), d(finish="stop")), DONE),
    "picture-part": stream(sse(d("All "), d([{"type": "image_url", "image_url": {"url": "data:image/png;base64," + BIG * 4}}]), d("fine."), d(finish="stop")), DONE),
    # Reasoning in the text.
    **{f"think-{i}": stream(*[sse(d(x)) for x in t], sse(d(finish="stop")), DONE) for i, t in enumerate([
        ["<think>Hm.</think>All fine."],
        ["<", "thi", "nk", ">", "\nHm", ".\n<", "/think", ">", "\n", "\nAll ", "fine."],
        ["\n\n<thinking>\nHm.\n</thinking>\n\nAll fine."],
        ["<thought>Hm.</thought>All fine."],
        ["[THINK]Hm.[/THINK]All fine."],
        ["<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>All ", "fine.<|return|>"],
        ["<think>\n\n</think>\n\nAll fine."],
        ["The user greets me. ", "I greet back.\n", "</think>\n\n", "All fine."],
        ["Seven is prime.\n", "</think>", "\n\nAll fine."],
        ["Okay, the user wants a word.", "</th", "ink>", "All fine."],
    ])},
    "leaks": stream(sse(d("Seven is prime.\n"), d("</think>"), d("\n\nAll fine."), d(finish="stop")), DONE),
    "think-only": stream(sse(d("<think>Hm."), d(finish="stop")), DONE),
    "think-cut": stream(sse(d("<think>Hm.")), 0.2, "cut"),
    "talks-of-tags": stream(sse(d("The tag `<think>` opens "), d("and </think> closes."), d(finish="stop")), DONE),
    "tags-in-code": stream(sse(d("```xml\n<think>"), d("x</think>\n```\n"), d(finish="stop")), DONE),
    "no-tag-after-all": stream(sse(d("<thin"), d(" lines> it is."), d(finish="stop")), DONE),
    "r1-without-tags": stream(sse(d("Plain "), d("words."), d(finish="stop")), DONE),
})

ANTHROPIC.update({
    **{f"claude-{r}": stream(astart(), ABLOCK, atext("Half a sent"), AEND, astop(r)) for r in ["max_tokens", "pause_turn", "stop_sequence", "end_turn"]},
    "claude-refuses-midway": stream(astart(), ABLOCK, atext("Half a sent"), AEND, astop("refusal")),
    "claude-empty": stream(astart(), astop("end_turn")),
    "claude-only-thinks": stream(astart(), ev({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}}), astop("end_turn")),
    "claude-length-empty": stream(astart(), ev({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}}), astop("max_tokens")),
    "claude-window-first": stream(astart(), astop("model_context_window_exceeded")),
    "claude-tool": stream(astart(), ev({"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "t", "name": "search", "input": {}}}), AEND, astop("tool_use")),
    "claude-no-end": stream(astart(), ABLOCK, atext("Half a sent")),
    "claude-document": doc("200 OK", {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "All fine."}], "stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 2}}),
    "claude-odd": stream(astart(), ev({"type": "content_block_start", "content_block": "text"}), ev({"type": "content_block_delta", "delta": [1]}), ABLOCK, atext("All fine."), AEND, astop("end_turn")),
    "claude-error-document": doc("200 OK", aerr("api_error", "The worker has left")),
    "claude-one-newline": raw(b"".join(ev(x).rstrip(b"\n") + b"\n" for x in [{"type": "message_start", "message": {}}, {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "All fine."}}, {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, {"type": "message_stop"}])),
    "claude-think-tags": stream(astart(), ABLOCK, atext("<think>Hm.</think>"), atext("All fine."), AEND, astop("end_turn")),
})

GEMINI.update({
    "gemini-recitation": stream(sse(d("Half a sent"), {"choices": [{"delta": {"role": "assistant"}, "finishReason": "RECITATION", "index": 0}]}), DONE),
    "gemini-max": stream(sse(d("Half a sent"), {"choices": [{"delta": {}, "finish_reason": "max_tokens", "index": 0}]})),
    "gemini-array": doc("200 OK", [err("The worker has left", code=500, status="INTERNAL")]),
})

OLLAMA.update({
    "dies-first:latest": stream(sse({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]})),
    "native:latest": raw(lines({"model": "m", "message": {"role": "assistant", "content": "All "}, "done": False}, {"model": "m", "message": {"role": "assistant", "content": "fine."}, "done": False}, {"model": "m", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}), kind="application/x-ndjson"),
    "native-dies:latest": raw(lines({"model": "m", "message": {"role": "assistant", "content": "Half a sent"}, "done": False}, {"error": "The worker has left"}), kind="application/x-ndjson"),
})

# Lists of models in more forms. A page follows from what was asked for.
MODELS.update({
    "405": lambda: doc("405 Method Not Allowed", {"detail": "Method Not Allowed"}),
    "501": lambda: ("501 Not Implemented", {"content-type": "text/plain"}, [b"no"]),
    "empty": lambda: doc("200 OK", openai_list([])),
    "broken": lambda: ("200 OK", {"content-type": "application/json"}, [b'{"object":"list","data":[{"id":"a"']),
    "texts": lambda: doc("200 OK", {"models": ["text-chat", 7, {"id": 7}, {"name": "other-chat", "description": "\ud800"}]}),
    "10000": lambda: doc("200 OK", openai_list([f"model-{i:05}" for i in range(10_000)])),
    "more": lambda: doc("200 OK", {"data": [{"id": "chat-1"}], "has_more": True, "last_id": "chat-1"} if STATE.get("query", {}).get("after") != "chat-1" else {"data": [{"id": "chat-2"}], "has_more": False}),
    "token": lambda: doc("200 OK", {"models": [{"name": "models/chat-1"}], "nextPageToken": "two"} if STATE.get("query", {}).get("pageToken") != "two" else {"models": [{"name": "models/chat-2"}]}),
    "same": lambda: doc("200 OK", {"data": [{"id": "chat-1"}], "has_more": True, "last_id": "chat-1"}),
    "kinds": lambda: doc("200 OK", [{"id": "chat-a", "type": "chat"}, {"id": "embed-a", "type": "embedding"}, {"id": "whisper-a"}, {"id": "draw", "type": "image"}, {"id": "order", "type": "rerank"}]),
})
answer_of_upstream = upstream.answer
async def answer(method, path, query, headers, body):
    STATE["query"] = query
    return await answer_of_upstream(method, path, query, headers, body)
upstream.answer = answer

if __name__ == "__main__": asyncio.run(upstream.main())
