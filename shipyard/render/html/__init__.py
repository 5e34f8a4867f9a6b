"""Plan and status as pages: one file each, without scripts, that asks no network for anything."""
