"""The way to an upstream: one narrow interface, a small HTTP/1.1 client behind it, and the signed forms of clouds."""
