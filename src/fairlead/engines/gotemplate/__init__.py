"""Go's text/template: parse, compile to Python, run."""
