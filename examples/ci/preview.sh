#!/bin/sh
# A copy of a stage for one pull request, with its own name, volumes and ports.
#
#   preview.sh up STAGE NUMBER      deploys or updates it, and prints its URL
#   preview.sh end STAGE NUMBER     removes it with its data
#
# The stage needs `instances = true` in shipyard.toml.
set -eu
what=${1:?up or end?} stage=${2:?which stage?} number=${3:?which pull request?}
case $what in
up)
    shipyard apply --yes --stage "$stage" --instance "pr-$number" >&2
    shipyard status --stage "$stage" --instance "pr-$number" --format json |
        python3 -c 'import json, sys; print(next(s["url"] for s in json.load(sys.stdin)["services"] if s["url"]))'
    ;;
end)
    shipyard down --yes --volumes --stage "$stage" --instance "pr-$number"
    ;;
*)
    echo "up or end, not $what" >&2
    exit 64
    ;;
esac
