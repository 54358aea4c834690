"""The tests of the template: what it renders, not how the rendered code behaves; that has tests of its own."""
