"""The command line of ipo-ledger: click commands over the public API, and nothing that the API cannot do."""
