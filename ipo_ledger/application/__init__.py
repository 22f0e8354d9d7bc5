"""What can be recorded and asked, on any store."""
