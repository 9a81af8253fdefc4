"""Uploads a file with a client of the tus protocol that others wrote: tus_client.py URL TOKEN FILE [--pieces N] [--resume UPLOAD]"""

import argparse
import os

from tusclient import client

parser = argparse.ArgumentParser()
parser.add_argument("url")
parser.add_argument("token")
parser.add_argument("file")
parser.add_argument("--pieces", type=int)
parser.add_argument("--resume")
given = parser.parse_args()

server = client.TusClient(given.url, headers={"Authorization": "Bearer " + given.token})
uploader = server.uploader(
    given.file,
    chunk_size=123_457,
    url=given.resume,
    metadata={"filename": os.path.basename(given.file), "filetype": "application/pdf"},
    upload_checksum=True,
)
if given.pieces:
    for _ in range(given.pieces):
        uploader.upload_chunk()
else:
    uploader.upload()
print(uploader.url)
