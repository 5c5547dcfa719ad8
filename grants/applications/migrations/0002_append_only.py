"""Events and deposits are written once: the database itself refuses to change or delete them."""

from django.db import migrations


FORWARD = """
CREATE FUNCTION applications_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER applications_event_append_only
    BEFORE UPDATE OR DELETE ON applications_event
    FOR EACH ROW EXECUTE FUNCTION applications_refuse_change();
CREATE TRIGGER applications_deposit_append_only
    BEFORE UPDATE OR DELETE ON applications_deposit
    FOR EACH ROW EXECUTE FUNCTION applications_refuse_change();
"""
BACKWARD = """
DROP TRIGGER applications_deposit_append_only ON applications_deposit;
DROP TRIGGER applications_event_append_only ON applications_event;
DROP FUNCTION applications_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("applications", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
