# What directories read of a running server; the skills by the reference library of
# Agent Skills and by the official client; and the views of answers, shown in Chromium
# by the official host side of MCP Apps.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh
. .ci/serve.sh
trap stop_server EXIT

# The version on PyPI that knows the specification which the skills follow.
readonly SKILLS_REF=skills-ref==0.1.1

# install_skills_ref sets SKILLS_REF_HOME.
install_skills_ref() {
  command -v python3 >/dev/null || { echo "python3 is not installed"; return 1; }
  SKILLS_REF_HOME=$CACHE/$SKILLS_REF
  [ -f "$SKILLS_REF_HOME/installed" ] && return 0
  rm -rf "$SKILLS_REF_HOME"
  python3 -m venv "$SKILLS_REF_HOME" || { debian python3-venv && python3 -m venv "$SKILLS_REF_HOME"; } || return 1
  "$SKILLS_REF_HOME/bin/python" -m pip install --quiet --disable-pip-version-check "$SKILLS_REF" || return 1
  touch "$SKILLS_REF_HOME/installed"
}

# spoilt has the library look at a skill that is wrong, so that its yes means
# something.
spoilt() {
  cp -r pkg/skill/plugin/skills/whats-new "$WORK/other-name" && ! "$SKILLS_REF_HOME/bin/agentskills" validate "$WORK/other-name"
}

if install_skills_ref >"$WORK/install.log" 2>&1; then
  for folder in pkg/skill/plugin/skills/*; do
    check "skill ${folder##*/}: agentskills validate" "$SKILLS_REF_HOME/bin/agentskills" validate "$folder"
  done
  check "agentskills validate refuses another name" spoilt
else
  tail -n 4 "$WORK/install.log"
  skip "skills: the reference library could not be installed"
fi

mkdir -p "$WORK/directories-data"
if start_server "$WORK/directories.log" env STACKROOM_DATA="$WORK/directories-data" STACKROOM_OPENAI_CHALLENGE=proof "$WORK/bin/stackroom" serve; then
  # All of the page is read: curl fails where grep ends first.
  has() { local page && page=$(curl -fsS -H 'Origin: https://directory.example' "$SERVER_URL$1") && grep -qF -- "$2" <<<"$page"; }
  check "the catalog names the card" has /.well-known/ai-catalog.json "$SERVER_URL/mcp/server-card"
  check "the card names the server" has /mcp/server-card "\"url\":\"$SERVER_URL/mcp\""
  check "the challenge" has /.well-known/openai-apps-challenge proof
  check "the page about privacy" has /privacy "What is kept"
  check "the page about support" has /support "Report a fault"
else
  fail "directories: stackroom serve did not start"
  exit 0
fi

if ! { install_node && install_apps; } >"$WORK/install.log" 2>&1; then
  tail -n 4 "$WORK/install.log"
  skip "views: the host side of MCP Apps could not be installed"
  exit 0
fi
if ! { command -v chromium >/dev/null || debian chromium; }; then
  skip "views: Chromium could not be installed"
  exit 0
fi
# A module finds its packages from where it lies.
cp .ci/apps/*.mjs .ci/signin/rows.mjs "$APPS_HOME/"
ended=0
timeout 400 "$NODE" "$APPS_HOME/drive.mjs" "$SERVER_URL/mcp" "$APPS_HOME/host.js" "${STACKROOM_SCREENSHOTS:-}" "$(command -v chromium)" \
  >"$WORK/views.rows" 2>"$WORK/views.log" || ended=$?
collect "views" <"$WORK/views.rows"
if [ "$ended" -ne 0 ] || [ ! -s "$WORK/views.rows" ]; then
  tail -n 40 "$WORK/views.log"
  fail "views: the program ended with status $ended"
fi
