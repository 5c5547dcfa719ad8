"""How static files are named."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Names carry a digest, imports between ES modules included."""

    support_js_module_import_aggregation = True
    manifest_strict = True


class UncompressedStaticStorage(ManifestStaticFilesStorage):
    """The same names without the compression, which a demonstration on one machine waits for."""

    support_js_module_import_aggregation = True
    manifest_strict = True
