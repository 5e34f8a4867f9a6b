#!/bin/sh
# A pull request: build and push its images once, and write down what a release would do.
#
#   plan.sh STAGE     writes images.shipyard.json, release.plan and release.plan.md
#
# Needs `registry` in shipyard.toml, `docker login` for it, and the stage's engine. Secrets whose values
# are not here are "not compared", never an error.
set -eu
stage=${1:?which stage?}
shipyard build --push --stage "$stage" --out images.shipyard.json
shipyard plan --stage "$stage" --images images.shipyard.json --out release.plan --format markdown > release.plan.md
