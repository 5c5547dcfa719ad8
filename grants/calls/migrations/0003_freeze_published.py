"""What is published does not change any more: the database itself refuses.

A published sheet may only change state or close earlier; its document list may not lose or alter
a row; the criteria of a frozen grid stay as they are.
"""

from django.db import migrations


FORWARD = """
CREATE FUNCTION calls_refuse_sheet_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a published sheet is not deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'draft'
        OR to_jsonb(NEW) - '{state,closes_at}'::text[]
            IS DISTINCT FROM to_jsonb(OLD) - '{state,closes_at}'::text[]
    THEN
        RAISE EXCEPTION 'a published sheet is frozen' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER calls_callsheet_frozen_update BEFORE UPDATE ON calls_callsheet
    FOR EACH ROW WHEN (OLD.state <> 'draft') EXECUTE FUNCTION calls_refuse_sheet_change();
CREATE TRIGGER calls_callsheet_frozen_delete BEFORE DELETE ON calls_callsheet
    FOR EACH ROW WHEN (OLD.state <> 'draft') EXECUTE FUNCTION calls_refuse_sheet_change();

CREATE FUNCTION calls_refuse_document_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM calls_callsheet WHERE id = OLD.sheet_id AND state <> 'draft') THEN
        RAISE EXCEPTION 'the documents of a published sheet are frozen'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER calls_requireddocument_frozen BEFORE UPDATE OR DELETE ON calls_requireddocument
    FOR EACH ROW EXECUTE FUNCTION calls_refuse_document_change();

CREATE FUNCTION calls_refuse_criterion_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    grid bigint := CASE TG_OP WHEN 'INSERT' THEN NEW.grid_id ELSE OLD.grid_id END;
BEGIN
    IF EXISTS (SELECT FROM calls_scoringgrid WHERE id = grid AND frozen_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the criteria of a grid in use are frozen'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER calls_criterion_frozen BEFORE INSERT OR UPDATE OR DELETE ON calls_criterion
    FOR EACH ROW EXECUTE FUNCTION calls_refuse_criterion_change();
"""
BACKWARD = """
DROP TRIGGER calls_criterion_frozen ON calls_criterion;
DROP FUNCTION calls_refuse_criterion_change();
DROP TRIGGER calls_requireddocument_frozen ON calls_requireddocument;
DROP FUNCTION calls_refuse_document_change();
DROP TRIGGER calls_callsheet_frozen_delete ON calls_callsheet;
DROP TRIGGER calls_callsheet_frozen_update ON calls_callsheet;
DROP FUNCTION calls_refuse_sheet_change();
"""


class Migration(migrations.Migration):
    dependencies = [("calls", "0002_versions_search_imports")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
