"""Gunicorn, in the demonstration and in production: ``gunicorn -c config/gunicorn.py config.wsgi``.

``WEB_BIND``, ``WEB_WORKERS`` and ``WEB_THREADS`` adapt it to the machine.
"""

import os
import tempfile
from pathlib import Path


bind = os.environ.get("WEB_BIND", "127.0.0.1:8000").split(",")
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 60
graceful_timeout = 10
keepalive = 5
max_requests = 2000
max_requests_jitter = 200
# Each worker opens its own pool of database connections: one opened before the fork would break.
preload_app = False
# The heartbeat file of a worker must not wait for a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else tempfile.gettempdir()  # noqa: S108
control_socket_disable = True
limit_request_line = 8190
accesslog = None
errorlog = "-"
loglevel = "warning"
