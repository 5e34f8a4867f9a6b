"""From what a container or a build says, to why it fails and what mends that: pure."""
