#!/bin/sh
# A release where there is no source: the plan knows everything, images are pulled by digest.
#
#   deploy.sh            needs release.plan alone, and the secrets' values in the environment
set -eu
shipyard apply --yes release.plan
