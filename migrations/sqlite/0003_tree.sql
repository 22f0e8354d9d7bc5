-- Proofs: the events are the leaves of a hash tree (RFC 6962) that grows with every append.
-- The tree is grown over the events that are there when this is applied (`-- tree`).
-- tree

-- What the tree goes on from: its size, and the roots of its perfect subtrees.
ALTER TABLE head ADD COLUMN frontier BLOB NOT NULL DEFAULT x'0000000000000000';

-- The roots of perfect subtrees of 256 leaves and more; what is below them is hashed anew from the events.
CREATE TABLE tree_nodes (
  level INTEGER NOT NULL,
  place INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (level, place)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER tree_nodes_no_update BEFORE UPDATE ON tree_nodes
BEGIN SELECT RAISE(ABORT, 'tree_nodes is append-only'); END;
CREATE TRIGGER tree_nodes_no_delete BEFORE DELETE ON tree_nodes
BEGIN SELECT RAISE(ABORT, 'tree_nodes is append-only'); END;
CREATE TRIGGER tree_nodes_no_replace BEFORE INSERT ON tree_nodes
WHEN EXISTS (SELECT 1 FROM tree_nodes WHERE level = NEW.level AND place = NEW.place)
BEGIN SELECT RAISE(ABORT, 'tree_nodes is append-only'); END;

-- The checkpoints that were given out, as signed.
CREATE TABLE checkpoints (
  size INTEGER NOT NULL,
  note TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  PRIMARY KEY (size, note)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints is append-only'); END;
CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints is append-only'); END;
CREATE TRIGGER checkpoints_no_replace BEFORE INSERT ON checkpoints
WHEN EXISTS (SELECT 1 FROM checkpoints WHERE size = NEW.size AND note = NEW.note)
BEGIN SELECT RAISE(ABORT, 'checkpoints is append-only'); END;
