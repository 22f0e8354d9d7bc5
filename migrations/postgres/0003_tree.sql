-- Proofs: the events are the leaves of a hash tree (RFC 6962) that grows with every append.
-- The tree is grown over the events that are there when this is applied (`-- tree`).
-- tree

-- Run as ipo_ledger_owner, a role nobody logs in as (roles.sql beside this file).

-- What the tree goes on from: its size, and the roots of its perfect subtrees.
ALTER TABLE ipo_ledger.head ADD COLUMN frontier bytea NOT NULL DEFAULT '\x0000000000000000';

-- The head is stamped when it moves, later than ever before: a time then says which events were known by it. The
-- frontier follows in the same transaction, at the same time.
CREATE OR REPLACE FUNCTION ipo_ledger.stamp_head() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  IF NEW.position < OLD.position THEN
    RAISE EXCEPTION 'the head of the ledger never moves back';
  END IF;
  IF NEW.position > OLD.position THEN
    NEW.recorded_at := greatest(OLD.recorded_at + 1, ipo_ledger.clock_micros());
  ELSE
    NEW.recorded_at := OLD.recorded_at;
  END IF;
  RETURN NEW;
END
$$;

-- The roots of perfect subtrees of 256 leaves and more; what is below them is hashed anew from the events.
CREATE TABLE ipo_ledger.tree_nodes (
  level bigint NOT NULL,
  place bigint NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (level, place)
);
CREATE TRIGGER tree_nodes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ipo_ledger.tree_nodes
FOR EACH STATEMENT EXECUTE FUNCTION ipo_ledger.refuse_rewriting();
ALTER TABLE ipo_ledger.tree_nodes ENABLE ALWAYS TRIGGER tree_nodes_append_only;

-- The checkpoints that were given out, as signed.
CREATE TABLE ipo_ledger.checkpoints (
  size bigint NOT NULL,
  note text COLLATE "C" NOT NULL,
  made_at bigint NOT NULL DEFAULT ipo_ledger.clock_micros(),
  PRIMARY KEY (size, note)
);
CREATE TRIGGER checkpoints_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ipo_ledger.checkpoints
FOR EACH STATEMENT EXECUTE FUNCTION ipo_ledger.refuse_rewriting();
ALTER TABLE ipo_ledger.checkpoints ENABLE ALWAYS TRIGGER checkpoints_append_only;

GRANT SELECT ON ipo_ledger.tree_nodes, ipo_ledger.checkpoints TO ipo_ledger_writer, ipo_ledger_auditor;
GRANT UPDATE (frontier) ON ipo_ledger.head TO ipo_ledger_writer;
GRANT INSERT ON ipo_ledger.tree_nodes TO ipo_ledger_writer;
GRANT INSERT (size, note) ON ipo_ledger.checkpoints TO ipo_ledger_writer;
