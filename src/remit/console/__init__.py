"""Pages for approvers, at the gateway's own port: they show, and what people sign there is judged elsewhere."""
