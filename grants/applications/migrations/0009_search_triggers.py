"""What full-text search reads of a dossier, kept by the database whatever writes the rows.

Words are folded (``maillage_fold``) before they are stored and before they are searched. Each is
kept twice: as it is, so that the beginning of a word finds it, and by its French stem, so that
« médiations » finds « médiation ». Reference, body and title weigh more (A) than the text (B).
"""

from django.db import migrations


FORWARD = """
CREATE FUNCTION applications_search_vector(dossier applications_application, body text)
RETURNS tsvector LANGUAGE sql STABLE AS $$
    SELECT setweight(to_tsvector('simple', head), 'A')
        || setweight(to_tsvector('french', head), 'A')
        || setweight(to_tsvector('french', matter), 'B')
    FROM (
        SELECT
            maillage_fold(concat_ws(' ', dossier.reference, dossier.title, body)) AS head,
            maillage_fold(concat_ws(
                ' ', dossier.objectives, dossier.description, dossier.means,
                dossier.partners_text, dossier.public_description, dossier.inclusion_text,
                dossier.evaluation_method, dossier.complement, dossier.steering_body
            )) AS matter
    ) AS texts
$$;
CREATE FUNCTION applications_body_names(body bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat_ws(' ', legal_name, short_name) FROM partners_organisation WHERE id = body
$$;
CREATE FUNCTION applications_index_dossier() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO applications_searchentry (application_id, vector)
    VALUES (
        NEW.id,
        applications_search_vector(NEW, applications_body_names(NEW.organisation_id))
    )
    ON CONFLICT (application_id) DO UPDATE SET vector = EXCLUDED.vector;
    RETURN NULL;
END
$$;
CREATE TRIGGER applications_application_search_insert
    AFTER INSERT ON applications_application
    FOR EACH ROW EXECUTE FUNCTION applications_index_dossier();
CREATE TRIGGER applications_application_search_update
    AFTER UPDATE ON applications_application
    FOR EACH ROW
    WHEN (
        (OLD.reference, OLD.title, OLD.organisation_id, OLD.objectives, OLD.description, OLD.means,
         OLD.partners_text, OLD.public_description, OLD.inclusion_text, OLD.evaluation_method,
         OLD.complement, OLD.steering_body)
        IS DISTINCT FROM
        (NEW.reference, NEW.title, NEW.organisation_id, NEW.objectives, NEW.description, NEW.means,
         NEW.partners_text, NEW.public_description, NEW.inclusion_text, NEW.evaluation_method,
         NEW.complement, NEW.steering_body)
    )
    EXECUTE FUNCTION applications_index_dossier();
CREATE FUNCTION applications_index_body() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE applications_searchentry AS entry
    SET vector = applications_search_vector(
        dossier, concat_ws(' ', NEW.legal_name, NEW.short_name)
    )
    FROM applications_application AS dossier
    WHERE dossier.id = entry.application_id AND dossier.organisation_id = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER partners_organisation_search_update
    AFTER UPDATE ON partners_organisation
    FOR EACH ROW
    WHEN ((OLD.legal_name, OLD.short_name) IS DISTINCT FROM (NEW.legal_name, NEW.short_name))
    EXECUTE FUNCTION applications_index_body();
INSERT INTO applications_searchentry (application_id, vector)
SELECT
    dossier.id,
    applications_search_vector(dossier, applications_body_names(dossier.organisation_id))
FROM applications_application AS dossier;
"""
BACKWARD = """
DROP TRIGGER partners_organisation_search_update ON partners_organisation;
DROP TRIGGER applications_application_search_update ON applications_application;
DROP TRIGGER applications_application_search_insert ON applications_application;
DROP FUNCTION applications_index_body();
DROP FUNCTION applications_index_dossier();
DROP FUNCTION applications_body_names(bigint);
DROP FUNCTION applications_search_vector(applications_application, text);
DELETE FROM applications_searchentry;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0008_office_edit_search"),
        ("territories", "0002_fold"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
