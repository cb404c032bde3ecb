"""What outsiders are told of the figures, so that none of them tells of few people."""
