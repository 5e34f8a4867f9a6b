"""Files that carry a run from one place to another: saved plans, observations, digests of pushed images."""
