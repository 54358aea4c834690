"""What this repository does with its own template: render it, check it, measure it. Start with `combinations`."""
