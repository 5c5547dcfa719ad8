# The production image: web, worker and scheduler (docker-compose.yml says which command).

FROM node:22-slim AS front
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.13-slim AS libraries
COPY requirements/base.txt /tmp/base.txt
RUN python -m venv /venv \
    && /venv/bin/python -m pip install --no-cache-dir --require-hashes -r /tmp/base.txt

FROM python:3.13-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --home-dir /app maillage \
    && install -d -o maillage -g maillage -m 0700 /var/lib/maillage /var/lib/maillage/media
ENV PATH="/venv/bin:$PATH" \
    DJANGO_SETTINGS_MODULE=config.settings.production \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    XDG_CACHE_HOME=/tmp/.cache \
    WEB_BIND=0.0.0.0:8000
WORKDIR /app
COPY --from=libraries /venv /venv
COPY --from=front /app/node_modules node_modules
COPY . .
# Gathering static files needs settings, not services: these values go nowhere.
RUN SECRET_KEY="only-to-gather-static-files-$(head -c 32 /dev/zero | tr '\0' x)" \
    EVENT_DIGEST_SALT=x ALLOWED_HOSTS=x SITE_URL=https://x \
    DATABASE_URL=postgresql://x/x REDIS_URL=redis://x EMAIL_URL=dummymail:// \
    DEFAULT_FROM_EMAIL=x@x \
    python manage.py collectstatic --noinput
USER maillage
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "scripts/healthcheck.py"]
CMD ["gunicorn", "-c", "config/gunicorn.py", "config.wsgi"]
