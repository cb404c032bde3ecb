"""The command line, and the platform on one machine: embedded servers, all services in one process.

May use everything; nothing uses it.
"""
