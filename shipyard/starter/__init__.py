"""The first manifest of a project: what its source and settings ask for, or what its Compose file says."""
