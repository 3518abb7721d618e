# shellcheck shell=bash
# The checks of workflows, each of the folder $1, for the step and for the
# planted faults. In the environment: where the tools are.

actionlint() { (cd "$1" && "$ACTIONLINT" -no-color .github/workflows/*.yml); }
zizmor() { "$WORKFLOW_TOOLS/zizmor" --offline --quiet --no-progress --color=never --persona=auditor --config .ci/workflows/zizmor.yml "$1/.github"; }
rules() {
  local rows
  rows=$("$WORKFLOW_TOOLS/python" .ci/workflows/rules.py "$1") || return
  ! grep '^fail' <<<"$rows"
}
cloudbuild_type() { "$CLOUDBUILD_CHECK" "$1/cloudbuild.yaml"; }
cloudbuild_schema() { "$NODE" "$NODE_HOME/node_modules/ajv-cli/dist/index.js" validate --spec=draft7 --strict=false -s "$CLOUDBUILD_SCHEMA" -d "$1/cloudbuild.yaml"; }
gitleaks() { "$GITLEAKS" dir "$1" --config "$1/.gitleaks.toml" --no-banner --no-color --redact --verbose; }
# SC2015: "a && b || end", where end ends the script; SC2016: jq's variables and
# backticks of Markdown.
scripts() { (cd "$1/infra/scripts" && find . -type f ! -name '*.jq' -print0 | xargs -0 shellcheck -x -P SCRIPTDIR -e SC2015,SC2016); }
standins() {
  local rows
  rows=$(bash "$1/.ci/workflows/scripts.sh" 2>&1)
  grep -q '^pass' <<<"$rows" && ! grep '^fail' <<<"$rows"
}
