"""A grid that a published sheet uses stays as it is: its criteria, its questions and itself.

The criteria were held already; a row may not be moved into a frozen grid either.
"""

from django.db import migrations


FORWARD = """
CREATE FUNCTION calls_refuse_grid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a grid in use is frozen' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER calls_scoringgrid_frozen BEFORE UPDATE OR DELETE ON calls_scoringgrid
    FOR EACH ROW WHEN (OLD.frozen_at IS NOT NULL) EXECUTE FUNCTION calls_refuse_grid_change();

CREATE FUNCTION calls_refuse_grid_row_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    grids bigint[] := CASE TG_OP
        WHEN 'INSERT' THEN ARRAY[NEW.grid_id]
        WHEN 'DELETE' THEN ARRAY[OLD.grid_id]
        ELSE ARRAY[OLD.grid_id, NEW.grid_id]
    END;
BEGIN
    IF EXISTS (
        SELECT FROM calls_scoringgrid WHERE id = ANY(grids) AND frozen_at IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'the criteria and questions of a grid in use are frozen'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER calls_admissibilityquestion_frozen
    BEFORE INSERT OR UPDATE OR DELETE ON calls_admissibilityquestion
    FOR EACH ROW EXECUTE FUNCTION calls_refuse_grid_row_change();
DROP TRIGGER calls_criterion_frozen ON calls_criterion;
DROP FUNCTION calls_refuse_criterion_change();
CREATE TRIGGER calls_criterion_frozen BEFORE INSERT OR UPDATE OR DELETE ON calls_criterion
    FOR EACH ROW EXECUTE FUNCTION calls_refuse_grid_row_change();
"""
BACKWARD = """
DROP TRIGGER calls_criterion_frozen ON calls_criterion;
DROP TRIGGER calls_admissibilityquestion_frozen ON calls_admissibilityquestion;
DROP FUNCTION calls_refuse_grid_row_change();
DROP TRIGGER calls_scoringgrid_frozen ON calls_scoringgrid;
DROP FUNCTION calls_refuse_grid_change();
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


class Migration(migrations.Migration):
    dependencies = [("calls", "0004_admissibility_questions")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
