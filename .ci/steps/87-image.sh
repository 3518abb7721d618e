# The image that the real Dockerfile makes, built without an engine or a
# registry, and run as the deployment runs it.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh

maker=$ROOT/../shared/tools/base-images/make-images
if [ ! -f "$maker" ]; then
  skip "image: the maker of the base images is not beside the repository"
  exit 0
fi
bases=$(cache_folder base-images "$maker" "$(go env GOROOT)/VERSION")
. .ci/infra/containers.sh "$bases"
if ! have_tools >"$WORK/tools.log" 2>&1; then
  tail -n 4 "$WORK/tools.log"
  skip "image: it can't be built here"
  exit 0
fi
if ! have_bases "$maker" >"$WORK/bases.log" 2>&1; then
  tail -n 4 "$WORK/bases.log"
  skip "image: the base images could not be made"
  exit 0
fi
mkdir -p "$WORK/image"
bash .ci/infra/image.sh "$ROOT" "$bases" "$WORK/image" >"$WORK/image.rows"
collect image <"$WORK/image.rows"
[ -s "$WORK/image.rows" ] || fail "image: nothing was checked"
