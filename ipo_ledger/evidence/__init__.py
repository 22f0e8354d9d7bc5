"""Evidence that nothing was rewritten: hash tree, signed checkpoints, proofs. Bytes in, bytes out; no store."""
