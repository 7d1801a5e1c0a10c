"""The till's files: what it has said (the journal), what the centre has said (the replica), and both seen as one."""
