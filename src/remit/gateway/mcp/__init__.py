"""The proxy in front of MCP servers: the point at which a tool is carried out."""
