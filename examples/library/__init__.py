"""The example site's one app: the modules of Python's standard library, and jobs that measure them."""
