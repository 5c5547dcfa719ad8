"""How static files are named."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Names carry a digest, imports between ES modules included."""

    support_js_module_import_aggregation = True
    manifest_strict = True
