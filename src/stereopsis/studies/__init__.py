"""Studies: what our claims rest on, one module a claim, run by runs/*.sh."""
