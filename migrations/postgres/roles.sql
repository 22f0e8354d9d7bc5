-- Run before the migrations, by whoever makes or migrates a ledger. Roles belong to the whole server.
-- Nobody logs in as one of these: grant ipo_ledger_writer or ipo_ledger_auditor to the people's own roles.
DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['ipo_ledger_owner', 'ipo_ledger_writer', 'ipo_ledger_auditor'] LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role_name) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;  -- another database of this server was migrated at the same moment
      END;
    END IF;
  END LOOP;
  -- Whoever makes the ledger may write in it, as everybody else may: append-only.
  IF NOT pg_catalog.pg_has_role(current_user, 'ipo_ledger_writer', 'USAGE') THEN
    BEGIN
      EXECUTE format('GRANT ipo_ledger_writer TO %I', current_user);
    EXCEPTION WHEN insufficient_privilege OR unique_violation THEN
      NULL;  -- somebody else hands the role out here; or it was handed out at the same moment
    END;
  END IF;
END
$$;
