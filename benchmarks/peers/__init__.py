"""What ipo-ledger is measured beside: other ways to keep what happened, and the least work there can be."""
