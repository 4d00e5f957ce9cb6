"""Help with testing: the conformance suite that holds a database plugin to the contract."""
