"""Tools for this template: render it, check it, measure it. Start with `combinations`."""
