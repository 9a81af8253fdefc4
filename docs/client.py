"""Ask Holdfast: pip install websockets; python client.py http://127.0.0.1:3000 "Hello" [provider model]"""
import json, sys, urllib.request, uuid
from websockets.sync.client import connect

base, question, choice = sys.argv[1].rstrip("/"), sys.argv[2], dict(zip(("provider", "model"), sys.argv[3:]))
def post(path, **headers):
    call = urllib.request.Request(base + path, b"{}", {"Content-Type": "application/json", **headers})
    return json.load(urllib.request.urlopen(call))
token = post("/api/auth/guest")["access_token"]
conversation = post("/api/conversations", Authorization=f"Bearer {token}")["id"]
with connect(f"ws{base.removeprefix('http')}/ws/conversations/{conversation}", max_size=None) as socket:
    answer, send = b"", lambda **frame: socket.send(json.dumps(frame))
    send(type="initial", token=token)
    while (frame := json.loads(socket.recv()))["type"] != "complete":
        if frame["type"] == "ready":
            print("ready")
            send(type="chat", message_id=str(uuid.uuid4()), content=question, **choice)
        elif frame["type"] == "chunk":  # begins at byte `at`: append what is not here yet
            new = frame["content"].encode()[len(answer) - frame["at"]:]
            answer += new
            print(new.decode(), end="", flush=True)
        elif frame["type"] in ("ping", "error"):
            send(type="pong") if frame["type"] == "ping" else sys.exit(f"{frame['code']}: {frame['error']}")
assert answer.decode() == frame["full_response"], "the words must be the same"
