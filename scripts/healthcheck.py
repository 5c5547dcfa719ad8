"""Ask ``/healthz`` inside the container: exit code 0 when the web process serves pages."""

import http.client
import os
import sys


def main() -> int:
    host, _, port = os.environ.get("WEB_BIND", "127.0.0.1:8000").split(",")[0].rpartition(":")
    asked_as = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].lstrip(".")
    connection = http.client.HTTPConnection(
        "127.0.0.1" if host == "0.0.0.0" else host,  # noqa: S104  (read, not bound)
        int(port),
        timeout=4,
    )
    connection.request("GET", "/healthz", headers={"Host": asked_as})
    return 0 if connection.getresponse().status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
