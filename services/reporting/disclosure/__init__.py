"""The figures that outsiders are told, so that none of them tells of few people."""
