"""What was written once may be masked: that, and nothing else, passes the triggers.

A redaction replaces stretches of text with « [masqué] ». The old text must therefore match the new
one read as a pattern in which each mask stands for anything; every other column stays as it is.
"""

from django.db import migrations


FORWARD = r"""
CREATE FUNCTION applications_is_masked(before text, after text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT after <> before
       AND position('[masqué]' IN after) > 0
       AND before LIKE replace(
               replace(replace(replace(after, '\', '\\'), '%', '\%'), '_', '\_'),
               '[masqué]', '%')
$$;

CREATE FUNCTION applications_guard_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
       AND to_jsonb(NEW) - 'comment' = to_jsonb(OLD) - 'comment'
       AND applications_is_masked(OLD.comment, NEW.comment)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

CREATE FUNCTION applications_guard_deposit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    redacted text[] := ARRAY['payload', 'redacted_at', 'redacted_sha256'];
BEGIN
    IF TG_OP = 'UPDATE'
       AND to_jsonb(NEW) - redacted = to_jsonb(OLD) - redacted
       AND NEW.redacted_at IS NOT NULL
       AND NEW.redacted_at >= coalesce(OLD.redacted_at, NEW.redacted_at)
       AND NEW.redacted_sha256 = encode(sha256(NEW.payload), 'hex')
       AND applications_is_masked(
               convert_from(OLD.payload, 'UTF8'), convert_from(NEW.payload, 'UTF8'))
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

DROP TRIGGER applications_event_append_only ON applications_event;
DROP TRIGGER applications_deposit_append_only ON applications_deposit;
CREATE TRIGGER applications_event_append_only
    BEFORE UPDATE OR DELETE ON applications_event
    FOR EACH ROW EXECUTE FUNCTION applications_guard_event();
CREATE TRIGGER applications_deposit_append_only
    BEFORE UPDATE OR DELETE ON applications_deposit
    FOR EACH ROW EXECUTE FUNCTION applications_guard_deposit();
"""
BACKWARD = """
DROP TRIGGER applications_deposit_append_only ON applications_deposit;
DROP TRIGGER applications_event_append_only ON applications_event;
CREATE TRIGGER applications_event_append_only
    BEFORE UPDATE OR DELETE ON applications_event
    FOR EACH ROW EXECUTE FUNCTION applications_refuse_change();
CREATE TRIGGER applications_deposit_append_only
    BEFORE UPDATE OR DELETE ON applications_deposit
    FOR EACH ROW EXECUTE FUNCTION applications_refuse_change();
DROP FUNCTION applications_guard_deposit();
DROP FUNCTION applications_guard_event();
DROP FUNCTION applications_is_masked(text, text);
"""


class Migration(migrations.Migration):
    dependencies = [("applications", "0005_section_details")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
