"""Declarative builds and deploys for Python web applications."""

__version__ = "0.1.0"
