"""How much of something, in how much time: for a connection, an address, a person."""
