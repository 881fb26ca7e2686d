"""Lets a suite's program, whatever it is written in, end and start the server: over HTTP, on the loopback interface."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from rig.process import ServerProcess

# The environment variable in which the program finds where to ask.
VARIABLE = "SERVER_CONTROL"


@contextmanager
def control(server: ServerProcess) -> Iterator[dict[str, str]]:
    """What the program's environment needs: `POST …/restart` answers 200 when the server, stopped and started again, serves. A
    body is a JSON object of variables that the server's environment has from then on."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802 (the name that http.server looks for)
            if self.path != "/restart":
                self.send_error(404)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            server.stop()
            server.env.update(json.loads(body) if body else {})
            server.start()
            server.wait_healthy()
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """The suite says what it does."""

    # One thread for all requests: a server ends with the thread that has started it (`end_with_parent`).
    listener = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    try:
        yield {VARIABLE: f"http://127.0.0.1:{listener.server_port}"}
    finally:
        listener.shutdown()
        listener.server_close()
