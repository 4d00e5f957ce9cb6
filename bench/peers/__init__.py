"""Other queues, each in an environment of its own, driven through the same work by real workers."""
