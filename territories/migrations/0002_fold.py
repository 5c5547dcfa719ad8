"""The SQL twin of ``config.text.fold``: same result for texts in Latin letters.

``NORMALIZE`` needs a UTF-8 database, which is the only kind we make. ``LOWER`` runs under the "C"
collation, after the accents are gone, so that the result never depends on the locale.
"""

from django.db import migrations


CREATE = r"""
CREATE OR REPLACE FUNCTION maillage_fold(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN btrim(regexp_replace(
    lower(
        replace(replace(replace(replace(replace(replace(
            regexp_replace(normalize(value, NFKD), '[\u0300-\u034e\u0350-\u036f]', '', 'g'),
            'œ', 'oe'), 'Œ', 'oe'), 'æ', 'ae'), 'Æ', 'ae'), 'ß', 'ss'), 'ẞ', 'ss')
        COLLATE "C"
    ),
    '[^0-9a-z]+' COLLATE "C", ' ', 'g'
));
"""


class Migration(migrations.Migration):
    dependencies = [("territories", "0001_initial")]

    operations = [
        migrations.RunSQL(CREATE, reverse_sql="DROP FUNCTION maillage_fold(text)"),
    ]
