"""`python s3.py PORT BUCKET`: an S3 (moto) that can be away. Runs in moto's environment, and keeps what it holds.

Reads a word a line and answers with one: `start` and `stop` serving; `count` the objects below media/; `end`.
"""

import sys
from pathlib import Path

# Beside this file there are packages of the suite, which are not moto's.
sys.path = [place for place in sys.path if Path(place or ".").resolve() != Path(__file__).parent]

import boto3  # noqa: E402 (the path is set just above)
from moto.server import ThreadedMotoServer  # noqa: E402


def main() -> None:
    """Serves until the input ends."""
    port, bucket = int(sys.argv[1]), sys.argv[2]
    server = None
    client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1",
                          aws_access_key_id="key", aws_secret_access_key="secret")
    made = False
    for line in sys.stdin:
        word, answer = line.strip(), "ok"
        if word == "end":
            break
        if word == "start" and server is None:
            server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
            server.start()
            if not made:
                client.create_bucket(Bucket=bucket)
                made = True
        elif word == "stop" and server is not None:
            server.stop()
            server = None
        elif word == "count":
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="media/")
            answer = str(sum(page["KeyCount"] for page in pages))
        print(answer, flush=True)


if __name__ == "__main__":
    main()
