"""What touches the world outside: the stores, the exports of a telephone system, the migrations."""
