# What runs where this project can't be run from here: the workflows, Cloud
# Build's, and the scripts that both start; and secrets that lie about.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh
. .ci/workflows/checks.sh

readonly ACTIONLINT_VERSION=v1.7.12 GITLEAKS_VERSION=v8.30.1 CHECKOV=3.2.500
tools=$ROOT/../shared/tools
export ACTIONLINT='' WORKFLOW_TOOLS='' CLOUDBUILD_CHECK='' CLOUDBUILD_SCHEMA=$tools/cloudbuild-check/cloudbuild.schema.json GITLEAKS='' NODE NODE_HOME
usable=(standins) # the checks whose tools are here

# can NAME INSTALL...: whether what a check needs is here; a skip if not.
can() {
  local name=$1
  shift
  if "$@" >"$WORK/install.log" 2>&1; then return 0; fi
  tail -n 3 "$WORK/install.log"
  skip "$name: it could not be installed"
  return 1
}

have_actionlint() { ACTIONLINT=$(install_go github.com/rhysd/actionlint/cmd/actionlint $ACTIONLINT_VERSION); }
have_shellcheck() { command -v shellcheck || debian shellcheck; }

have_workflow_tools() {
  local home
  home=$(cache_folder workflows .ci/workflows/requirements.txt)
  WORKFLOW_TOOLS=$home/bin
  [ -f "$home/installed" ] && return 0
  rm -rf "$home"
  python3 -m venv "$home" || { debian python3-venv && python3 -m venv "$home"; } || return 1
  "$home/bin/pip" install --quiet --disable-pip-version-check -r .ci/workflows/requirements.txt && touch "$home/installed"
}

# The program is not named like the last word of its path.
have_gitleaks() {
  local home=$CACHE/go-gitleaks-$GITLEAKS_VERSION
  GITLEAKS=$home/gitleaks
  [ -x "$GITLEAKS" ] || GOBIN=$home GOFLAGS="${GOFLAGS-} -mod=mod" go install "github.com/zricethezav/gitleaks/v8@$GITLEAKS_VERSION"
}

have_cloudbuild_check() {
  local home
  [ -d "$tools" ] || { echo "it is not beside the repository"; return 1; }
  home=$(cache_folder cloudbuild-check "$tools"/cloudbuild-check/*)
  CLOUDBUILD_CHECK=$home/check
  [ -x "$CLOUDBUILD_CHECK" ] || (cd "$tools/cloudbuild-check" && go build -o "$CLOUDBUILD_CHECK" .)
}
have_schema() { [ -f "$CLOUDBUILD_SCHEMA" ] && install_node; }

have_checkov() {
  local home=$CACHE/checkov-$CHECKOV
  [ -f "$home/installed" ] && return 0
  rm -rf "$home"
  python3 -m venv "$home" && "$home/bin/pip" install --quiet --disable-pip-version-check "checkov==$CHECKOV" && touch "$home/installed"
}

# dist_here VERSION FOLDER: a release for this machine's system alone.
dist_here() { bash infra/scripts/dist "$1" "$2" "$(go env GOHOSTOS)/$(go env GOHOSTARCH)"; }

# dist_elsewhere makes the same release out of a copy at another place.
dist_elsewhere() {
  mkdir "$WORK/elsewhere" && cp -r cmd pkg infra go.mod go.sum LICENSE README.md "$WORK/elsewhere/" &&
    (cd "$WORK/elsewhere" && GIT_DIR="$(git -C "$ROOT" rev-parse --absolute-git-dir)" dist_here 1.2.3 "$WORK/dist-elsewhere") &&
    diff -r "$WORK/dist" "$WORK/dist-elsewhere"
}

dist_sums() { (cd "$WORK/dist" && sha256sum --check --strict SHA256SUMS && [ "$(wc -l <SHA256SUMS)" -eq $(($(find . -type f | wc -l) - 1)) ]); }
refused() { ! "$@"; }

# It looks into scripts by shellcheck, and without says nothing of them.
if can actionlint have_actionlint && can "actionlint's look into scripts" have_shellcheck; then
  usable+=(actionlint)
  check "actionlint" actionlint "$ROOT"
fi
if can "shellcheck" have_shellcheck; then
  usable+=(scripts)
  check "shellcheck: the pipeline's scripts" scripts "$ROOT"
  check "shellcheck: their tests and stand-ins" shellcheck -x -e SC2016,SC1091,SC2317 .ci/workflows/*.sh .ci/workflows/docker .ci/workflows/terraform
  # SC2015: "a && break || sleep"; SC2034, SC2153, SC2154: what a sourced file reads and sets; SC2119, SC2120:
  # a function that hands on its arguments may be called without.
  check "shellcheck: what runs the checks" shellcheck -s bash -e SC1090,SC1091,SC2015,SC2016,SC2034,SC2119,SC2120,SC2153,SC2154 .ci/run .ci/*.sh .ci/steps/*.sh
fi
if can "zizmor and the rules of the house" have_workflow_tools; then
  usable+=(zizmor rules)
  check "zizmor" zizmor "$ROOT"
  "$WORKFLOW_TOOLS/python" .ci/workflows/rules.py "$ROOT" >"$WORK/workflow.rows" 2>"$WORK/workflow.log" || { cat "$WORK/workflow.log"; fail "workflow rules: they could not be read"; }
  collect "workflow rules" <"$WORK/workflow.rows"
fi
if can "cloudbuild.yaml by Cloud Build's own type" have_cloudbuild_check; then
  usable+=(cloudbuild_type)
  check "cloudbuild.yaml: Cloud Build's own type" cloudbuild_type "$ROOT"
fi
if can "cloudbuild.yaml by its schema" have_schema; then
  usable+=(cloudbuild_schema)
  check "cloudbuild.yaml: its schema" cloudbuild_schema "$ROOT"
fi
if can gitleaks have_gitleaks; then
  usable+=(gitleaks)
  check "gitleaks: what lies here" gitleaks "$ROOT"
  check "gitleaks: what ever lay here" "$GITLEAKS" git "$ROOT" --config .gitleaks.toml --no-banner --no-color --redact --verbose
fi
if can checkov have_checkov; then
  check "checkov: the workflows" "$CACHE/checkov-$CHECKOV/bin/checkov" --skip-download --compact --quiet --framework github_actions --directory .github
fi

bash .ci/workflows/scripts.sh >"$WORK/scripts.rows" 2>"$WORK/scripts.log"
grep -q '^fail' "$WORK/scripts.rows" && head -n 60 "$WORK/scripts.log"
collect "pipeline scripts" <"$WORK/scripts.rows"

check "dist: a release for this system" dist_here 1.2.3 "$WORK/dist"
check "dist: SHA256SUMS names every file" dist_sums
check "dist: the same bytes from another place" dist_elsewhere
check "dist: what lies in the folder is not released" refused dist_here 1.2.3 "$WORK/dist"
check "dist: a version that is none is refused" refused dist_here latest "$WORK/dist-latest"
. .ci/workflows/release.sh

bash .ci/workflows/faults.sh "$WORK/workflow-faults" "${usable[@]}" >"$WORK/workflow-faults.rows"
collect "planted faults in the pipeline" <"$WORK/workflow-faults.rows"
