"""Settings shared by every way of running Maillage.

Nothing here is secret and nothing here reads a file outside the checkout: what changes from one
machine to the next comes from the environment (``docs/operations.md`` lists the variables).
"""

from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF
from django.urls import reverse_lazy


BASE_DIR = Path(__file__).resolve().parents[2]
env = environ.Env()

# --- Applications, from the ground up (docs/architecture.md) ------------------------------------
INSTALLED_APPS = [
    "portal",
    "reporting",
    "grants.decisions",
    "grants.review",
    "grants.letters",
    "grants.applications",
    "grants.calls",
    "partners",
    "accounts",
    "territories",
    "foundation.jobs",
    "foundation.notifications",
    "foundation.documents",
    "foundation.parameters",
    "config.apps.PlumbingConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_filters",
    "django_htmx",
    "pgtrigger",
    "pghistory",
    "template_partials.apps.SimpleAppConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    # Above WhiteNoise: a drawing opened by its own address is a page too.
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.CleanInputMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.IdleSessionMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.PrivatePagesMiddleware",
    "config.middleware.NotAllowedMiddleware",
    "config.keep.KeepMiddleware",
    "config.middleware.ReadonlyGetMiddleware",
    "config.middleware.KeptNumbersMiddleware",
    "grants.review.middleware.TrailMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

# --- Templates ----------------------------------------------------------------------------------
_LOADERS = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [("django.template.loaders.cached.Loader", _LOADERS)],
                )
            ],
            "builtins": [
                "template_partials.templatetags.partials",
                "django.templatetags.static",
                "config.templatetags.ui",
                "config.templatetags.fr",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "portal.context_processors.frame",
                "grants.review.context_processors.trail",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- Database, cache, sessions ------------------------------------------------------------------
CONN_HEALTH_CHECKS = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SESSION_ENGINE = "config.sessions"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"


def database(url: str, *, pool: bool = False) -> dict:
    """Return Django's settings for a PostgreSQL address.

    Args:
        url: ``postgresql://…`` or ``postgresql:///name?host=/socket/folder``.
        pool: Keep a psycopg pool (web processes only: a pool must not cross a fork).
    """
    parsed = environ.Env.db_url_config(url)
    parsed["ENGINE"] = "django.db.backends.postgresql"
    options = parsed.setdefault("OPTIONS", {})
    if "host" in options:  # a socket folder comes as a query parameter
        parsed["HOST"] = options.pop("host")
    if "port" in options:
        parsed["PORT"] = str(options.pop("port"))
    options["options"] = "-c lock_timeout=10s -c statement_timeout=60s"
    if pool:
        options["pool"] = {"min_size": 1, "max_size": 8, "timeout": 10}
    parsed["CONN_MAX_AGE"] = 0
    parsed["CONN_HEALTH_CHECKS"] = True
    parsed["ATOMIC_REQUESTS"] = False
    return parsed


# --- People -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = reverse_lazy("portal:after_sign_in")
LOGOUT_REDIRECT_URL = reverse_lazy("portal:home")
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_FORMS = {
    "signup": "accounts.forms.SignupForm",
    "login": "accounts.forms.LoginForm",
    "add_email": "accounts.forms.ChangeEmailForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.NewPasswordForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
}
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeForm",
    "reauthenticate": "accounts.forms.CodeAgainForm",
    "activate_totp": "accounts.forms.ActivateCodeForm",
}
MFA_ADAPTER = "accounts.adapter.MfaAdapter"
# Requests that cost or that can be guessed: at most so many (per address, account or e-mail).
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "20/m/ip",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "confirm_email": "1/3m/key",
}
REQUEST_LIMITS = {  # how many, in how many seconds
    "organisation_search": (60, 60),
    "invitation": (40, 3600),
    "invitation_link": (60, 60),
    "opinion_link": (60, 60),
    "opinion_new_link": (10, 3600),
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
STAFF_IDLE_MINUTES = 30
NUMBERS_KEPT_SECONDS = 60  # « À faire », lists of the desk (config.kept); 0: counted each time
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # e-mails are unique whatever their case (a constraint)
PASSWORD_RESET_TIMEOUT = 3600
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Maillage"
STAFF_MFA_REQUIRED = True
SECURE_ADMIN_LOGIN = True

# --- Language, time -----------------------------------------------------------------------------
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français")]
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = False
LOCALE_PATHS = []

# --- Files --------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("vendor/bootstrap", BASE_DIR / "node_modules/bootstrap/dist"),
    ("vendor/htmx", BASE_DIR / "node_modules/htmx.org/dist"),
    (
        "vendor/atkinson",
        BASE_DIR / "node_modules/@fontsource/atkinson-hyperlegible-next/files",
    ),
]
# Icons are drawn into the page by ``ui_icon``: 2 000 files that nobody asks for by address.
ICONS_FOLDER = BASE_DIR / "node_modules/bootstrap-icons/icons"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(BASE_DIR / "media")},
    },
    "staticfiles": {"BACKEND": "config.storage.StaticStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
UPLOAD_MAX_BYTES = 10 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
CLAMAV_SOCKET = env("CLAMAV_SOCKET", default="")  # /path/to/clamd.ctl or host:port
# Without an antivirus, what people send cannot be downloaded: it fails closed.
DOWNLOAD_UNSCANNED = env.bool("DOWNLOAD_UNSCANNED", default=False)

# --- Security -----------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
    }
}

# --- Mail: every message is an outbox row first (foundation.notifications) ----------------------
DEFAULT_FROM_EMAIL = env(
    "DEFAULT_FROM_EMAIL", default="Maillage <ne-pas-repondre@maillage.example>"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
SITE_URL = env("SITE_URL", default="http://localhost:8000")

# --- Celery -------------------------------------------------------------------------------------
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_TASK_TIME_LIMIT = 240
CELERY_TASK_SOFT_TIME_LIMIT = 200
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600, "unacked_restore_interval": 3}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "foundation.notifications.tasks.*": {"queue": "mail"},
    "grants.letters.tasks.*": {"queue": "pdf"},
    "reporting.tasks.*": {"queue": "export"},
}
CELERY_BEAT_SCHEDULE = {
    "relay-outbox": {"task": "foundation.notifications.tasks.relay_outbox", "schedule": 5.0},
    "send-reminders": {"task": "foundation.notifications.tasks.queue_reminders", "schedule": 300.0},
    "sweep-letters": {"task": "grants.letters.tasks.sweep_letters", "schedule": 15.0},
    "sweep-jobs": {"task": "foundation.jobs.tasks.sweep_jobs_task", "schedule": 15.0},
    "forget-job-files": {
        "task": "foundation.jobs.tasks.forget_old_files_task",
        "schedule": 24 * 3600.0,
    },
    "scan-files": {"task": "foundation.documents.tasks.scan_waiting_files", "schedule": 60.0},
    "sweep-files": {"task": "foundation.documents.tasks.sweep_lost_files", "schedule": 3600.0},
    "verify-events": {"task": "grants.applications.tasks.verify_events", "schedule": 24 * 3600.0},
}

# --- Logs: structured, no personal data ---------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
        "django.request": {"level": "ERROR"},
    },
}

# --- Modes --------------------------------------------------------------------------------------
DEMO_MODE = False
GALLERY = False
EVENT_DIGEST_SALT = env("EVENT_DIGEST_SALT", default="")
