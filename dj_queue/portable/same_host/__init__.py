"""Wakeups within one machine: each listener has a datagram socket in a folder, each announcement goes to all of them."""
