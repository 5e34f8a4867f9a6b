#!/bin/sh
# The merge: do what was approved, or nothing (exit 3).
#
#   release.sh STAGE     needs the release.plan of the pull request
#
# The same source gives the same image names, which the registry has: nothing is built or pushed again.
# A squash merge makes another commit of the same tree, and this plans anew and compares.
set -eu
stage=${1:?which stage?}
shipyard build --push --stage "$stage" --out images.shipyard.json
shipyard apply --yes --stage "$stage" --images images.shipyard.json --approved release.plan
